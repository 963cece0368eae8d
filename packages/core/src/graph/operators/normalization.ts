// Batch normalisation (Ioffe & Szegedy 2015). ONNX's own operator trains on some devices only, so
// the statistics are computed here and the operator's inference form, one pass over the memory,
// applies them. The gradient is the formula for the whole, in as few passes.

import { elementCount, type Value } from "../graph.js";
import { add, divide, multiply, scale, squareRoot, subtract } from "./arithmetic.js";
import { reshape } from "./layout.js";
import { reduceMean } from "./reduction.js";

/** What is added to the variance unless said otherwise. */
export const batchNormalizationEpsilon = 1e-5;

const purpose = "Batch normalisation";

/** All of shape [C]. */
export interface BatchNormalizationParameters {
  readonly scale: Value;
  readonly bias: Value;
  readonly runningMean: Value;
  readonly runningVariance: Value;
}

export interface BatchNormalizationOptions {
  /** Added to the variance. Default {@link batchNormalizationEpsilon}. */
  readonly epsilon?: number;
  /** Share of the running statistics that a new batch replaces. Default 0.1. */
  readonly momentum?: number;
}

/**
 * Training form: normalises `[N, C, ..]` by the batch's own mean and (biased) variance per channel.
 */
export function batchNormalizeTraining(
  x: Value,
  parameters: BatchNormalizationParameters,
  options: BatchNormalizationOptions = {},
): { output: Value; runningMean: Value; runningVariance: Value } {
  const { epsilon = batchNormalizationEpsilon, momentum = 0.1 } = options;
  const graph = x.graph;
  const mean = channelMeans(x);
  const centred = subtract(x, perChannel(mean, x));
  const variance = channelMeans(multiply(centred, centred));
  const inverseDeviation = divide(
    graph.scalar(1),
    squareRoot(add(variance, graph.scalar(epsilon))),
  );
  const gain = multiply(parameters.scale, inverseDeviation);
  const [output] = graph.composite(
    [x, parameters.scale, parameters.bias],
    () => [affine(centred, gain, parameters.bias)],
    ([dY]) => {
      // dX = gain (dY - mean(dY) - normalised x * mean(dY * normalised x)), the sums being those
      // that bias and scale need anyway.
      const count = elementCount(x.shape, purpose) / elementCount(gain.shape, purpose);
      const biasGradient = scale(channelMeans(dY!), count);
      const centredGradient = scale(channelMeans(multiply(dY!, centred)), count);
      const scaleGradient = multiply(centredGradient, inverseDeviation);
      const slope = scale(multiply(multiply(gain, inverseDeviation), scaleGradient), -1 / count);
      const offset = scale(multiply(gain, biasGradient), -1 / count);
      const inputGradient = add(multiply(dY!, perChannel(gain, x)), affine(centred, slope, offset));
      return [inputGradient, scaleGradient, biasGradient];
    },
  );
  const blend = (running: Value, fresh: Value) =>
    add(scale(running, 1 - momentum), scale(fresh, momentum));
  return {
    output: output!,
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
  const { epsilon = batchNormalizationEpsilon } = options;
  const deviation = squareRoot(add(parameters.runningVariance, x.graph.scalar(epsilon)));
  const gain = divide(parameters.scale, deviation);
  const offset = subtract(parameters.bias, multiply(parameters.runningMean, gain));
  return add(multiply(x, perChannel(gain, x)), perChannel(offset, x));
}

/** `x * slope + offset` by channel in one pass: ONNX's batch normalisation by mean 0, variance 1. */
function affine(x: Value, slope: Value, offset: Value): Value {
  const { graph } = x;
  const length = elementCount(slope.shape, purpose);
  const constant = (value: number) =>
    graph.constant("float32", [length], new Float32Array(length).fill(value));
  return graph.emitOne(
    "BatchNormalization",
    [x, slope, offset, constant(0), constant(1)],
    { epsilon: { float: 0 } },
    x,
  );
}

/** `[N, C, ..] -> [C]`; pixels first, then pictures, is twice as fast as all at once. */
function channelMeans(x: Value): Value {
  const pixelAxes = x.shape.map((_, axis) => axis).slice(2);
  return reduceMean(reduceMean(x, pixelAxes), [0]);
}

/** `[C] -> [1, C, 1, ..]` */
function perChannel(vector: Value, like: Value): Value {
  return reshape(
    vector,
    like.shape.map((_, axis) => (axis === 1 ? vector.shape[0]! : 1)),
  );
}
