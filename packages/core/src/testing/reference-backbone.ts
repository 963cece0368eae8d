// MobileNet v1 written down from its definition, in double precision, to compare networks with: the
// convolutions as they are, then normalisation by the running statistics, then ReLU6.

import type { TensorValue } from "../graph/session.js";
import type { ParameterValues } from "../network/index.js";
import { tensor } from "./devices.js";
import { slidingWindow } from "./reference-convolution.js";

const STRIDES = [2, 1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1];

/**
 * The maps of a file's network in front of each stride, and the last.
 *
 * @param tensors by the names of the file: `conv1.weight`, `block1.depthwise.norm.scale`, ..
 * @param image `[N, 3, H, W]`, H and W multiples of 32
 */
export function mobilenetV1Maps(
  tensors: ParameterValues,
  epsilon: number,
  image: TensorValue,
): TensorValue[] {
  const maps: TensorValue[] = [];
  let x = layer(tensors, epsilon, "conv1", image, 2, 1);
  for (let block = 1; block <= 13; block++) {
    const stride = STRIDES[block]!;
    if (stride === 2) maps.push(x);
    x = layer(tensors, epsilon, `block${block}.depthwise`, x, stride, x.shape[1]!);
    x = layer(tensors, epsilon, `block${block}.pointwise`, x, 1, 1);
  }
  return [...maps, x];
}

function layer(
  tensors: ParameterValues,
  epsilon: number,
  name: string,
  x: TensorValue,
  stride: number,
  groups: number,
): TensorValue {
  const { shape, data } = tensors.get(`${name}.weight`)!;
  const outputs = shape[0]!;
  // TensorFlow's "same": 3x3 at stride 2 sees a row and a column beyond the bottom and the right.
  const before = shape[2] === 3 && stride === 1 ? 1 : 0;
  const after = shape[2] === 3 ? 1 : 0;
  const sums = slidingWindow(x, tensor(shape, data), tensor([outputs], new Float32Array(outputs)), {
    stride,
    groups,
    padding: [before, before, after, after],
  });
  const norm = (kind: string) => tensors.get(`${name}.norm.${kind}`)!.data;
  const [scale, bias, mean, variance] = ["scale", "bias", "mean", "variance"].map(norm);
  const pixels = sums.shape[2]! * sums.shape[3]!;
  const values = sums.values.map((sum, index) => {
    const channel = Math.floor(index / pixels) % outputs;
    const normalized =
      ((sum - mean![channel]!) * scale![channel]!) / Math.sqrt(variance![channel]! + epsilon) +
      bias![channel]!;
    return Math.min(Math.max(normalized, 0), 6);
  });
  return tensor(sums.shape, values);
}

/** Random weights and statistics under the names of a file, `[N, 3, ..]` at the input. */
export function mobilenetV1File(
  channels: readonly number[],
  random: (shape: readonly number[], lowest: number, highest: number) => Float32Array,
): Map<string, { shape: readonly number[]; data: Float32Array }> {
  const tensors = new Map<string, { shape: readonly number[]; data: Float32Array }>();
  const add = (name: string, shape: readonly number[], lowest: number, highest: number) =>
    tensors.set(name, { shape, data: random(shape, lowest, highest) });
  const push = (name: string, outputs: number, inputs: number, kernel: number) => {
    const reach = Math.sqrt(6 / (inputs * kernel ** 2));
    add(`${name}.weight`, [outputs, inputs, kernel, kernel], -reach, reach);
    add(`${name}.norm.scale`, [outputs], 0.5, 2);
    add(`${name}.norm.bias`, [outputs], -0.5, 1);
    add(`${name}.norm.mean`, [outputs], -0.3, 0.3);
    add(`${name}.norm.variance`, [outputs], 0.2, 1);
  };
  push("conv1", channels[0]!, 3, 3);
  for (let block = 1; block < channels.length; block++) {
    push(`block${block}.depthwise`, channels[block - 1]!, 1, 3);
    push(`block${block}.pointwise`, channels[block]!, channels[block - 1]!, 1);
  }
  return tensors;
}
