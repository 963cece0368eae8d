// The smallest models that follow the colour model contract, with outputs a test can predict.

import {
  add,
  averagePool,
  concat,
  Graph,
  matMul,
  multiply,
  reduceMean,
  reshape,
  type Shape,
  scale,
  serialize,
  slice,
  subtract,
  transpose,
} from "@let-there-be-color/core/graph";
import { ChromaBins } from "@let-there-be-color/core/objective";

export interface TinyColorModel {
  /** a* = aPerLightness * L*, b* = bPerLightness * L*. Default 0.3 and -0.4. */
  readonly aPerLightness?: number;
  readonly bPerLightness?: number;
  /** Logits of the scenes are these times the picture's mean L*. Default: no scene output. */
  readonly scenesPerLightness?: Readonly<Record<string, number>>;
  /** `ltbc.workingSize`; default: not stated. */
  readonly workingSize?: number;
}

/** A serialised ONNX model that colours by a rule instead of by learning. */
export function tinyColorModel(options: TinyColorModel = {}): Uint8Array {
  const { aPerLightness = 0.3, bPerLightness = -0.4, scenesPerLightness, workingSize } = options;
  const graph = new Graph();
  const lightness = graph.input("luminance", "float32", ["N", 1, "H", "W"]);
  const planes = [aPerLightness, bPerLightness].map((factor) => scale(lightness, factor));
  graph.output("ab", concat(planes, 1));
  const metadata: Record<string, string> = {};
  if (scenesPerLightness) {
    const factors = Object.values(scenesPerLightness);
    const weights = graph.constant("float32", [1, factors.length], Float32Array.from(factors));
    const mean = reduceMean(lightness, [2, 3], { keepDimensions: false });
    graph.output("scene_logits", multiply(mean, weights));
    metadata["ltbc.classes"] = JSON.stringify(Object.keys(scenesPerLightness));
  }
  if (workingSize !== undefined) metadata["ltbc.workingSize"] = String(workingSize);
  return serialize(graph, { metadata });
}

/** Distance of the colours of {@link tinyDistributionModel}, CIELAB units. */
const SPACING = 40;

/**
 * A serialised ONNX model that predicts distributions over colours, at a quarter of the size. What is
 * dark is surely blue; what is light is torn between grey, red and green, in this order, and most
 * pictures are grey. Its own output `ab` is a colour that no distribution has: who takes it does not
 * read the logits.
 */
export function tinyDistributionModel(): Uint8Array {
  const bins = ChromaBins.of(SPACING);
  const [grey, red, green, blue] = [
    bins.nearest(0, 0),
    bins.nearest(60, 40),
    bins.nearest(-60, 50),
    bins.nearest(20, -60),
  ];
  const dark = new Float32Array(bins.count);
  dark[blue!] = 12;
  const light = new Float32Array(bins.count);
  for (const [bin, logit] of [
    [grey, 9],
    [red, 7],
    [green, 6],
  ] as const) {
    light[bin!] = logit;
  }
  const shares = Array.from({ length: bins.count }, (_, bin) => (bin === grey ? 0.78 : 0.01));
  const graph = new Graph();
  const luminance = graph.input("luminance", "float32", ["N", 1, "H", "W"]);
  const means = averagePool(luminance, { kernel: 4, stride: 4, padding: 0 });
  const share = scale(transpose(means, [0, 2, 3, 1]), 1 / 100);
  const change = graph.constant(
    "float32",
    [1, bins.count],
    light.map((v, i) => v - dark[i]!),
  );
  const start = graph.constant("float32", [bins.count], dark);
  graph.output("ab_logits", add(matMul(share, change), start));
  const alien = add(scale(luminance, 0), graph.scalar(99));
  graph.output("ab", concat([alien, alien], 1));
  const head = { type: "quantized", spacing: SPACING, stride: 4 };
  return serialize(graph, {
    metadata: {
      "ltbc.network": JSON.stringify({ name: "tiny distributions", head }),
      "ltbc.prior": JSON.stringify(shares),
      "ltbc.workingSize": "64",
    },
  });
}

/**
 * A serialised ONNX model that takes hints and a reference, and colours by nothing else: where a hint is,
 * its colour; elsewhere the share of the reference's colour, a* = half of that picture's mean L*, b* = 0.
 */
export function tinyGuidedModel(): Uint8Array {
  const graph = new Graph();
  const luminance = graph.input("luminance", "float32", ["N", 1, "H", "W"]);
  const optional = (name: string, shape: readonly number[], declared: Shape) => {
    const zeros = new Float32Array(shape.reduce((product, length) => product * length, 1));
    return graph.optionalInput(name, "float32", shape, zeros, declared);
  };
  const given = optional("hints", [1, 3, 1, 1], ["N", 3, "H", "W"]);
  const features = optional("reference_global", [1, 2], ["N", 2]);
  const share = optional("reference_share", [1, 1], ["N", 1]);
  const hints = add(given, scale(luminance, 0));
  const channels = (start: number, length: number) => slice(hints, [{ axis: 1, start, length }]);
  const reference = reshape(multiply(features, share), [1, 2, 1, 1]);
  const elsewhere = subtract(graph.scalar(1), channels(0, 1));
  graph.output("ab", add(channels(1, 2), multiply(elsewhere, reference)));
  const mean = reduceMean(luminance, [2, 3], { keepDimensions: false });
  graph.output("global", concat([scale(mean, 0.5), scale(mean, 0)], 1));
  return serialize(graph);
}

/** Follows the contract's names but not its meaning: every colour is infinite. */
export function divergedColorModel(): Uint8Array {
  const graph = new Graph();
  const lightness = graph.input("luminance", "float32", ["N", 1, "H", "W"]);
  const infinite = add(lightness, graph.scalar(Number.POSITIVE_INFINITY));
  graph.output("ab", concat([infinite, infinite], 1));
  return serialize(graph);
}

/** A valid ONNX model that is no colour model. */
export function otherModel(): Uint8Array {
  const graph = new Graph();
  graph.output("y", scale(graph.input("x", "float32", [1]), 2));
  return serialize(graph);
}
