// The building blocks every component network shares: convolution and fully-connected layers with
// their parameters, normalisation and activation.

import type { Shape, Value } from "../graph/graph.js";
import {
  batchNormalizeInference,
  batchNormalizeTraining,
  convolution,
  dropout,
  enlargedConvolution,
  gemm,
  leakyRelu,
  relu,
  resizeNearest,
} from "../graph/operators/index.js";
import type { ArrangedConvolution, Arrangement } from "./arrangements/arrangement.js";
import type { NetworkConfig } from "./config.js";
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
  readonly noise: (name: string, shape: Shape) => Value;
  /**
   * Whether a parameter stays as it is in training. Layers whose running statistics do are normalised
   * by them. Default: none does.
   */
  readonly isFrozen?: (parameter: string) => boolean;
  /** What convolutions are made of. Default: the operators of the paper. */
  readonly arrangement?: Arrangement;
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
  const bias = layerBias(context, name, channels, output);
  const enlarge = options.enlarge ?? false;
  const finish = (sums: Value) => (output === "plain" ? sums : activate(context, name, sums));
  const layer = { name, weight, bias, stride, enlarge, finish };
  if (context.arrangement) return context.arrangement.convolution(x, layer);
  return finish(convolveDirectly(x, layer));
}

/** By the operators of the paper, or cheaper ones where sizes are known; without what follows. */
export function convolveDirectly(x: Value, layer: ArrangedConvolution): Value {
  const { weight, bias, stride, enlarge } = layer;
  const kernel = weight.shape[2] as number;
  const known = x.shape.every((length) => typeof length === "number");
  if (enlarge && kernel === 3 && stride === 1 && known) return enlargedConvolution(x, weight, bias);
  return convolution(enlarge ? resizeNearest(x) : x, weight, {
    ...(bias ? { bias } : {}),
    stride,
    padding: (kernel - 1) / 2,
  });
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
  const bias = layerBias(context, name, width, output);
  const product = gemm(x, weight, bias, { transposeB: true });
  return output === "plain" ? product : activate(context, name, product);
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
  return dropout(x, context.noise(name, x.shape), rate);
}

/** Normalisation (if the network has it) and activation. */
export function activate(context: NetworkContext, name: string, x: Value): Value {
  const { activation, normalization } = context.config;
  const normalized = normalization === "batch" ? batchNormalize(context, name, x) : x;
  return activation === "relu" ? relu(normalized) : leakyRelu(normalized, activation.leakySlope);
}

function batchNormalize(context: NetworkContext, name: string, x: Value): Value {
  const shape = [x.shape[1] as number];
  const parameter = (suffix: string, value: number, trainable: boolean) =>
    context.parameters.get(
      `${name}.normalization.${suffix}`,
      shape,
      { type: "constant", value },
      trainable,
    );
  const parameters = {
    scale: parameter("scale", 1, true),
    bias: parameter("bias", 0, true),
    runningMean: parameter("running_mean", 0, false),
    runningVariance: parameter("running_variance", 1, false),
  };
  const frozen = context.isFrozen?.(parameters.runningMean.name) ?? false;
  if (context.mode === "inference" || frozen) return batchNormalizeInference(x, parameters);
  // A layer that the picture and the global image share updates its statistics once for each.
  const { updatedStatistics } = context;
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
