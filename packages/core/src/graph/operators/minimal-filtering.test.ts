import { describe, expect, test } from "vitest";
import { filteringAlgorithm, type Matrix, type Sampling, toomCook } from "./minimal-filtering.js";

const times = (matrix: Matrix, vector: readonly number[]) =>
  matrix.map((row) => row.reduce((sum, each, index) => sum + each * vector[index]!, 0));

/** `y = A ((G w) * (B d))` */
function filtered(
  algorithm: { results: Matrix; filter: Matrix; samples: Matrix },
  samples: readonly number[],
  taps: readonly number[],
): number[] {
  const factors = times(algorithm.filter, taps);
  return times(
    algorithm.results,
    times(algorithm.samples, samples).map((each, index) => each * factors[index]!),
  );
}

const samples = [3, -1, 4, 1, -5, 9, 2, -6, 5];
const taps = [7, -2, 11];
const tap = (index: number) => taps.reduce((sum, each, k) => sum + each * samples[index + k]!, 0);

/** What each tile's results are, counted from the definition. */
const expected: Record<Sampling, number[]> = {
  same: [0, 1, 2, 3].map(tap),
  halved: [0, 2, 4, 6].map(tap),
  // Samples 0 to 5 repeated; the first result looks from the second copy of sample 0 on.
  doubled: [0, 1, 2, 3, 4, 5, 6, 7].map((result) =>
    taps.reduce((sum, each, k) => sum + each * samples[Math.floor((result + 1 + k) / 2)]!, 0),
  ),
};

describe("Minimal filtering", () => {
  test.each([
    { sampling: "same", products: 6, seen: 6, step: 4 },
    { sampling: "halved", products: 9, seen: 9, step: 8 },
    { sampling: "doubled", products: 10, seen: 6, step: 4 },
  ] as const)("$sampling: a tile in $products products", ({ sampling, products, seen, step }) => {
    const algorithm = filteringAlgorithm(sampling);
    expect(algorithm.filter).toHaveLength(products);
    expect(algorithm.step).toBe(step);
    const results = filtered(algorithm, samples.slice(0, seen), taps);
    expect(results).toHaveLength(expected[sampling].length);
    results.forEach((each, index) => {
      expect(each).toBeCloseTo(expected[sampling][index]!, 9);
    });
  });

  test("F(2, 3) has the four products of Winograd", () => {
    const algorithm = toomCook(2, 3);
    expect(algorithm.filter).toHaveLength(4);
    const results = filtered(algorithm, samples.slice(0, 4), taps);
    expect(results[0]).toBeCloseTo(tap(0), 9);
    expect(results[1]).toBeCloseTo(tap(1), 9);
  });

  test("more results than there are points for are refused", () => {
    expect(() => toomCook(5, 3)).toThrow("needs more points");
  });
});
