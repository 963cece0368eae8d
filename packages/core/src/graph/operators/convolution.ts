// Conv and ConvTranspose in two dimensions, NCHW, one group.

import {
  type Dimension,
  formatShape,
  GraphError,
  type Node,
  staticShape,
  type Value,
} from "../graph.js";
import {
  type ConvolutionGeometry,
  convolutionWeightGradient,
} from "./convolution-weight-gradient.js";
import { type GradientContext, type GradientRule, intsAttribute } from "./gradient-rule.js";
import { flip, transpose } from "./layout.js";
import { reduceSum } from "./reduction.js";

/** Geometry of a two-dimensional convolution. */
export interface ConvolutionOptions {
  /** [C_out] for `convolution`, [C_out] for `transposedConvolution`. */
  readonly bias?: Value;
  /** Step in pixels along both axes. Default 1. */
  readonly stride?: number;
  /** Zeros around the picture, in pixels: one number for all sides or [top, left, bottom, right]. Default 0. */
  readonly padding?: number | readonly [number, number, number, number];
  /** Distance in pixels between taps. Default 1. */
  readonly dilation?: number;
}

export interface TransposedConvolutionOptions extends ConvolutionOptions {
  /** Pixels added at the bottom and right of the output; less than the stride. Default [0, 0]. */
  readonly outputPadding?: readonly [number, number];
}

/** Cross-correlation: `x [N, C_in, H, W]`, `weight [C_out, C_in, kh, kw]` -> `[N, C_out, H', W']`. */
export function convolution(x: Value, weight: Value, options: ConvolutionOptions = {}): Value {
  const { strides, pads, dilations } = geometry(options);
  const [batch, channels, height, width] = fourAxes(x, "Conv");
  const [filters, depth, kernelHeight, kernelWidth] = staticShape(weight.shape, "Conv") as Quad;
  if (weight.shape.length !== 4 || depth !== channels) {
    throw new GraphError(
      `Conv: weights ${formatShape(weight.shape)} do not fit a picture ${formatShape(x.shape)}`,
    );
  }
  checkBias(options.bias, filters, "Conv");
  const along = (length: Dimension, axis: 0 | 1, kernel: number): Dimension =>
    convolvedLength(length, kernel, strides[axis], pads[axis], pads[axis + 2]!, dilations[axis]);
  const shape = [batch, filters, along(height, 0, kernelHeight), along(width, 1, kernelWidth)];
  return x.graph.emitOne(
    "Conv",
    options.bias ? [x, weight, options.bias] : [x, weight],
    {
      kernel_shape: { ints: [kernelHeight, kernelWidth] },
      strides: { ints: strides },
      pads: { ints: pads },
      dilations: { ints: dilations },
    },
    { type: x.type, shape },
  );
}

/**
 * The adjoint of `convolution` (fractionally strided convolution): `x [N, C_in, H, W]`,
 * `weight [C_in, C_out, kh, kw]` -> `[N, C_out, H', W']` with
 * `H' = (H - 1) stride + dilation (kh - 1) + 1 - padding + outputPadding`.
 */
export function transposedConvolution(
  x: Value,
  weight: Value,
  options: TransposedConvolutionOptions = {},
): Value {
  const { strides, pads, dilations } = geometry(options);
  const outputPadding = options.outputPadding ?? [0, 0];
  const [batch, channels, height, width] = fourAxes(x, "ConvTranspose");
  const [depth, filters, kernelHeight, kernelWidth] = staticShape(
    weight.shape,
    "ConvTranspose",
  ) as Quad;
  if (weight.shape.length !== 4 || depth !== channels) {
    throw new GraphError(
      `ConvTranspose: weights ${formatShape(weight.shape)} do not fit a picture ${formatShape(x.shape)}`,
    );
  }
  checkBias(options.bias, filters, "ConvTranspose");
  const along = (length: Dimension, axis: 0 | 1, kernel: number): Dimension => {
    const fixed =
      dilations[axis] * (kernel - 1) + 1 - pads[axis] - pads[axis + 2]! + outputPadding[axis];
    return typeof length === "number"
      ? (length - 1) * strides[axis] + fixed
      : `(${length}-1)*${strides[axis]}+${fixed}`;
  };
  const shape = [batch, filters, along(height, 0, kernelHeight), along(width, 1, kernelWidth)];
  return x.graph.emitOne(
    "ConvTranspose",
    options.bias ? [x, weight, options.bias] : [x, weight],
    {
      kernel_shape: { ints: [kernelHeight, kernelWidth] },
      strides: { ints: strides },
      pads: { ints: pads },
      dilations: { ints: dilations },
      output_padding: { ints: outputPadding },
    },
    { type: x.type, shape },
  );
}

type Quad = [number, number, number, number];
type Pair = readonly [number, number];

function geometry(options: ConvolutionOptions): {
  strides: Pair;
  pads: readonly [number, number, number, number];
  dilations: Pair;
} {
  const { stride = 1, padding = 0, dilation = 1 } = options;
  const pads =
    typeof padding === "number" ? ([padding, padding, padding, padding] as const) : padding;
  return { strides: [stride, stride], pads, dilations: [dilation, dilation] };
}

function fourAxes(
  { shape }: Value,
  operator: string,
): [Dimension, Dimension, Dimension, Dimension] {
  if (shape.length !== 4) {
    throw new GraphError(`${operator}: expected [N, C, H, W] but received ${formatShape(shape)}`);
  }
  return shape as unknown as [Dimension, Dimension, Dimension, Dimension];
}

function checkBias(bias: Value | undefined, filters: number, operator: string): void {
  if (bias && (bias.shape.length !== 1 || bias.shape[0] !== filters)) {
    throw new GraphError(
      `${operator}: expected a bias of shape [${filters}] but received ${formatShape(bias.shape)}`,
    );
  }
}

/** Length after sliding a window: `floor((length + pads - reach) / stride) + 1`. */
export function convolvedLength(
  length: Dimension,
  kernel: number,
  stride: number,
  padBefore: number,
  padAfter: number,
  dilation: number,
): Dimension {
  const added = padBefore + padAfter - (dilation * (kernel - 1) + 1);
  if (typeof length === "string") {
    if (stride === 1) return added === -1 ? length : `${length}${signed(added + 1)}`;
    // floor((L - 1) / s) + 1 = ceil(L / s): what padding that keeps the size at stride 1 comes to.
    return added === -1
      ? `ceil(${length}/${stride})`
      : `floor((${length}${signed(added)})/${stride})+1`;
  }
  const result = Math.floor((length + added) / stride) + 1;
  if (result < 1) {
    throw new GraphError(`A window of ${kernel} taps does not fit into a length of ${length}`);
  }
  return result;
}

function signed(number: number): string {
  return number < 0 ? `${number}` : `+${number}`;
}

function nodeGeometry(node: Node): ConvolutionGeometry {
  return {
    strides: intsAttribute(node, "strides") as Pair,
    pads: intsAttribute(node, "pads") as Quad,
    dilations: intsAttribute(node, "dilations") as Pair,
  };
}

export const convolutionGradient: GradientRule = (context) => {
  const { node, needed } = context;
  const [x, weight, bias] = node.inputs as [Value, Value, Value | undefined];
  const dY = context.outputGradients[0]!;
  return [
    needed[0] ? convolutionInputGradient(dY, x, weight, nodeGeometry(node)) : undefined,
    needed[1] ? convolutionWeightGradient(x, dY, weight.shape, nodeGeometry(node)) : undefined,
    bias && needed[2] ? reduceSum(dY, [0, 2, 3]) : undefined,
  ];
};

/** d loss / d x of `convolution(x, weight)`, in the shape of `x`. */
export function convolutionInputGradient(
  dY: Value,
  x: Value,
  weight: Value,
  { strides, pads, dilations }: ConvolutionGeometry,
): Value {
  const purpose = "The gradient of Conv";
  const [, , kernelHeight, kernelWidth] = staticShape(weight.shape, purpose) as Quad;
  const reach: Pair = [dilations[0] * (kernelHeight - 1), dilations[1] * (kernelWidth - 1)];
  const flipped = pads.map((side, index) => reach[index % 2]! - side) as Quad;
  if (strides[0] === 1 && strides[1] === 1 && flipped.every((side) => side >= 0)) {
    // A convolution with the kernel turned by 180 degrees and its channels swapped: faster than
    // ConvTranspose on every engine measured.
    const turned = kernelHeight === 1 && kernelWidth === 1 ? weight : flip(weight, [2, 3]);
    return convolution(dY, transpose(turned, [1, 0, 2, 3]), {
      padding: flipped,
      dilation: dilations[0],
    });
  }
  const [, , height, width] = staticShape(x.shape, purpose) as Quad;
  const [, , outHeight, outWidth] = staticShape(dY.shape, purpose) as Quad;
  const missing = (axis: 0 | 1, length: number, outLength: number) =>
    length - ((outLength - 1) * strides[axis] + reach[axis] + 1 - pads[axis] - pads[axis + 2]!);
  return transposedConvolution(dY, weight, {
    stride: strides[0],
    padding: pads,
    dilation: dilations[0],
    outputPadding: [missing(0, height, outHeight), missing(1, width, outWidth)],
  });
}

export const transposedConvolutionGradient: GradientRule = (context: GradientContext) => {
  const { node, needed } = context;
  const [x, weight, bias] = node.inputs as [Value, Value, Value | undefined];
  const dY = context.outputGradients[0]!;
  const { strides, pads, dilations } = nodeGeometry(node);
  return [
    needed[0]
      ? convolution(dY, weight, { stride: strides[0], padding: pads, dilation: dilations[0] })
      : undefined,
    // The roles of input and output swap: the weight is that of the convolution dY -> x.
    needed[1]
      ? convolutionWeightGradient(dY, x, weight.shape, { strides, pads, dilations })
      : undefined,
    bias && needed[2] ? reduceSum(dY, [0, 2, 3]) : undefined,
  ];
};
