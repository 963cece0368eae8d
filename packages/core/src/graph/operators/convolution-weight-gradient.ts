// d loss / d weight of a convolution:
//   dW[o, i, u, v] = sum over n, y, x of dY[n, o, y, x] * P[n, i, stride y + dilation u, stride x + dilation v]
// with P the padded input. ONNX has no operator for it; every form below is a matrix product whose
// long reduction axis is "all pixels of the batch". Which form is fastest depends on the layer.

import { type Shape, staticShape, type Value } from "../graph.js";
import { concat, pad, reshape, slice, transpose } from "./layout.js";
import { gemm, matMul } from "./matrix.js";

export interface WeightGradientGeometry {
  readonly strides: readonly [number, number];
  /** [top, left, bottom, right] */
  readonly pads: readonly [number, number, number, number];
  readonly dilations: readonly [number, number];
}

interface Layer extends WeightGradientGeometry {
  readonly batch: number;
  readonly inputChannels: number;
  readonly outputChannels: number;
  readonly kernel: readonly [number, number];
  readonly paddedHeight: number;
  readonly paddedWidth: number;
  readonly outputHeight: number;
  readonly outputWidth: number;
}

/**
 * @param x input `[N, C_in, H, W]`
 * @param dY gradient of the output `[N, C_out, H', W']`
 * @param weightShape `[C_out, C_in, kh, kw]`
 * @returns gradient of the weight, in its shape
 */
export function convolutionWeightGradient(
  x: Value,
  dY: Value,
  weightShape: Shape,
  geometry: WeightGradientGeometry,
): Value {
  const purpose = "The gradient of Conv";
  const [batch, inputChannels, height, width] = staticShape(x.shape, purpose) as Quad;
  const [, outputChannels, outputHeight, outputWidth] = staticShape(dY.shape, purpose) as Quad;
  const [, , kernelHeight, kernelWidth] = staticShape(weightShape, purpose) as Quad;
  const [top, left, bottom, right] = geometry.pads;
  const layer: Layer = {
    ...geometry,
    batch,
    inputChannels,
    outputChannels,
    kernel: [kernelHeight, kernelWidth],
    paddedHeight: height + top + bottom,
    paddedWidth: width + left + right,
    outputHeight,
    outputWidth,
  };
  const padded = pad(x, [0, 0, top, left], [0, 0, bottom, right]);
  if (kernelHeight * kernelWidth === 1 && geometry.strides[0] === 1) {
    return pointwise(padded, dY, layer);
  }
  const strided = geometry.strides[0] !== 1 || geometry.strides[1] !== 1;
  const gridRatio =
    (layer.paddedHeight * layer.paddedWidth) / (layer.outputHeight * layer.outputWidth);
  if (!strided && gridRatio < MAXIMUM_GRID_RATIO) return flattenedGrid(padded, dY, layer);
  return shiftedWindows(padded, dY, layer);
}

type Quad = [number, number, number, number];

/** Above this share of padding in the grid, `flattenedGrid` wastes more than it saves. */
const MAXIMUM_GRID_RATIO = 1.3;
/** Up to this many channels, the taps are stacked into one product instead of one product each. */
const STACKED_CHANNELS = 16;

/** `[N, C, H, W] -> [C, N H W]` */
function channelRows(x: Value, channels: number, pixels: number): Value {
  return reshape(transpose(x, [1, 0, 2, 3]), [channels, pixels]);
}

function pointwise(x: Value, dY: Value, layer: Layer): Value {
  const pixels = layer.batch * layer.outputHeight * layer.outputWidth;
  const product = gemm(
    channelRows(dY, layer.outputChannels, pixels),
    channelRows(x, layer.inputChannels, pixels),
    undefined,
    { transposeB: true },
  );
  return reshape(product, [layer.outputChannels, layer.inputChannels, 1, 1]);
}

/**
 * Stride 1. Input and output gradient are laid on the same padded grid, flattened: then each tap
 * is a plain offset, and its shifted input a contiguous run of each channel's row.
 */
function flattenedGrid(padded: Value, dY: Value, layer: Layer): Value {
  const { batch, inputChannels, outputChannels, kernel, dilations } = layer;
  const { paddedHeight, paddedWidth, outputHeight, outputWidth } = layer;
  const pixels = batch * paddedHeight * paddedWidth;
  const onGrid = pad(
    dY,
    [0, 0, 0, 0],
    [0, 0, paddedHeight - outputHeight, paddedWidth - outputWidth],
  );
  const input = channelRows(padded, inputChannels, pixels);
  const output = channelRows(onGrid, outputChannels, pixels);
  const offsets: number[] = [];
  for (let u = 0; u < kernel[0]; u++) {
    for (let v = 0; v < kernel[1]; v++) {
      offsets.push(u * dilations[0] * paddedWidth + v * dilations[1]);
    }
  }
  // The last rows of the grid hold no output: leaving out as many as the farthest tap reaches
  // keeps every shifted run inside the grid.
  const reach = Math.max(...offsets);
  const length = pixels - reach;
  const run = (x: Value, start: number) => slice(x, [{ axis: 1, start, length }]);
  if (Math.min(inputChannels, outputChannels) <= STACKED_CHANNELS) {
    if (inputChannels <= outputChannels) {
      const stacked = concat(
        offsets.map((offset) => run(input, offset)),
        0,
      );
      const product = gemm(run(output, 0), stacked, undefined, { transposeB: true });
      return transpose(reshape(product, [outputChannels, ...kernel, inputChannels]), [0, 3, 1, 2]);
    }
    // Fewer outputs than inputs: shift the output instead. With q = p + offset the sum runs over
    // dY[q - offset] P[q]; zeros in front of the output stand for q < offset.
    const delayed = pad(output, [0, reach], [0, 0]);
    const shifted = (offset: number) =>
      slice(delayed, [{ axis: 1, start: reach - offset, length: pixels }]);
    const product = gemm(concat(offsets.map(shifted), 0), input, undefined, { transposeB: true });
    return transpose(reshape(product, [...kernel, outputChannels, inputChannels]), [2, 3, 0, 1]);
  }
  // Channels last, a shifted run is one contiguous block.
  const rows = reshape(transpose(padded, [0, 2, 3, 1]), [pixels, inputChannels]);
  const output0 = run(output, 0);
  const taps = offsets.map((offset) =>
    matMul(output0, slice(rows, [{ axis: 0, start: offset, length }])),
  );
  return stackTaps(taps, layer);
}

/** Any stride: one strided window of the channels-last input for each tap. */
function shiftedWindows(padded: Value, dY: Value, layer: Layer): Value {
  const { batch, inputChannels, outputChannels, kernel, strides, dilations } = layer;
  const { outputHeight, outputWidth } = layer;
  const pixels = batch * outputHeight * outputWidth;
  const output = channelRows(dY, outputChannels, pixels);
  const channelsLast = transpose(padded, [0, 2, 3, 1]);
  const windows: Value[] = [];
  for (let u = 0; u < kernel[0]; u++) {
    for (let v = 0; v < kernel[1]; v++) {
      const window = slice(channelsLast, [
        { axis: 1, start: u * dilations[0], length: outputHeight, step: strides[0] },
        { axis: 2, start: v * dilations[1], length: outputWidth, step: strides[1] },
      ]);
      windows.push(reshape(window, [pixels, inputChannels]));
    }
  }
  if (inputChannels <= STACKED_CHANNELS) {
    const product = matMul(output, concat(windows, 1));
    return transpose(reshape(product, [outputChannels, ...kernel, inputChannels]), [0, 3, 1, 2]);
  }
  return stackTaps(
    windows.map((window) => matMul(output, window)),
    layer,
  );
}

/** kh kw matrices `[C_out, C_in]` -> `[C_out, C_in, kh, kw]` */
function stackTaps(taps: readonly Value[], layer: Layer): Value {
  const { outputChannels, inputChannels, kernel } = layer;
  const stacked = reshape(concat(taps, 0), [...kernel, outputChannels, inputChannels]);
  return transpose(stacked, [2, 3, 0, 1]);
}
