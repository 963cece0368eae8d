// 3x3 convolutions of pictures of any size with fewer multiplications: minimal filtering
// (graph/operators/minimal-filtering.ts), by which a tile of 4x4 results takes 36 products in place
// of 144. The transforms are depthwise convolutions and small matrix products, the products a grouped
// 1x1 convolution: operators that ONNX Runtime's CPU kernels run in their blocked layout with all
// cores. (For sizes that are known, graph/operators/winograd-convolution.ts is shorter and has
// gradients.)

import type { Value } from "../../../graph/graph.js";
import {
  concat,
  filteringAlgorithm,
  gemm,
  matMul,
  reshape,
  transpose,
} from "../../../graph/operators/index.js";
import { channelsLast } from "./channels-last.js";
import { groupedConvolution } from "./grouped-convolution.js";
import { channelsLastShape, type Resolution } from "./resolution.js";

const { samples, filter, results: resultsOfTile } = filteringAlgorithm("same");
/** Results along each side of a tile. */
const RESULTS = resultsOfTile.length;
/** Input pixels along each side of a tile, and as many products. */
const TAPS = samples.length;

/**
 * Convolution with stride 1 and a padding of 1 pixel, without a bias.
 *
 * @param x `[N, C, H, W]`, any H and W
 * @param filters `[36 O, C, 1, 1]`, from {@link transformedFilters}
 * @returns `[N, H, W, O]`
 */
export function winogradConvolutionOfAnySize(
  x: Value,
  filters: Value,
  { sides, tiled }: Resolution,
): Value {
  const graph = x.graph;
  const [batch, , height, width] = x.shape;
  const channels = (filters.shape[0] as number) / TAPS ** 2;
  const factors = alongColumns(alongRows(x));
  const products = channelsLast(groupedConvolution(factors, filters, TAPS ** 2));
  const [, rows, columns] = products.shape;
  const grouped = graph.emitOne(
    "Reshape",
    [products, graph.integers([0, 0, 0, TAPS ** 2, channels])],
    {},
    { type: x.type, shape: [batch!, rows!, columns!, TAPS ** 2, channels] },
  );
  const results = matMul(outputMatrix(x), grouped);
  const tiles = graph.emitOne(
    "Reshape",
    [results, graph.integers([0, 0, 0, RESULTS, RESULTS * channels])],
    {},
    { type: x.type, shape: [batch!, rows!, columns!, RESULTS, RESULTS * channels] },
  );
  const picture = graph.emitOne(
    "Reshape",
    [transpose(tiles, [0, 1, 3, 2, 4]), channelsLastShape(tiled, channels)],
    {},
    { type: x.type, shape: [batch!, `4*${rows}`, `4*${columns}`, channels] },
  );
  // The last tiles may reach beyond the picture.
  return graph.emitOne(
    "Slice",
    [picture, graph.integers([0, 0]), sides, graph.integers([1, 2])],
    {},
    { type: x.type, shape: [batch!, height!, width!, channels] },
  );
}

/** `[O, C, 3, 3] -> [36 O, C, 1, 1]`; the column of a factor changes slower than its row. */
export function transformedFilters(weight: Value): Value {
  const [outputs, inputs] = weight.shape as [number, number];
  const matrix = weight.graph.constant(
    "float32",
    [TAPS ** 2, 9],
    Float32Array.from(
      filter.flatMap((column) =>
        filter.flatMap((row) => row.flatMap((a) => column.map((b) => a * b))),
      ),
    ),
  );
  const flat = reshape(weight, [outputs * inputs, 9]);
  return reshape(gemm(matrix, flat, undefined, { transposeB: true }), [
    TAPS ** 2 * outputs,
    inputs,
    1,
    1,
  ]);
}

/** `[N, C, H, W] -> [N, 6 C, H/4, W]`: the input transform along each column of tiles' pixels. */
function alongRows(x: Value): Value {
  return concat(
    samples.map((taps) => depthwise(x, taps, [TAPS, 1])),
    1,
  );
}

/** `[N, C, H, W] -> [N, 6 C, H, W/4]` */
function alongColumns(x: Value): Value {
  return concat(
    samples.map((taps) => depthwise(x, taps, [1, TAPS])),
    1,
  );
}

/** The same taps for every channel, at every fourth pixel, from one pixel outside on. */
function depthwise(x: Value, taps: readonly number[], kernel: readonly [number, number]): Value {
  const channels = x.shape[1] as number;
  const weight = x.graph.constant(
    "float32",
    [channels, 1, ...kernel],
    Float32Array.from({ length: channels * TAPS }, (_, index) => taps[index % TAPS]!),
  );
  const down = kernel[0] === TAPS;
  // Padding at the end: as many tiles as begin inside the picture.
  return groupedConvolution(x, weight, channels, {
    strides: down ? [RESULTS, 1] : [1, RESULTS],
    pads: down ? [1, 0, RESULTS, 0] : [0, 1, 0, RESULTS],
  });
}

/** `[16, 36]`: the output transform of both axes. */
function outputMatrix({ graph }: Value): Value {
  return graph.constant(
    "float32",
    [RESULTS ** 2, TAPS ** 2],
    Float32Array.from(
      resultsOfTile.flatMap((row) =>
        resultsOfTile.flatMap((column) => column.flatMap((b) => row.map((a) => a * b))),
      ),
    ),
  );
}
