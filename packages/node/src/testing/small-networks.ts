// Networks a few channels wide, and batches for them.

import { type NetworkConfig, networkPreset } from "@let-there-be-color/core/network";
import { randomUniform } from "@let-there-be-color/core/random";
import type { Batch } from "@let-there-be-color/core/training";

/** Options that make the preset `compact` the smallest network there is; it halves once. */
export const tinyNetwork = {
  lowLevel: { layers: [{ channels: 4, stride: 2 }] },
  midLevel: { channels: [4] },
  global: { layers: [{ channels: 4, stride: 2 }], pooling: { type: "average" }, hidden: [6, 4] },
  fusion: { channels: 4 },
  colorization: { stages: [[4]] },
} as const satisfies Partial<NetworkConfig>;

/** Batch normalisation, skips and dropout, three classes; it halves three times. */
export const narrowNetwork: NetworkConfig = networkPreset("compact", {
  name: "narrow",
  classes: 3,
  lowLevel: { layers: [4, 5, 6].map((channels) => ({ channels, stride: 2 })) },
  midLevel: { channels: [6] },
  global: {
    layers: [{ channels: 7, stride: 2 }],
    pooling: { type: "average" },
    hidden: [8, 7, 4],
  },
  fusion: { channels: 7 },
  colorization: { stages: [[7], [5], [4]] },
  classification: { hidden: [5], dropout: 0.3 },
  normalization: "batch",
});

/** Three pictures of 16 x 16 pixels, two of them labelled; another batch for every seed. */
export function randomBatch(seed: number, count = 3): Batch {
  const random = (length: number, low: number, high: number) =>
    Float32Array.from({ length }, (_, i) => low + (high - low) * randomUniform(seed, length, i));
  return {
    count,
    size: 3,
    lightness: random(3 * 256, 0, 100),
    ab: random(3 * 2 * 256, -50, 50),
    labels: BigInt64Array.of(1n, -1n, 2n),
  };
}
