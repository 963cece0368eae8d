import type { Dimension, Value } from "../../../graph/graph.js";
import { convolvedLength } from "../../../graph/operators/index.js";

export interface GroupedConvolutionOptions {
  /** `[O]` */
  readonly bias?: Value;
  /** Step in pixels, down and across. Default [1, 1]. */
  readonly strides?: readonly [number, number];
  /** Zeros around the picture, in pixels: top, left, bottom, right. Default none. */
  readonly pads?: readonly [number, number, number, number];
}

/**
 * A convolution whose channels fall into `groups` that do not mix: `x [N, C, H, W]`, `weight
 * [O, C / groups, kh, kw] -> [N, O, H', W']`. For inference: it has no gradient.
 */
export function groupedConvolution(
  x: Value,
  weight: Value,
  groups: number,
  options: GroupedConvolutionOptions = {},
): Value {
  const { bias, strides = [1, 1], pads = [0, 0, 0, 0] } = options;
  const [batch, , height, width] = x.shape as [Dimension, Dimension, Dimension, Dimension];
  const [filters, , kernelHeight, kernelWidth] = weight.shape as [number, number, number, number];
  const along = (length: Dimension, axis: 0 | 1, kernel: number) =>
    convolvedLength(length, kernel, strides[axis], pads[axis], pads[axis + 2]!, 1);
  return x.graph.emitOne(
    "Conv",
    bias ? [x, weight, bias] : [x, weight],
    {
      kernel_shape: { ints: [kernelHeight, kernelWidth] },
      strides: { ints: strides },
      pads: { ints: pads },
      group: { int: groups },
    },
    {
      type: x.type,
      shape: [batch, filters, along(height, 0, kernelHeight), along(width, 1, kernelWidth)],
    },
  );
}
