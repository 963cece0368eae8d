// Minimal filtering algorithms (Winograd, "Arithmetic Complexity of Computations", 1980; Lavin &
// Gray, "Fast Algorithms for Convolutional Neural Networks", CVPR 2016): some neighbouring results
// of a filter with 3 taps, `y = A ((G w) * (B d))` with d the samples that they look at, w the
// taps and * the product of elements. Along both axes of a picture, G and B apply to rows and
// columns.

import { GraphError } from "../graph.js";

/** By rows. */
export type Matrix = readonly (readonly number[])[];

export interface FilteringAlgorithm {
  /** Samples from one tile to the next. */
  readonly step: number;
  /** A, `[results, products]` */
  readonly results: Matrix;
  /** G, `[products, 3]` */
  readonly filter: Matrix;
  /** B, `[products, samples]` */
  readonly samples: Matrix;
}

/**
 * Where products are polynomials' values; the last is infinity. Transforms by matrix products may
 * take any: these lose half as much in rounding as 0, ±1, ±2.
 */
const POINTS = [0, 0.75, -0.75, 1.5, -1.5];

/** Results of each tile: more would save more products and lose more digits. */
const RESULTS = 4;

/** How many results there are for each sample: as many, half as many (stride 2) or twice as many. */
export type Sampling = "same" | "halved" | "doubled";

/**
 * The algorithm for a filter with 3 taps. "same": 6 products for 4 results in place of 12. "halved":
 * a step of 2 samples, 9 for 4. "doubled": each sample is repeated first, 10 for 8.
 */
export function filteringAlgorithm(sampling: Sampling): FilteringAlgorithm {
  if (sampling === "same") return { ...toomCook(RESULTS, 3), step: RESULTS };
  return sampling === "halved" ? halved() : doubled();
}

/** F(results, taps) of Toom and Cook's points, transposed to filtering as in Lavin & Gray. */
export function toomCook(results: number, taps: number): Omit<FilteringAlgorithm, "step"> {
  const products = results + taps - 1;
  const points = POINTS.slice(0, products - 1);
  if (points.length < products - 1) {
    throw new GraphError(`F(${results}, ${taps}) needs more points than ${POINTS.join(", ")}`);
  }
  const others = (point: number) => points.filter((each) => each !== point);
  const powers = (point: number, count: number) =>
    Array.from({ length: count }, (_, exponent) => point ** exponent);
  const last = (count: number) => unit(count, count - 1);
  const columns = [...points.map((point) => powers(point, results)), last(results)];
  return {
    results: transposed(columns),
    filter: [
      ...points.map((point) => {
        const scale = others(point).reduce((product, other) => product * (point - other), 1);
        return powers(point, taps).map((power) => power / scale);
      }),
      last(taps),
    ],
    samples: [...points.map((point) => [...polynomial(others(point)), 0]), polynomial(points)],
  };
}

/** Coefficients of the polynomial with these roots, the constant first. */
function polynomial(roots: readonly number[]): number[] {
  let coefficients = [1];
  for (const root of roots) {
    coefficients = [0, ...coefficients].map(
      (each, index) => each - root * (coefficients[index] ?? 0),
    );
  }
  return coefficients;
}

/**
 * The outer taps meet every other sample, the middle tap those between: F(4, 2) for the ones, four
 * products for the others.
 */
function halved(): FilteringAlgorithm {
  const outer = toomCook(RESULTS, 2);
  const count = 2 * RESULTS + 1;
  const everyOther = (row: readonly number[]) =>
    Array.from({ length: count }, (_, index) => (index % 2 === 0 ? row[index / 2]! : 0));
  const middle = Array.from({ length: RESULTS }, (_, result) => result);
  return {
    step: 2 * RESULTS,
    results: outer.results.map((row, result) => [...row, ...unit(RESULTS, result)]),
    filter: [
      ...outer.filter.map(([first, second]) => [first!, 0, second!]),
      ...middle.map(() => [0, 1, 0]),
    ],
    samples: [
      ...outer.samples.map(everyOther),
      ...middle.map((result) => unit(count, 2 * result + 1)),
    ],
  };
}

/**
 * Of samples that are equal in pairs, each result sees two: an even one the sample before its own
 * and its own (by the sum of two taps), an odd one its own (likewise) and the next. F(4, 2) for
 * either.
 */
function doubled(): FilteringAlgorithm {
  const phase = toomCook(RESULTS, 2);
  const none = phase.samples.map(() => 0);
  return {
    step: RESULTS,
    results: phase.results.flatMap((row) => [
      [...row, ...none],
      [...none, ...row],
    ]),
    filter: [
      ...phase.filter.map(([first, second]) => [first!, second!, second!]),
      ...phase.filter.map(([first, second]) => [first!, first!, second!]),
    ],
    samples: [
      ...phase.samples.map((row) => [...row, 0]),
      ...phase.samples.map((row) => [0, ...row]),
    ],
  };
}

function unit(length: number, at: number): number[] {
  return Array.from({ length }, (_, index) => (index === at ? 1 : 0));
}

export function transposed(matrix: Matrix): number[][] {
  return matrix[0]!.map((_, column) => matrix.map((row) => row[column]!));
}

/**
 * B for all tiles of an axis of `length` samples with one zero outside of either end:
 * `[products tiles, length]`, the tile changing fastest.
 */
export function samplesOfAxis(
  { samples, step }: FilteringAlgorithm,
  length: number,
  tiles: number,
): Matrix {
  return samples.flatMap((row) =>
    Array.from({ length: tiles }, (_, tile) =>
      Array.from({ length }, (_, sample) => row[sample + 1 - tile * step] ?? 0),
    ),
  );
}

/** A for all tiles of an axis with `length` results: `[length, products tiles]`. */
export function resultsOfAxis(
  { results }: FilteringAlgorithm,
  length: number,
  tiles: number,
): Matrix {
  return Array.from({ length }, (_, index) => {
    const [tile, row] = [Math.floor(index / results.length), results[index % results.length]!];
    return row.flatMap((each) =>
      Array.from({ length: tiles }, (_, other) => (other === tile ? each : 0)),
    );
  });
}
