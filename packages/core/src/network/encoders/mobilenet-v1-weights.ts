// MobileNet v1's weights from a file. Channels that never carry a signal are taken out: training with
// weight decay has left their weights, and so their outputs, at 1e-13, whose gradients are tiny
// (denormal) numbers that processors compute a hundred times more slowly.

import type { ParameterValues } from "../parameters.js";
import { type MobilenetV1Config, mobilenetV1Layer } from "./mobilenet-v1.js";
import {
  type NamedTensors,
  type PretrainedBackbone,
  summedOverColors,
} from "./starting-weights.js";

type Part = "depthwise" | "pointwise";

/** A convolution with its normalisation, by output channel. */
interface Layer {
  /** Rows, one for each output channel. */
  weight: Float32Array[];
  readonly kernel: number;
  readonly depthwise: boolean;
  scale: Float32Array;
  bias: Float32Array;
  mean: Float32Array;
  variance: Float32Array;
}

/** A channel with a smaller variance says nothing: normalised, it would still be below 0.004. */
const SILENT_VARIANCE = 1e-8;
/** Kernels take so many channels at once: a channel less than a multiple of it costs more time. */
const BLOCK = 16;

/**
 * From the tensors `conv1`, `blockB.depthwise` and `blockB.pointwise` (B from 1 to 13), each with
 * `.weight` and `.norm.scale`, `.norm.bias`, `.norm.mean`, `.norm.variance`.
 *
 * @throws UserError if a tensor is missing or of another shape
 */
export function mobilenetV1Weights(
  encoder: MobilenetV1Config,
  source: NamedTensors,
  inputChannels: 1 | 3,
): PretrainedBackbone<MobilenetV1Config> {
  const { channels, epsilon } = encoder;
  const read = (block: number, part: Part): Layer => {
    const name = block === 0 ? "conv1" : `block${block}.${part}`;
    const depthwise = part === "depthwise";
    const outputs = channels[depthwise ? block - 1 : block]!;
    const inputs = depthwise ? 1 : block === 0 ? 3 : channels[block - 1]!;
    const kernel = depthwise || block === 0 ? 3 : 1;
    const stored = source.get(`${name}.weight`, [outputs, inputs, kernel, kernel]);
    const sum = block === 0 && inputChannels === 1;
    const norm = (kind: string) => source.get(`${name}.norm.${kind}`, [outputs]).slice();
    return {
      weight: rows(sum ? summedOverColors(stored, outputs) : stored, outputs),
      kernel,
      depthwise,
      scale: norm("scale"),
      bias: norm("bias"),
      mean: norm("mean"),
      variance: norm("variance"),
    };
  };
  let widening = read(0, "pointwise");
  const layers = [{ name: mobilenetV1Layer(0), layer: widening }];
  for (let block = 1; block < channels.length; block++) {
    const depthwise = read(block, "depthwise");
    const pointwise = read(block, "pointwise");
    prune(widening, depthwise, pointwise, epsilon);
    layers.push({ name: mobilenetV1Layer(block, "depthwise"), layer: depthwise });
    layers.push({ name: mobilenetV1Layer(block, "pointwise"), layer: pointwise });
    widening = pointwise;
  }
  const parametersOf = encoder.normalization === "none" ? foldedParameters : ownParameters;
  const values = new Map(
    layers.flatMap(({ name, layer }) => [...parametersOf(name, layer, epsilon)]),
  );
  const widths = layers
    .filter(({ layer }) => !layer.depthwise)
    .map(({ layer }) => layer.weight.length);
  return { encoder: { ...encoder, channels: widths }, values };
}

/**
 * Takes the silent channels between `first` and `last` out, or sets them to exactly 0 where as many
 * have to stay as make a multiple of {@link BLOCK}.
 *
 * A silent channel of `first` whose constant is 0 behind ReLU6 stays 0 under the zeros around the map,
 * so the depthwise convolution makes one constant of it everywhere, and the 1x1 convolution behind adds
 * that constant times its weights: a shift that goes into its mean. Constants other than 0 would be
 * seen at the border; such channels are kept.
 */
function prune(first: Layer, depthwise: Layer, last: Layer, epsilon: number): void {
  const count = first.weight.length;
  const silent = [...Array(count).keys()].filter(
    (channel) =>
      first.variance[channel]! < SILENT_VARIANCE && constantOf(first, channel, epsilon) === 0,
  );
  for (const channel of silent) {
    for (const { weight, mean } of [first, depthwise]) {
      weight[channel]!.fill(0);
      mean[channel] = 0;
    }
  }
  const left = Math.ceil((count - silent.length) / BLOCK) * BLOCK;
  const out = new Set(silent.slice(0, Math.max(0, count - left)));
  for (const channel of out) {
    const constant = constantOf(depthwise, channel, epsilon);
    last.weight.forEach((row, output) => {
      last.mean[output]! -= row[channel]! * constant;
    });
  }
  const stays = (_: unknown, channel: number) => !out.has(channel);
  for (const layer of [first, depthwise]) {
    layer.weight = layer.weight.filter(stays);
    for (const kind of ["scale", "bias", "mean", "variance"] as const) {
      layer[kind] = layer[kind].filter(stays);
    }
  }
  last.weight = last.weight.map((row) => row.filter(stays));
}

/** What normalisation and ReLU6 make of sums that are 0. */
function constantOf(
  { scale, bias, mean, variance }: Layer,
  channel: number,
  epsilon: number,
): number {
  const deviation = Math.sqrt(variance[channel]! + epsilon);
  const normalized = bias[channel]! - (mean[channel]! * scale[channel]!) / deviation;
  return Math.min(Math.max(normalized, 0), 6);
}

/** Weight and bias alone, normalisation in them. */
function foldedParameters(name: string, layer: Layer, epsilon: number): ParameterValues {
  const { weight, scale, bias, mean, variance } = layer;
  const gain = scale.map((each, channel) => each / Math.sqrt(variance[channel]! + epsilon));
  const rows = weight.map((row, channel) => row.map((each) => each * gain[channel]!));
  const data = bias.map((each, channel) => each - mean[channel]! * gain[channel]!);
  return new Map([
    [`${name}.weight`, weightOf({ ...layer, weight: rows })],
    [`${name}.bias`, { shape: [data.length], data }],
  ]);
}

function weightOf({ weight, kernel }: Pick<Layer, "weight" | "kernel">) {
  const length = weight[0]!.length;
  const data = new Float32Array(weight.length * length);
  weight.forEach((row, channel) => {
    data.set(row, channel * length);
  });
  return { shape: [weight.length, length / kernel ** 2, kernel, kernel], data };
}

function ownParameters(name: string, layer: Layer): ParameterValues {
  const { scale, bias, mean, variance } = layer;
  const vector = (data: Float32Array) => ({ shape: [data.length], data });
  return new Map([
    [`${name}.weight`, weightOf(layer)],
    [`${name}.normalization.scale`, vector(scale)],
    [`${name}.normalization.bias`, vector(bias)],
    [`${name}.normalization.running_mean`, vector(mean)],
    [`${name}.normalization.running_variance`, vector(variance)],
  ]);
}

/** Copies: the source stays as it is. */
function rows(values: Float32Array, count: number): Float32Array[] {
  const length = values.length / count;
  return Array.from({ length: count }, (_, row) => values.slice(row * length, (row + 1) * length));
}
