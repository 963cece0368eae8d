// Batch normalisation (Ioffe & Szegedy 2015) from plain operators: ONNX's own BatchNormalization
// trains on some devices only. Its gradient follows from the parts.

import type { Value } from "../graph.js";
import { add, divide, multiply, scale, squareRoot, subtract } from "./arithmetic.js";
import { reshape } from "./layout.js";
import { reduceMean } from "./reduction.js";

/** All of shape [C]. */
export interface BatchNormalizationParameters {
  readonly scale: Value;
  readonly bias: Value;
  readonly runningMean: Value;
  readonly runningVariance: Value;
}

export interface BatchNormalizationOptions {
  /** Added to the variance. Default 1e-5. */
  readonly epsilon?: number;
  /** Share of the running statistics that a new batch replaces. Default 0.1. */
  readonly momentum?: number;
}

/** Training form: normalises `[N, C, ..]` by the batch's own mean and (biased) variance per channel. */
export function batchNormalizeTraining(
  x: Value,
  parameters: BatchNormalizationParameters,
  options: BatchNormalizationOptions = {},
): { output: Value; runningMean: Value; runningVariance: Value } {
  const { epsilon = 1e-5, momentum = 0.1 } = options;
  const axes = x.shape.map((_, axis) => axis).filter((axis) => axis !== 1);
  const graph = x.graph;
  const mean = reduceMean(x, axes, { keepDimensions: true });
  const centred = subtract(x, mean);
  const variance = reduceMean(multiply(centred, centred), axes, { keepDimensions: true });
  const deviation = squareRoot(add(variance, graph.scalar(epsilon)));
  const gain = divide(perChannel(parameters.scale, x), deviation);
  const output = add(multiply(centred, gain), perChannel(parameters.bias, x));
  const blend = (running: Value, fresh: Value) =>
    add(scale(running, 1 - momentum), scale(reshape(fresh, running.shape), momentum));
  return {
    output,
    runningMean: blend(parameters.runningMean, mean),
    runningVariance: blend(parameters.runningVariance, variance),
  };
}

/** Inference form: normalises by the running statistics. */
export function batchNormalizeInference(
  x: Value,
  parameters: BatchNormalizationParameters,
  options: BatchNormalizationOptions = {},
): Value {
  const { epsilon = 1e-5 } = options;
  const deviation = squareRoot(add(parameters.runningVariance, x.graph.scalar(epsilon)));
  const gain = divide(parameters.scale, deviation);
  const offset = subtract(parameters.bias, multiply(parameters.runningMean, gain));
  return add(multiply(x, perChannel(gain, x)), perChannel(offset, x));
}

/** `[C] -> [1, C, 1, ..]` */
function perChannel(vector: Value, like: Value): Value {
  return reshape(
    vector,
    like.shape.map((_, axis) => (axis === 1 ? vector.shape[0]! : 1)),
  );
}
