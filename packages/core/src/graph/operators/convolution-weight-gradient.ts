// d loss / d weight of a convolution:
//   dW[o, i, u, v] = sum over n, y, x of dY[n, o, y, x] * P[n, i, stride y + dilation u, stride x + dilation v]
// with P the padded input. ONNX has no operator for it. Here it is a matrix product for each
// picture, over the picture's pixels in the order in which they lie in memory, summed over the
// batch. What costs is the shifted copies that the kh kw taps look at; each form below needs the
// fewest for some layers.

import { type Shape, staticShape, type Value } from "../graph.js";
import { groupedWeightGradient } from "./grouped-weight-gradient.js";
import { concat, gather, pad, reshape, slice, transpose } from "./layout.js";
import { matMul } from "./matrix.js";
import { reduceSum } from "./reduction.js";

/** How a window slides. */
export interface ConvolutionGeometry {
  readonly strides: readonly [number, number];
  /** [top, left, bottom, right] */
  readonly pads: readonly [number, number, number, number];
  readonly dilations: readonly [number, number];
  /** Default 1. */
  readonly groups?: number;
}

interface Layer extends ConvolutionGeometry {
  readonly batch: number;
  readonly inputChannels: number;
  readonly outputChannels: number;
  readonly kernel: readonly [number, number];
  readonly height: number;
  readonly width: number;
  readonly outputHeight: number;
  readonly outputWidth: number;
}

/**
 * @param x input `[N, C_in, H, W]`
 * @param dY gradient of the output `[N, C_out, H', W']`
 * @param weightShape `[C_out, C_in / groups, kh, kw]`
 * @returns gradient of the weight, in its shape
 */
export function convolutionWeightGradient(
  x: Value,
  dY: Value,
  weightShape: Shape,
  geometry: ConvolutionGeometry,
): Value {
  const { groups = 1 } = geometry;
  if (groups !== 1) return groupedWeightGradient(x, dY, weightShape, { ...geometry, groups });
  const purpose = "The gradient of Conv";
  const [batch, inputChannels, height, width] = staticShape(x.shape, purpose) as Quad;
  const [, outputChannels, outputHeight, outputWidth] = staticShape(dY.shape, purpose) as Quad;
  const [, , kernelHeight, kernelWidth] = staticShape(weightShape, purpose) as Quad;
  const layer: Layer = {
    ...geometry,
    batch,
    inputChannels,
    outputChannels,
    kernel: [kernelHeight, kernelWidth],
    height,
    width,
    outputHeight,
    outputWidth,
  };
  // What each form copies, in planes of the output's size.
  const phases = Math.min(geometry.strides[1], kernelWidth);
  const shiftedInputs = kernelHeight * kernelWidth * inputChannels;
  const shiftedOutputs = kernelHeight * kernelWidth * outputChannels;
  const rowsAndColumns =
    kernelHeight * phases * inputChannels + (kernelWidth - phases) * outputChannels;
  const strided = geometry.strides[0] !== 1 || geometry.strides[1] !== 1;
  if (shiftedInputs <= rowsAndColumns) return fromShiftedInputs(x, dY, layer);
  if (shiftedOutputs <= rowsAndColumns && !strided) return fromShiftedOutputs(x, dY, layer);
  return fromRowsAndColumns(x, dY, layer);
}

type Quad = [number, number, number, number];

/** The input seen by every tap, below each other: for 1x1 kernels and few input channels. */
function fromShiftedInputs(x: Value, dY: Value, layer: Layer): Value {
  const { inputChannels, outputChannels, kernel, strides, dilations, pads } = layer;
  const [top, left, bottom, right] = pads;
  const padded = pad(x, [0, 0, top, left], [0, 0, bottom, right]);
  const windows = forEachTap(layer, (u, v) =>
    slice(padded, [
      { axis: 2, start: u * dilations[0], length: layer.outputHeight, step: strides[0] },
      { axis: 3, start: v * dilations[1], length: layer.outputWidth, step: strides[1] },
    ]),
  );
  const seen = concat(windows, 1);
  const taps = kernel[0] * kernel[1];
  const product =
    taps === 1 && joiningPays(layer)
      ? productOverPixels(belowEachOther(dY), belowEachOther(seen))
      : productOverPixels(dY, seen);
  const ordered = transpose(reshape(product, [outputChannels, taps, inputChannels]), [0, 2, 1]);
  return reshape(ordered, [outputChannels, inputChannels, ...kernel]);
}

/** The output gradient moved to where every tap looked, stride 1: for few output channels. */
function fromShiftedOutputs(x: Value, dY: Value, layer: Layer): Value {
  const { inputChannels, outputChannels, kernel, dilations, pads } = layer;
  const moved = forEachTap(layer, (u, v) => {
    const [down, right] = [u * dilations[0] - pads[0], v * dilations[1] - pads[1]];
    return shift(shift(dY, 2, down, layer.height), 3, right, layer.width);
  });
  const product = productOverPixels(concat(moved, 1), x);
  const taps = kernel[0] * kernel[1];
  const ordered = transpose(reshape(product, [taps, outputChannels * inputChannels]), [1, 0]);
  return reshape(ordered, [outputChannels, inputChannels, ...kernel]);
}

/**
 * Rows shifted on the input's side and columns on the output's: about kh + kw copies serve kh kw
 * taps.
 */
function fromRowsAndColumns(x: Value, dY: Value, layer: Layer): Value {
  const { inputChannels, outputChannels, kernel, strides, dilations, pads } = layer;
  const joined = joiningPays(layer);
  const padded = pad(x, [0, 0, pads[0], 0], [0, 0, pads[2], 0]);
  const input = joined ? belowEachOther(padded) : padded;
  const output = joined ? belowEachOther(dY) : dY;
  const rows = rowsOfTaps(layer, joined ? layer.batch : 1);
  /** By phase `[N, C_in kh, H', columns]`: taps at equal columns modulo the stride share it. */
  const shiftedRows = new Map<number, Value>();
  const products: Value[] = [];
  for (let v = 0; v < kernel[1]; v++) {
    // Output column x looks at input column stride (x + offset) + phase.
    const column = v * dilations[1] - pads[1];
    const offset = Math.floor(column / strides[1]);
    const phase = column - offset * strides[1];
    const columns = Math.ceil((layer.width - phase) / strides[1]);
    const columnsOfPhase = () =>
      slice(input, [{ axis: 3, start: phase, length: columns, step: strides[1] }]);
    const seen = shiftedRows.get(phase) ?? splitRows(gather(columnsOfPhase(), rows, 2), kernel[0]);
    shiftedRows.set(phase, seen);
    products.push(productOverPixels(shift(output, 3, offset, columns), seen));
  }
  const stacked = concat(products, 0);
  const ordered = transpose(
    reshape(stacked, [kernel[1], outputChannels * inputChannels * kernel[0]]),
    [1, 0],
  );
  return reshape(ordered, [outputChannels, inputChannels, ...kernel]);
}

/**
 * Whether to lay the pictures below each other, which copies input and output gradient, instead of
 * writing a product for each picture and adding them up.
 */
function joiningPays(layer: Layer): boolean {
  const { inputChannels, outputChannels, kernel } = layer;
  const product = outputChannels * inputChannels * kernel[0] * kernel[1];
  const picture =
    inputChannels * layer.height * layer.width +
    outputChannels * layer.outputHeight * layer.outputWidth;
  return product > picture;
}

/** For each tap row and output row, the row of the padded input it looks at. */
function rowsOfTaps(layer: Layer, pictures: number): number[] {
  const { kernel, pads, strides, dilations, outputHeight } = layer;
  const paddedHeight = layer.height + pads[0] + pads[2];
  const rows: number[] = [];
  for (let u = 0; u < kernel[0]; u++) {
    for (let picture = 0; picture < pictures; picture++) {
      for (let y = 0; y < outputHeight; y++) {
        rows.push(picture * paddedHeight + y * strides[0] + u * dilations[0]);
      }
    }
  }
  return rows;
}

/** Element `i` of the result is element `i - offset` along `axis`, zero where there is none. */
function shift(x: Value, axis: number, offset: number, length: number): Value {
  const along = (count: number) => x.shape.map((_, index) => (index === axis ? count : 0));
  return pad(x, along(offset), along(length - (x.shape[axis] as number) - offset));
}

/** `[N, C, H, W] -> [1, C, N H, W]` */
function belowEachOther(pictures: Value): Value {
  const [batch, channels, height, width] = pictures.shape as Quad;
  return reshape(transpose(pictures, [1, 0, 2, 3]), [1, channels, batch * height, width]);
}

/** `[N, C, parts H, W] -> [N, C parts, H, W]`; the memory stays as it is. */
function splitRows(x: Value, parts: number): Value {
  const [batch, channels, height, width] = x.shape as Quad;
  return reshape(x, [batch, channels * parts, height / parts, width]);
}

/** `a [N, A, H, W]`, `b [N, B, H, W]` -> sum over pictures and pixels of `a b^T`, `[A, B]`. */
function productOverPixels(a: Value, b: Value): Value {
  const matrix = (x: Value) => {
    const [batch, channels, height, width] = x.shape as Quad;
    return reshape(x, [batch, channels, height * width]);
  };
  // ONNX Runtime takes the transposition into the product.
  return reduceSum(matMul(matrix(a), transpose(matrix(b), [0, 2, 1])), [0]);
}

function forEachTap({ kernel }: Layer, make: (u: number, v: number) => Value): Value[] {
  const taps: Value[] = [];
  for (let u = 0; u < kernel[0]; u++) for (let v = 0; v < kernel[1]; v++) taps.push(make(u, v));
  return taps;
}
