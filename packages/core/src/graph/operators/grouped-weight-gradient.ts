// d loss / d weight of a convolution in groups, above all a depthwise one. The matrix products of
// ./convolution-weight-gradient.ts would be too thin here.

import { type Shape, staticShape, type Value } from "../graph.js";
import {
  bandedWeightGradient,
  bandsPay,
  type DepthwiseLayer,
  depthwiseLayer,
} from "./banded-depthwise-gradient.js";
import { convolution } from "./convolution.js";
import type { ConvolutionGeometry } from "./convolution-weight-gradient.js";
import { concat, pad, reshape, slice, transpose } from "./layout.js";
import { matMul, transposeLastTwo } from "./matrix.js";
import { reduceSum } from "./reduction.js";

type Quad = [number, number, number, number];

/**
 * @param x input `[N, C_in, H, W]`
 * @param dY gradient of the output `[N, C_out, H', W']`
 * @param weightShape `[C_out, C_in / groups, kh, kw]`
 * @returns gradient of the weight, in its shape
 */
export function groupedWeightGradient(
  x: Value,
  dY: Value,
  weightShape: Shape,
  geometry: ConvolutionGeometry & { readonly groups: number },
): Value {
  const layer = depthwiseLayer(x.shape, dY.shape, weightShape, geometry);
  if (layer && bandsPay(layer)) return bandedWeightGradient(x, dY, layer);
  const tile = layer && tileWidth(layer);
  if (layer && tile) return fromRowsOfTiles(x, dY, layer, tile);
  return fromPicturesAsKernels(x, dY, weightShape, geometry);
}

/**
 * One convolution in `N groups` groups whose kernels are the output gradients; stride and dilation
 * change places. Every input channel of a group is a picture of its own.
 */
function fromPicturesAsKernels(
  x: Value,
  dY: Value,
  weightShape: Shape,
  { pads, strides, dilations, groups }: ConvolutionGeometry & { readonly groups: number },
): Value {
  const purpose = "The gradient of Conv";
  const [batch, , height, width] = staticShape(x.shape, purpose) as Quad;
  const [, outputs, outputHeight, outputWidth] = staticShape(dY.shape, purpose) as Quad;
  const [, depth, kernelHeight, kernelWidth] = staticShape(weightShape, purpose) as Quad;
  const byGroup = reshape(x, [batch * groups, depth, height, width]);
  const pictures =
    depth === 1 ? reshape(x, [1, batch * groups, height, width]) : transpose(byGroup, [1, 0, 2, 3]);
  const kernels = reshape(dY, [batch * outputs, 1, outputHeight, outputWidth]);
  const all = convolution(pictures, kernels, {
    padding: pads,
    stride: dilations[0],
    dilation: strides[0],
    groups: batch * groups,
  });
  // Windows at a stride may leave a remainder of the picture, which taps beyond the kernel see.
  const taps = slice(all, [
    { axis: 2, start: 0, length: kernelHeight },
    { axis: 3, start: 0, length: kernelWidth },
  ]);
  const byPicture = reshape(taps, [depth, batch, outputs, kernelHeight, kernelWidth]);
  return transpose(reduceSum(byPicture, [1]), [1, 0, 2, 3]);
}

/**
 * Width of the tiles of {@link fromRowsOfTiles}, a divisor of the output's width near 16; undefined
 * where it does not pay. Processor time in milliseconds, 32 pictures, 3x3, with pictures as kernels
 * and with rows of tiles of 8, 16, 32: 64x64x24: 39 and 25, 23, 24; 32x32x96: 39 and 22, 20, 24;
 * 16x16x192: 20 and 12, 10; at stride 2, 64x64x48: 19 and 42, 29, 31; 32x32x96: 10 and 13, 10.
 */
function tileWidth({ output, geometry }: DepthwiseLayer): number | undefined {
  if (geometry.strides.some((stride) => stride !== 1)) return undefined;
  const distance = (width: number) => Math.abs(Math.log2(width / 16));
  return Array.from({ length: 25 }, (_, index) => index + 8)
    .filter((width) => output[1] % width === 0)
    .sort((a, b) => distance(a) - distance(b))[0];
}

/**
 * A product for each row of taps, over all rows of tiles of a channel: `P[seen, x]` sums what column
 * `seen` of the input's tiles and column `x` of the output gradient's have in common. The tap `v`
 * is the sum of the diagonal `seen = x + dilation v`. Stride 1.
 */
function fromRowsOfTiles(x: Value, dY: Value, layer: DepthwiseLayer, tile: number): Value {
  const { batch, channels, kernel, output, geometry } = layer;
  const { pads, dilations } = geometry;
  const tiles = output[1] / tile;
  const seen = tile + (kernel[1] - 1) * dilations[1];
  const rows = batch * output[0] * tiles;
  const padded = pad(x, [0, 0, pads[0], pads[1]], [0, 0, pads[2], pads[3]]);
  const channelsFirst = transpose(padded, [1, 0, 2, 3]);
  const overlapping = concat(
    Array.from({ length: tiles }, (_, index) =>
      slice(channelsFirst, [{ axis: 3, start: index * tile, length: seen }]),
    ),
    3,
  );
  const outputTiles = reshape(transpose(dY, [1, 0, 2, 3]), [channels, rows, tile]);
  const diagonals = diagonalSums(x, seen, tile, kernel[1], dilations[1]);
  const taps = Array.from({ length: kernel[0] }, (_, u) => {
    const window = slice(overlapping, [{ axis: 2, start: u * dilations[0], length: output[0] }]);
    const products = matMul(transposeLastTwo(reshape(window, [channels, rows, seen])), outputTiles);
    return matMul(reshape(products, [channels, seen * tile]), diagonals);
  });
  return reshape(concat(taps, 1), [channels, 1, ...kernel]);
}

/** `[seen tile, kw]` of 0 and 1. */
function diagonalSums(
  { graph }: Value,
  seen: number,
  tile: number,
  taps: number,
  dilation: number,
): Value {
  const sums = new Float32Array(seen * tile * taps);
  for (let x = 0; x < tile; x++) {
    for (let v = 0; v < taps; v++) sums[((x + v * dilation) * tile + x) * taps + v] = 1;
  }
  return graph.constant("float32", [seen * tile, taps], sums);
}
