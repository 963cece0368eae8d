// Networks small enough to run in milliseconds, with every part of the large ones.

import { Graph } from "../graph/graph.js";
import type { TensorValue } from "../graph/session.js";
import {
  type BackboneNetworkConfig,
  buildNetwork,
  initialValues,
  type NetworkConfig,
  type NetworkContext,
  type PaperNetworkConfig,
  ParameterSource,
  type ParameterValues,
  parameterSpecifications,
} from "../network/index.js";
import { PRIOR_NAME } from "../objective/index.js";
import { numbers, tensor } from "./devices.js";
import { randomTensor } from "./gradient-check.js";

/** Average pooling, no normalisation, no skips. */
export const tiny: PaperNetworkConfig = {
  name: "tiny",
  classes: 3,
  lowLevel: {
    layers: [
      { channels: 3, stride: 2 },
      { channels: 4, stride: 1 },
      { channels: 4, stride: 2 },
      { channels: 5, stride: 2 },
    ],
  },
  midLevel: { channels: [5, 4] },
  global: {
    layers: [{ channels: 5, stride: 2 }],
    pooling: { type: "average" },
    hidden: [6, 5, 4],
  },
  fusion: { channels: 4 },
  colorization: { stages: [[4], [3, 4], [3]] },
  classification: { hidden: [], dropout: 0 },
  normalization: "none",
  // A mild kink, so that finite differences across it stay close to the gradient.
  activation: { leakySlope: 0.9 },
  skips: "none",
  head: { activation: "sigmoid", offset: -128, scale: 255 },
  finalUpsampling: "nearest",
};

/** Batch normalisation, skips, dropout, a hidden classifier layer. */
export const rich: PaperNetworkConfig = {
  ...tiny,
  name: "rich",
  normalization: "batch",
  skips: "add",
  classification: { hidden: [4], dropout: 0.3 },
  head: { activation: "tanh", offset: 0, scale: 100 },
  finalUpsampling: "bilinear",
};

/** The global map in a row, from a global image of 16 x 16. */
export const flattened: PaperNetworkConfig = {
  ...tiny,
  name: "flattened",
  global: { ...tiny.global, pooling: { type: "flatten", imageSize: 16 } },
  head: { activation: "linear", offset: 0, scale: 50 },
};

/** Distributions over 23 colours at a quarter of the size. */
export const quantized: PaperNetworkConfig = {
  ...rich,
  name: "quantized",
  colorization: { stages: [[4], [3, 4]] },
  head: { type: "quantized", spacing: 40, stride: 4 },
};

/** Wide enough for every rearrangement of inference; the global image has 16 x 16 pixels. */
export const wide: PaperNetworkConfig = {
  ...rich,
  name: "wide",
  lowLevel: {
    layers: [
      { channels: 16, stride: 2 },
      { channels: 16, stride: 1 },
      { channels: 128, stride: 2 },
      { channels: 128, stride: 1 },
      { channels: 128, stride: 2 },
    ],
  },
  midLevel: { channels: [128, 16] },
  global: {
    layers: [{ channels: 16, stride: 2 }],
    pooling: { type: "flatten", imageSize: 16 },
    hidden: [6, 5, 4],
  },
  fusion: { channels: 16 },
  colorization: { stages: [[16], [32, 16], [16]] },
};

/** A narrow MobileNet v1 with live normalisation as the encoder. */
export const backbone: BackboneNetworkConfig = {
  name: "backbone",
  classes: 3,
  encoder: {
    kind: "mobilenet-v1",
    channels: [20, 6, 8, 8, 6, 8, 8, 7, 8, 8, 8, 8, 10, 12],
    normalization: "batch",
    epsilon: 1e-3,
  },
  global: { hidden: [6] },
  fusion: { channels: 8 },
  colorization: { stages: [[], [6, 5], [6], [5]] },
  classification: { hidden: [], dropout: 0 },
  normalization: "batch",
  activation: "relu",
  skips: "add",
  head: { activation: "tanh", offset: 0, scale: 100, stride: 4 },
  finalUpsampling: "bilinear",
};

/**
 * Starting values, all a little changed: biases and statistics are no longer just 0 and 1, and some
 * colours are more frequent than others.
 */
export function lively(config: NetworkConfig, seed: number): ParameterValues {
  const start = initialValues(parameterSpecifications(config), seed);
  return new Map(
    [...start].map(([name, { shape, data }], index) => {
      if (name === PRIOR_NAME) {
        const counts = numbers(randomTensor(shape, seed, 0.01, 1)).map((count) => count ** 3);
        const sum = counts.reduce((total, count) => total + count, 0);
        return [name, { shape, data: Float32Array.from(counts, (count) => count / sum) }];
      }
      const change = randomTensor(shape, seed + index + 1, -0.1, 0.1).data;
      return [name, { shape, data: data.map((value, i) => value + (change[i] as number)) }];
    }),
  );
}

/** The values as feeds of a graph whose parameters are inputs. */
export function parameterFeeds(values: ParameterValues): Record<string, TensorValue> {
  return Object.fromEntries(
    [...values].map(([name, { shape, data }]) => [name, tensor(shape, data)]),
  );
}

/**
 * The network on pictures of a fixed size, parameters and dropout noise as inputs. Outputs:
 * `chroma` (normalised), `logits` if it classifies, and updated statistics by their names + "/next".
 */
export function fixedSizeNetwork(
  config: NetworkConfig,
  mode: NetworkContext["mode"],
  [batch, height, width]: readonly [number, number, number],
): Graph {
  const graph = new Graph();
  const context: NetworkContext = {
    config,
    parameters: ParameterSource.inputs(graph),
    mode,
    updatedStatistics: new Map(),
    noise: (name, shape) => graph.input(`${name}/noise`, "float32", shape),
  };
  const lightness = graph.input("luminance", "float32", [batch, 1, height, width]);
  const { prediction, sceneLogits } = buildNetwork(context, lightness);
  graph.output("chroma", prediction);
  if (sceneLogits) graph.output("logits", sceneLogits);
  for (const [name, value] of context.updatedStatistics) graph.output(`${name}/next`, value);
  return graph;
}
