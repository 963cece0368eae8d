// Conv and ConvTranspose in two dimensions, NCHW.

import { type Dimension, formatShape, GraphError, staticShape, type Value } from "../graph.js";

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
  /**
   * Channels fall into so many groups, in order, that do not mix; as many groups as channels make a
   * depthwise convolution. Default 1.
   */
  readonly groups?: number;
}

export interface TransposedConvolutionOptions extends ConvolutionOptions {
  /** Pixels added at the bottom and right of the output; less than the stride. Default [0, 0]. */
  readonly outputPadding?: readonly [number, number];
}

/**
 * Cross-correlation: `x [N, C_in, H, W]`, `weight [C_out, C_in / groups, kh, kw]` ->
 * `[N, C_out, H', W']`.
 */
export function convolution(x: Value, weight: Value, options: ConvolutionOptions = {}): Value {
  const { strides, pads, dilations, groups } = geometry(options);
  const [batch, channels, height, width] = fourAxes(x, "Conv");
  const [filters, depth, kernelHeight, kernelWidth] = staticShape(weight.shape, "Conv") as Quad;
  checkGroups(groups, filters, "Conv");
  if (weight.shape.length !== 4 || depth * groups !== channels) {
    throw new GraphError(
      `Conv: weights ${formatShape(weight.shape)} do not fit a picture ${formatShape(x.shape)}${inGroups(groups)}`,
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
      ...(groups === 1 ? {} : { group: { int: groups } }),
    },
    { type: x.type, shape },
  );
}

/**
 * The adjoint of `convolution` (fractionally strided convolution): `x [N, C_in, H, W]`,
 * `weight [C_in, C_out / groups, kh, kw]` -> `[N, C_out, H', W']` with
 * `H' = (H - 1) stride + dilation (kh - 1) + 1 - padding + outputPadding`.
 */
export function transposedConvolution(
  x: Value,
  weight: Value,
  options: TransposedConvolutionOptions = {},
): Value {
  const { strides, pads, dilations, groups } = geometry(options);
  const outputPadding = options.outputPadding ?? [0, 0];
  const [batch, channels, height, width] = fourAxes(x, "ConvTranspose");
  const [depth, filtersOfGroup, kernelHeight, kernelWidth] = staticShape(
    weight.shape,
    "ConvTranspose",
  ) as Quad;
  const filters = filtersOfGroup * groups;
  checkGroups(groups, depth, "ConvTranspose");
  if (weight.shape.length !== 4 || depth !== channels) {
    throw new GraphError(
      `ConvTranspose: weights ${formatShape(weight.shape)} do not fit a picture ${formatShape(x.shape)}${inGroups(groups)}`,
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
      ...(groups === 1 ? {} : { group: { int: groups } }),
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
  groups: number;
} {
  const { stride = 1, padding = 0, dilation = 1, groups = 1 } = options;
  const pads =
    typeof padding === "number" ? ([padding, padding, padding, padding] as const) : padding;
  return { strides: [stride, stride], pads, dilations: [dilation, dilation], groups };
}

function checkGroups(groups: number, channels: number, operator: string): void {
  if (!Number.isInteger(groups) || groups < 1 || channels % groups !== 0) {
    throw new GraphError(
      `${operator}: ${channels} channels do not fall into ${groups} equal groups`,
    );
  }
}

function inGroups(groups: number): string {
  return groups === 1 ? "" : ` in ${groups} groups`;
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
    if (added === -1) return `ceil(${length}/${stride})`;
    // What the padding comes to that TensorFlow calls "same", of an even length at stride 2.
    return added === -stride
      ? `floor(${length}/${stride})`
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
