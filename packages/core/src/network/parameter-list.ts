// What parameters a network has.

import { Graph, type Value } from "../graph/graph.js";
import { type NetworkConfig, totalStride } from "./config.js";
import type { NetworkContext } from "./layers.js";
import { buildNetwork } from "./network.js";
import { ParameterSource, type ParameterSpecification } from "./parameters.js";

/** Every parameter of a network, in a fixed order. */
export function parameterSpecifications(config: NetworkConfig): readonly ParameterSpecification[] {
  const graph = new Graph();
  const context: NetworkContext = {
    config,
    parameters: ParameterSource.inputs(graph),
    mode: "inference",
    updatedStatistics: new Map(),
    noise: noNoise,
  };
  const side = someSide(config);
  buildNetwork(context, graph.input("luminance", "float32", [1, 1, side, side]));
  return context.parameters.specifications;
}

/** Number of trainable values. */
export function countParameters(config: NetworkConfig): number {
  return parameterSpecifications(config)
    .filter(({ trainable }) => trainable)
    .reduce((sum, { shape }) => sum + shape.reduce((product, length) => product * length, 1), 0);
}

/** A side that the network takes; that of the global image makes the smallest graph. */
function someSide(config: NetworkConfig): number {
  if (config.encoder || config.global.pooling.type === "average") return 2 * totalStride(config);
  return config.global.pooling.imageSize;
}

function noNoise(): Value {
  throw new TypeError("Inference draws no noise");
}
