// The building blocks every component network shares: convolution and fully-connected layers with
// their parameters, normalisation and activation.

import type { Value } from "../graph/graph.js";
import {
  add,
  type BatchNormalizationParameters,
  batchNormalizeInference,
  batchNormalizeTraining,
  convolution,
  dropout,
  enlargedConvolution,
  gemm,
  inferenceGainAndOffset,
  leakyRelu,
  multiply,
  relu,
  reshape,
  resizeNearest,
} from "../graph/operators/index.js";
import type { NetworkConfig } from "./config.js";
import type { CpuArrangement } from "./cpu/arrangement.js";
import type { ParameterSource } from "./parameters.js";

/** What the component networks build with. */
export interface NetworkContext {
  readonly config: NetworkConfig;
  readonly parameters: ParameterSource;
  /** Training normalises by batch statistics and drops units; inference does neither. */
  readonly mode: "training" | "inference";
  /** Next values of running statistics, by parameter name; filled in training mode. */
  readonly updatedStatistics: Map<string, Value>;
  /** Uniform noise of the given shape, fed anew for each step; used by dropout in training mode. */
  readonly noise: (name: string, shape: readonly number[]) => Value;
  /** Inference only: lays the graph out for the CPU's kernels. Default: as the paper has it. */
  readonly arrangement?: CpuArrangement;
}

export interface ConvolutionLayerOptions {
  readonly channels: number;
  /** Side of the kernel in pixels; padding keeps the size at stride 1. Default 3. */
  readonly kernel?: number;
  readonly stride?: 1 | 2;
  /** Enlarge the input twofold (nearest neighbour) first. Default false. */
  readonly enlarge?: boolean;
  /** "plain" leaves out normalisation and activation. Default "activated". */
  readonly output?: "activated" | "plain";
  /** Variance of the starting weights times the fan-in. Default 2 if activated, else 1. */
  readonly gain?: number;
}

/**
 * Convolution, normalisation and activation: `[N, C, H, W] -> [N, channels, H/stride, W/stride]`,
 * or `[N, channels, 2 H, 2 W]` where the input is enlarged.
 */
export function convolutionLayer(
  context: NetworkContext,
  name: string,
  x: Value,
  options: ConvolutionLayerOptions,
): Value {
  const { channels, kernel = 3, stride = 1, output = "activated" } = options;
  const inputChannels = x.shape[1] as number;
  const fanIn = inputChannels * kernel * kernel;
  const gain = options.gain ?? (output === "activated" ? 2 : 1);
  const weight = context.parameters.get(
    `${name}.weight`,
    [channels, inputChannels, kernel, kernel],
    { type: "normal", fanIn, gain },
  );
  const layer = linearPart(
    context,
    name,
    { weights: [weight], bias: layerBias(context, name, channels, output) },
    output,
  );
  const [kernels] = layer.weights;
  const { bias, finish } = layer;
  const enlarge = options.enlarge ?? false;
  if (context.arrangement) {
    return context.arrangement.convolution(x, { weight: kernels, bias, stride, enlarge, finish });
  }
  const known = x.shape.every((length) => typeof length === "number");
  return finish(
    enlarge && kernel === 3 && stride === 1 && known
      ? enlargedConvolution(x, kernels, bias)
      : convolution(enlarge ? resizeNearest(x) : x, kernels, {
          ...(bias ? { bias } : {}),
          stride,
          padding: (kernel - 1) / 2,
        }),
  );
}

/** Fully-connected layer: `[N, features] -> [N, width]`. */
export function fullyConnectedLayer(
  context: NetworkContext,
  name: string,
  x: Value,
  width: number,
  output: "activated" | "plain" = "activated",
): Value {
  const features = x.shape[1] as number;
  const weight = context.parameters.get(`${name}.weight`, [width, features], {
    type: "normal",
    fanIn: features,
    gain: output === "activated" ? 2 : 1,
  });
  const layer = linearPart(
    context,
    name,
    { weights: [weight], bias: layerBias(context, name, width, output) },
    output,
  );
  return layer.finish(gemm(x, layer.weights[0], layer.bias, { transposeB: true }));
}

/**
 * The bias of a layer, `[width]`. A layer that batch normalisation follows has none: subtracting the
 * mean would take it away again, and its gradient would be rounding errors.
 */
export function layerBias(
  { config, parameters }: NetworkContext,
  name: string,
  width: number,
  output: "activated" | "plain",
): Value | undefined {
  if (output === "activated" && config.normalization === "batch") return undefined;
  return parameters.get(`${name}.bias`, [width], { type: "constant", value: 0 });
}

/** Dropout in training mode; the identity otherwise. */
export function dropoutLayer(context: NetworkContext, name: string, x: Value, rate: number): Value {
  if (rate === 0 || context.mode === "inference") return x;
  return dropout(x, context.noise(name, x.shape as readonly number[]), rate);
}

/** Weights and bias of a layer, and what follows the sums that it computes with them. */
export interface LinearPart<Weights extends readonly Value[]> {
  /** Output channels first. */
  readonly weights: Weights;
  readonly bias: Value | undefined;
  readonly finish: (sums: Value) => Value;
}

/**
 * Completes a layer by normalisation (if the network has it) and activation, unless its output is
 * plain. Where the graph is arranged for the CPU, normalisation goes into the weights.
 */
export function linearPart<const Weights extends readonly Value[]>(
  context: NetworkContext,
  name: string,
  { weights, bias }: Omit<LinearPart<Weights>, "finish">,
  output: "activated" | "plain" = "activated",
): LinearPart<Weights> {
  const { arrangement, config } = context;
  if (output === "plain") return { weights, bias, finish: (sums) => sums };
  if (config.normalization === "none") {
    return { weights, bias, finish: (sums) => activate(config, sums) };
  }
  const channels = weights[0]!.shape[0] as number;
  const parameters = normalizationParameters(context, name, channels);
  if (!arrangement) {
    const normalized = (sums: Value) =>
      context.mode === "inference"
        ? batchNormalizeInference(sums, parameters)
        : normalizeByBatch(sums, parameters, context);
    return { weights, bias, finish: (sums) => activate(config, normalized(sums)) };
  }
  const { gain, offset } = arrangement.once(parameters.scale, () =>
    inferenceGainAndOffset(parameters),
  );
  const scaled = (weight: Value) =>
    multiply(weight, reshape(gain, [channels, ...weight.shape.slice(1).map(() => 1)]));
  return {
    weights: weights.map((weight) =>
      arrangement.once(weight, () => scaled(weight)),
    ) as unknown as Weights,
    bias: bias ? arrangement.once(bias, () => add(multiply(bias, gain), offset)) : offset,
    finish: (sums) => activate(config, sums),
  };
}

function activate({ activation }: NetworkConfig, x: Value): Value {
  return activation === "relu" ? relu(x) : leakyRelu(x, activation.leakySlope);
}

function normalizationParameters(
  { parameters }: NetworkContext,
  name: string,
  channels: number,
): BatchNormalizationParameters {
  const parameter = (suffix: string, value: number, trainable: boolean) =>
    parameters.get(
      `${name}.normalization.${suffix}`,
      [channels],
      { type: "constant", value },
      trainable,
    );
  return {
    scale: parameter("scale", 1, true),
    bias: parameter("bias", 0, true),
    runningMean: parameter("running_mean", 0, false),
    runningVariance: parameter("running_variance", 1, false),
  };
}

function normalizeByBatch(
  x: Value,
  parameters: BatchNormalizationParameters,
  { updatedStatistics }: NetworkContext,
): Value {
  // A layer that the picture and the global image share updates its statistics once for each.
  const latest = (running: Value) => updatedStatistics.get(running.name) ?? running;
  const { output, runningMean, runningVariance } = batchNormalizeTraining(x, {
    ...parameters,
    runningMean: latest(parameters.runningMean),
    runningVariance: latest(parameters.runningVariance),
  });
  updatedStatistics.set(parameters.runningMean.name, runningMean);
  updatedStatistics.set(parameters.runningVariance.name, runningVariance);
  return output;
}
