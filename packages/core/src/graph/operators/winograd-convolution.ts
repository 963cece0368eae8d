// 3x3 convolutions, and their gradients, with fewer multiplications: minimal filtering along both
// axes of tiles of 4x4 results (./minimal-filtering.ts). Its transforms are products with small
// constant matrices over whole rows of tiles, which engines run at full speed where they are fed
// long rows: pictures and channels come last, `[H, W, N, C]`, while they last.
//
// Forward and backward pass are the same products with the matrices transposed: with V the tiles of
// the input, U those of the filters and M = V U^T those of the output,
//   dM = A^T dY A,  dV = dM U,  dU = dM^T V,
// and dX, dW are the adjoint transforms of dV, dU.

import { GraphError, staticShape, type Value } from "../graph.js";
import { reshape, transpose, unsqueeze } from "./layout.js";
import { gemm, matMul, transposeLastTwo } from "./matrix.js";
import {
  type FilteringAlgorithm,
  filteringAlgorithm,
  type Matrix,
  resultsOfAxis,
  type Sampling,
  samplesOfAxis,
  transposed,
} from "./minimal-filtering.js";
import { reduceSum } from "./reduction.js";

type Quad = [number, number, number, number];

/**
 * `convolution(x, weight, { padding: 1 })`, with a stride of 2 ("halved") or of
 * `resizeNearest(x)` ("doubled"), up to rounding: about 1e-6 of the result's standard deviation.
 *
 * @param x `[N, C_in, H, W]`, all lengths known
 * @param weight `[C_out, C_in, 3, 3]`
 * @returns `[N, C_out, H, W]`; with sides of `ceil(H / 2)` or `2 H`
 */
export function winogradConvolution(x: Value, weight: Value, sampling: Sampling = "same"): Value {
  const purpose = "A Winograd convolution";
  const [batch, inputs, height, width] = staticShape(x.shape, purpose) as Quad;
  const [outputs, depth, ...kernel] = staticShape(weight.shape, purpose) as Quad;
  if (kernel.join("x") !== "3x3" || depth !== inputs) {
    throw new GraphError(
      `${purpose}: expected weights [C_out, ${inputs}, 3, 3] but received [${weight.shape.join(", ")}]`,
    );
  }
  const algorithm = filteringAlgorithm(sampling);
  const rows = new Axis(algorithm, height, sampling);
  const columns = new Axis(algorithm, width, sampling);
  const { graph } = x;
  let inputTiles: Value;
  let filters: Value;
  const [output] = graph.composite(
    [x, weight],
    () => {
      inputTiles = toTiles(x, rows.samples, columns.samples, algorithm);
      filters = filterTiles(weight, algorithm);
      const products = matMul(inputTiles, transposeLastTwo(filters));
      return [fromTiles(products, rows.results, columns.results, batch)];
    },
    ([dY], needed) => {
      const tiles = toTiles(dY!, transposed(rows.results), transposed(columns.results), algorithm);
      return [
        needed[0]
          ? fromTiles(
              matMul(tiles, filters),
              transposed(rows.samples),
              transposed(columns.samples),
              batch,
            )
          : undefined,
        needed[1]
          ? filterGradient(sumOverTiles(tiles, inputTiles), outputs, inputs, algorithm)
          : undefined,
      ];
    },
  );
  return output!;
}

/** What a convolution of one picture costs by {@link winogradConvolution}, forward. */
export interface WinogradCost {
  /** Multiplications of the products of tiles. */
  readonly products: number;
  /** Multiplications of the transforms, zeros of their matrices included. */
  readonly transforms: number;
  /** Numbers that the transforms read or write. */
  readonly moved: number;
}

export function winogradCost(
  layer: {
    readonly inputs: number;
    readonly outputs: number;
    readonly height: number;
    readonly width: number;
  },
  sampling: Sampling,
): WinogradCost {
  const { inputs, outputs, height, width } = layer;
  const algorithm = filteringAlgorithm(sampling);
  const tiled = (length: number) =>
    tileCount(algorithm, convolvedLength(length, sampling)) * algorithm.samples.length;
  const [rows, columns] = [tiled(height), tiled(width)];
  const transforms = (channels: number, high: number, wide: number) =>
    channels * rows * wide * (high + columns);
  const moved = (channels: number, high: number, wide: number) =>
    channels * (high * wide + rows * wide + rows * columns);
  const high = convolvedLength(height, sampling);
  const wide = convolvedLength(width, sampling);
  return {
    products: rows * columns * inputs * outputs,
    transforms: transforms(inputs, height, width) + transforms(outputs, high, wide),
    moved: moved(inputs, height, width) + moved(outputs, high, wide),
  };
}

function convolvedLength(length: number, sampling: Sampling): number {
  if (sampling === "same") return length;
  return sampling === "halved" ? Math.ceil(length / 2) : 2 * length;
}

function tileCount(algorithm: FilteringAlgorithm, results: number): number {
  return Math.ceil(results / algorithm.results.length);
}

/** The transforms of all tiles along one axis. */
class Axis {
  /** `[products tiles, samples]` */
  readonly samples: Matrix;
  /** `[results, products tiles]` */
  readonly results: Matrix;

  constructor(algorithm: FilteringAlgorithm, samples: number, sampling: Sampling) {
    const results = convolvedLength(samples, sampling);
    const tiles = tileCount(algorithm, results);
    this.samples = samplesOfAxis(algorithm, samples, tiles);
    this.results = resultsOfAxis(algorithm, results, tiles);
  }
}

/** `[N, C, H, W] -> [products, tiles, products, tiles N, C]`, rows before columns. */
function toTiles(x: Value, rows: Matrix, columns: Matrix, algorithm: FilteringAlgorithm): Value {
  const [batch, channels, height, width] = x.shape as Quad;
  const products = algorithm.samples.length;
  const pixelsFirst = transpose(reshape(x, [batch * channels, height * width]), [1, 0]);
  const high = matMul(constant(x, rows), reshape(pixelsFirst, [height, width * batch * channels]));
  const tiles = matMul(constant(x, columns), reshape(high, [rows.length, width, batch * channels]));
  return reshape(tiles, [
    products,
    rows.length / products,
    products,
    (columns.length / products) * batch,
    channels,
  ]);
}

/** `[products, tiles, products, tiles N, C] -> [N, C, H, W]`, rows before columns. */
function fromTiles(tiles: Value, rows: Matrix, columns: Matrix, batch: number): Value {
  const channels = tiles.shape[4] as number;
  const [height, width] = [rows.length, columns.length];
  const wide = matMul(
    constant(tiles, columns),
    reshape(tiles, [rows[0]!.length, columns[0]!.length, batch * channels]),
  );
  const pixels = matMul(
    constant(tiles, rows),
    reshape(wide, [rows[0]!.length, width * batch * channels]),
  );
  const picturesFirst = transpose(reshape(pixels, [height * width, batch * channels]), [1, 0]);
  // The axis of length 1 keeps ONNX Runtime from moving all four axes at once, which is five times
  // as slow as this transposition of a matrix.
  return reshape(unsqueeze(picturesFirst, 0), [batch, channels, height, width]);
}

/** `[O, C, 3, 3] -> [products, 1, products, O, C]` */
function filterTiles(weight: Value, algorithm: FilteringAlgorithm): Value {
  const [outputs, inputs] = weight.shape as Quad;
  const products = algorithm.filter.length;
  const taps = reshape(weight, [outputs * inputs, 9]);
  const tiles = gemm(filterMatrix(weight, algorithm), taps, undefined, { transposeB: true });
  return reshape(tiles, [products, 1, products, outputs, inputs]);
}

/** The adjoint of {@link filterTiles}: `[products^2, O, C] -> [O, C, 3, 3]`. */
function filterGradient(
  tiles: Value,
  outputs: number,
  inputs: number,
  algorithm: FilteringAlgorithm,
): Value {
  const products = algorithm.filter.length;
  const taps = gemm(
    reshape(tiles, [products ** 2, outputs * inputs]),
    filterMatrix(tiles, algorithm),
    undefined,
    { transposeA: true },
  );
  return reshape(taps, [outputs, inputs, 3, 3]);
}

/** G along both axes, `[products^2, 9]`. */
function filterMatrix(like: Value, { filter }: FilteringAlgorithm): Value {
  return constant(
    like,
    filter.flatMap((row) => filter.map((column) => row.flatMap((a) => column.map((b) => a * b)))),
  );
}

/**
 * `dM^T V` of all tiles and pictures: `dM [p, t, p, n, O]`, `V [p, t, p, n, C]` ->
 * `[p^2, O, C]`.
 */
function sumOverTiles(outputTiles: Value, inputTiles: Value): Value {
  const [products, tiles, , length, outputs] = outputTiles.shape as [...Quad, number];
  const inputs = inputTiles.shape[4] as number;
  const sums = tiles * outputs * inputs;
  const copies = tiles * length * (outputs + inputs);
  if (tiles === 1 || sums <= copies) {
    const byRow = matMul(transposeLastTwo(outputTiles), inputTiles);
    return reshape(tiles === 1 ? byRow : reduceSum(byRow, [1]), [products ** 2, outputs, inputs]);
  }
  const joined = (each: Value) =>
    reshape(transpose(each, [0, 2, 1, 3, 4]), [products ** 2, tiles * length, each.shape[4]!]);
  return matMul(transposeLastTwo(joined(outputTiles)), joined(inputTiles));
}

function constant({ graph }: Value, matrix: Matrix): Value {
  return graph.constant(
    "float32",
    [matrix.length, matrix[0]!.length],
    Float32Array.from(matrix.flat()),
  );
}
