// The building blocks every component network shares: convolution and fully-connected layers with
// their parameters, normalisation and activation.

import type { Shape, Value } from "../graph/graph.js";
import {
  add,
  type BatchNormalizationParameters,
  batchNormalizationEpsilon,
  batchNormalizeInference,
  batchNormalizeTraining,
  divide,
  dropout,
  gemm,
  leakyRelu,
  multiply,
  relu,
  relu6,
  reshape,
  squareRoot,
  subtract,
  transpose,
} from "../graph/operators/index.js";
import type { Arrangement } from "./arrangements/arrangement.js";
import { plainArrangement } from "./arrangements/plain.js";
import type { NetworkConfig } from "./config.js";
import type { ParameterSource } from "./parameters.js";

/** What the component networks build with. */
export interface NetworkContext {
  readonly config: NetworkConfig;
  readonly parameters: ParameterSource;
  /** Training normalises by batch statistics and drops units; inference does neither. */
  readonly mode: "training" | "inference";
  /** Share of the running statistics that a new batch replaces. Default: the operator's. */
  readonly momentum?: number;
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
  /** Groups of channels that do not mix. Default 1. */
  readonly groups?: number;
  /** Zeros around the input: top, left, bottom, right. Default: half the kernel on every side. */
  readonly padding?: Padding;
  /** Default: that of the network's configuration. */
  readonly style?: LayerStyle;
  /** Whether the layer has a bias of its own. Default: unless batch normalisation follows. */
  readonly bias?: boolean;
}

type Padding = readonly [number, number, number, number];

const RUNNING_MEAN = "running_mean";

/** What follows the sums of an activated layer. */
export interface LayerStyle {
  /** "frozen": by the running statistics in training, too, folded into weight and bias. */
  readonly normalization: "batch" | "frozen" | "none";
  /** Added to the variance. */
  readonly epsilon: number;
  readonly activation: NetworkConfig["activation"] | "relu6" | "linear";
}

/** Of all layers but those of a backbone. */
function usualStyle({ normalization, activation }: NetworkConfig): LayerStyle {
  return { normalization, activation, epsilon: batchNormalizationEpsilon };
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
  const { channels, kernel = 3, stride = 1, output = "activated", groups = 1 } = options;
  const style = options.style ?? usualStyle(context.config);
  const inputChannels = (x.shape[1] as number) / groups;
  const fanIn = inputChannels * kernel * kernel;
  const gain = options.gain ?? (output === "activated" ? 2 : 1);
  const weight = context.parameters.get(
    `${name}.weight`,
    [channels, inputChannels, kernel, kernel],
    { type: "normal", fanIn, gain },
  );
  const normalized = output === "activated" && style.normalization !== "none";
  const bias =
    (options.bias ?? !normalized)
      ? context.parameters.get(`${name}.bias`, [channels], { type: "constant", value: 0 })
      : undefined;
  const enlarge = options.enlarge ?? false;
  const side = (kernel - 1) / 2;
  const { padding = [side, side, side, side] } = options;
  const frozen =
    normalized && (style.normalization === "frozen" || hasFrozenStatistics(context, name));
  const finish = (sums: Value) => {
    if (output === "plain") return sums;
    return frozen ? activation(sums, style) : activate(context, name, sums, style);
  };
  const folded = frozen ? foldStatistics(context, name, weight, style.epsilon) : { weight, bias };
  const layer = { name, ...folded, stride, enlarge, padding, groups, finish };
  return (context.arrangement ?? plainArrangement).convolution(x, layer);
}

/**
 * The same for a kernel of one pixel and plain output, with the channels last: `[N, C, H, W] ->
 * [N, H, W, channels]`. Where sizes are known it is one product with one weight gradient, and what is
 * transposed is the input, which has fewer channels than the distributions that this is for.
 */
export function channelsLastLayer(
  context: NetworkContext,
  name: string,
  x: Value,
  options: ConvolutionLayerOptions,
): Value {
  const known = x.shape.every((length) => typeof length === "number");
  if (!known) {
    return transpose(convolutionLayer(context, name, x, options), [0, 2, 3, 1]);
  }
  const { channels, gain = 1 } = options;
  const [batch, inputs, height, width] = x.shape as readonly [number, number, number, number];
  const initialization = { type: "normal", fanIn: inputs, gain } as const;
  const weight = context.parameters.get(`${name}.weight`, [channels, inputs, 1, 1], initialization);
  const bias = layerBias(context, name, channels, "plain");
  const pixels = reshape(transpose(x, [0, 2, 3, 1]), [batch * height * width, inputs]);
  const matrix = reshape(weight, [channels, inputs]);
  const sums = gemm(pixels, matrix, bias, { transposeB: true });
  return reshape(sums, [batch, height, width, channels]);
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

/** Normalisation (if the layer has it) and activation. */
export function activate(
  context: NetworkContext,
  name: string,
  x: Value,
  style = usualStyle(context.config),
): Value {
  return activation(
    style.normalization === "batch" ? batchNormalize(context, name, x, style.epsilon) : x,
    style,
  );
}

function activation(x: Value, { activation }: LayerStyle): Value {
  if (activation === "linear") return x;
  if (activation === "relu6") return relu6(x);
  return activation === "relu" ? relu(x) : leakyRelu(x, activation.leakySlope);
}

/** Whether training leaves the running statistics of a layer as they are. */
function hasFrozenStatistics({ mode, isFrozen }: NetworkContext, name: string): boolean {
  return mode === "training" && (isFrozen?.(`${name}.normalization.${RUNNING_MEAN}`) ?? false);
}

/**
 * Normalisation by running statistics in front of the sums in place of behind them:
 * `w scale / sqrt(variance + epsilon)`, the same function without a pass over the map.
 */
function foldStatistics(
  context: NetworkContext,
  name: string,
  weight: Value,
  epsilon: number,
): { weight: Value; bias: Value } {
  const [channels] = weight.shape as readonly number[];
  const { scale, bias, runningMean, runningVariance } = normalization(context, name, channels!);
  const deviation = squareRoot(add(runningVariance, weight.graph.scalar(epsilon)));
  const gain = divide(scale, deviation);
  return {
    weight: multiply(weight, reshape(gain, [channels!, 1, 1, 1])),
    bias: subtract(bias, multiply(runningMean, gain)),
  };
}

/** The parameters of a layer's normalisation, all `[channels]`. */
function normalization(
  context: NetworkContext,
  name: string,
  channels: number,
): BatchNormalizationParameters {
  const parameter = (suffix: string, value: number, trainable: boolean) =>
    context.parameters.get(
      `${name}.normalization.${suffix}`,
      [channels],
      { type: "constant", value },
      trainable,
    );
  return {
    scale: parameter("scale", 1, true),
    bias: parameter("bias", 0, true),
    runningMean: parameter(RUNNING_MEAN, 0, false),
    runningVariance: parameter("running_variance", 1, false),
  };
}

function batchNormalize(context: NetworkContext, name: string, x: Value, epsilon: number): Value {
  const parameters = normalization(context, name, x.shape[1] as number);
  if (context.mode === "inference" || hasFrozenStatistics(context, name)) {
    return batchNormalizeInference(x, parameters, { epsilon });
  }
  // A layer that the picture and the global image share updates its statistics once for each.
  const { updatedStatistics } = context;
  const latest = (running: Value) => updatedStatistics.get(running.name) ?? running;
  const { output, runningMean, runningVariance } = batchNormalizeTraining(
    x,
    {
      ...parameters,
      runningMean: latest(parameters.runningMean),
      runningVariance: latest(parameters.runningVariance),
    },
    { epsilon, ...(context.momentum === undefined ? {} : { momentum: context.momentum }) },
  );
  updatedStatistics.set(parameters.runningMean.name, runningMean);
  updatedStatistics.set(parameters.runningVariance.name, runningVariance);
  return output;
}
