// MaxPool: the largest element of square windows.

import { type Dimension, staticShape, type Value } from "../graph.js";
import { add } from "./arithmetic.js";
import { convolvedLength } from "./convolution.js";
import { argMax } from "./elementwise.js";
import { type GradientRule, intsAttribute } from "./gradient-rule.js";
import { concat, expand, gather, pad, reshape, slice, unsqueeze } from "./layout.js";

export interface MaxPoolOptions {
  /** Window side in pixels. */
  readonly kernel: number;
  /** Step in pixels. Default: the kernel. */
  readonly stride?: number;
  /**
   * Pixels around the picture that are never the largest: one number for all sides or
   * [top, left, bottom, right], each less than the kernel. Default 0.
   */
  readonly padding?: number | readonly [number, number, number, number];
}

/** Largest element of square windows of `[N, C, H, W]`; of equal ones, the first has the gradient. */
export function maxPool(x: Value, options: MaxPoolOptions): Value {
  const { kernel, stride = kernel, padding = 0 } = options;
  const pads = typeof padding === "number" ? [padding, padding, padding, padding] : padding;
  const [batch, channels, height, width] = x.shape as [Dimension, Dimension, Dimension, Dimension];
  const along = (length: Dimension, axis: 0 | 1) =>
    convolvedLength(length, kernel, stride, pads[axis]!, pads[axis + 2]!, 1);
  return x.graph.emitOne(
    "MaxPool",
    [x],
    {
      kernel_shape: { ints: [kernel, kernel] },
      strides: { ints: [stride, stride] },
      pads: { ints: pads },
    },
    { type: x.type, shape: [batch, channels, along(height, 0), along(width, 1)] },
  );
}

type Quad = [number, number, number, number];

export const maxPoolGradient: GradientRule = ({ node, outputGradients: [gradient] }) => {
  const x = node.inputs[0]!;
  const { graph } = x;
  const purpose = "The gradient of MaxPool";
  const [batch, channels, height, width] = staticShape(x.shape, purpose) as Quad;
  const [, , outHeight, outWidth] = staticShape(node.outputs[0]!.shape, purpose) as Quad;
  const kernel = intsAttribute(node, "kernel_shape")[0]!;
  const stride = intsAttribute(node, "strides")[0]!;
  const [top, left, bottom, right] = intsAttribute(node, "pads") as Quad;
  const [high, wide] = [height + top + bottom, width + left + right];
  const padded = graph.emitOne(
    "Pad",
    [x, graph.integers([0, 0, top, left, 0, 0, bottom, right]), graph.scalar(LOWEST)],
    { mode: { string: "constant" } },
    { type: x.type, shape: [batch, channels, high, wide] },
  );
  // Which tap saw the largest element. ONNX Runtime's MaxPool tells it on the CPU, not on WebGPU.
  const seen: Value[] = [];
  const offsets: number[] = [];
  for (let u = 0; u < kernel; u++) {
    for (let v = 0; v < kernel; v++) {
      const tap = slice(padded, [
        { axis: 2, start: u, length: outHeight, step: stride },
        { axis: 3, start: v, length: outWidth, step: stride },
      ]);
      seen.push(unsqueeze(tap, 0));
      offsets.push(u * wide + v);
    }
  }
  const planes = batch * channels;
  const windows = Array.from(
    { length: outHeight * outWidth },
    (_, index) => (Math.floor(index / outWidth) * wide + (index % outWidth)) * stride,
  );
  const tap = reshape(argMax(concat(seen, 0), 0), [planes, windows.length]);
  const places = add(gather(graph.integers(offsets), tap, 0), graph.integers(windows));
  const zeros = expand(graph.constant("float32", [1, 1], new Float32Array(1)), [
    planes,
    high * wide,
  ]);
  const scattered = graph.emitOne(
    "ScatterElements",
    [zeros, places, reshape(gradient!, [planes, windows.length])],
    { axis: { int: 1 }, reduction: { string: "add" } },
    zeros,
  );
  return [
    pad(
      reshape(scattered, [batch, channels, high, wide]),
      [0, 0, -top, -left],
      [0, 0, -bottom, -right],
    ),
  ];
};

const LOWEST = -3.4e38;
