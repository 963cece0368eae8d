// The presets layer by layer, as the papers' tables have them, against what is built.

import { describe, expect, test } from "vitest";
import { countParameters, parameterSpecifications } from "./parameter-list.js";
import { networkPreset } from "./presets.js";

/** Weights and biases of a convolution. */
const conv = (from: number, to: number, side = 3) => side * side * from * to + to;
/** Weights and biases of a fully-connected layer. */
const full = (from: number, to: number) => from * to + to;
const sum = (counts: readonly number[]) => counts.reduce((a, b) => a + b, 0);

// Iizuka et al. 2016, table 1. Global images of 224 x 224 leave 7 x 7 x 512 = 25088 features.
const iizukaWithoutClassifier = sum([
  ...[conv(1, 64), conv(64, 128), conv(128, 128), conv(128, 256), conv(256, 256), conv(256, 512)],
  ...[conv(512, 512), conv(512, 512), conv(512, 512), conv(512, 512)],
  ...[full(25088, 1024), full(1024, 512), full(512, 256)],
  ...[conv(512, 512), conv(512, 256)],
  conv(256 + 256, 256, 1),
  ...[conv(256, 128), conv(128, 64), conv(64, 64), conv(64, 32), conv(32, 2)],
]);
/** Widths of the layers that are normalised: all but the last of a branch. */
const iizukaWidths = sum([
  ...[64, 128, 128, 256, 256, 512],
  ...[512, 512, 512, 512, 1024, 512, 256],
  ...[512, 256, 256, 128, 64, 64, 32],
]);

describe("parameter counts", () => {
  test("iizuka2016, with a scale and a bias for each normalised channel instead of the layer's bias", () => {
    const count = iizukaWithoutClassifier + full(512, 365) + iizukaWidths;
    expect(count).toBe(42_370_063 - iizukaWidths);
    expect(countParameters(networkPreset("iizuka2016"))).toBe(count);
  });

  test("jacob-darcet2021: 400 hidden units in the classifier, no normalisation", () => {
    const count = iizukaWithoutClassifier + full(512, 400) + full(400, 365);
    expect(countParameters(networkPreset("jacob-darcet2021"))).toBe(count);
  });

  test("compact", () => {
    const count = sum([
      ...[conv(1, 32), conv(32, 64), conv(64, 64), conv(64, 128), conv(128, 128), conv(128, 256)],
      ...[conv(256, 256), conv(256, 256), conv(256, 256), conv(256, 256)],
      ...[full(256, 512), full(512, 256), full(256, 128), full(256, 100)],
      ...[conv(256, 256), conv(256, 128), conv(128 + 128, 128, 1)],
      ...[conv(128, 128), conv(128, 64), conv(64, 64), conv(64, 32), conv(32, 2)],
      // Skips at a quarter and at half of the picture's size.
      ...[conv(128, 64, 1), conv(64, 32, 1)],
    ]);
    const widths = sum([
      ...[32, 64, 64, 128, 128, 256, 256, 256, 256, 256, 512, 256, 128],
      ...[256, 128, 128, 128, 64, 64, 32],
    ]);
    const plain = networkPreset("compact", { normalization: "none" });
    expect(countParameters(plain)).toBe(count);
    expect(countParameters(networkPreset("compact", { normalization: "batch" }))).toBe(
      count + widths,
    );
  });

  test("running statistics are kept but not trained, and not counted", () => {
    const statistics = parameterSpecifications(networkPreset("iizuka2016")).filter(
      ({ trainable }) => !trainable,
    );
    expect(statistics.every(({ name }) => /\.running_(mean|variance)$/.test(name))).toBe(true);
    expect(sum(statistics.map(({ shape }) => shape[0]!))).toBe(2 * iizukaWidths);
  });
});
