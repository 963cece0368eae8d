import { describe, expect, test } from "vitest";
import {
  randomNormal,
  randomPermutation,
  randomUint32,
  randomUniform,
  randomUniforms,
} from "./random.js";

const samples = 50_000;
const sequence = <T>(draw: (index: number) => T): T[] =>
  Array.from({ length: samples }, (_, index) => draw(index));

test("many uniform numbers at a time are those drawn one by one", () => {
  for (const counters of [[], [7], [3, 0, 2 ** 31]]) {
    const one = Float32Array.from({ length: 50 }, (_, i) => randomUniform(5, ...counters, i));
    expect(randomUniforms(50, 5, ...counters)).toEqual(one);
  }
});

describe("randomUint32", () => {
  test("the same seed and counters give the same number, others another", () => {
    expect(randomUint32(1, 2, 3)).toBe(randomUint32(1, 2, 3));
    const variants = [
      [1, 2, 3],
      [1, 3, 2],
      [2, 1, 3],
      [1, 2],
      [1, 2, 3, 0],
      [-1, 2, 3],
    ];
    const drawn = variants.map(([seed, ...counters]) => randomUint32(seed!, ...counters));
    expect(new Set(drawn).size).toBe(variants.length);
  });

  test("fixed values, so that runs of an older version resume alike", () => {
    // MurmurHash3's finaliser of 1 is 0x514e28b7 (Appleby's reference code).
    expect(randomUint32(1)).toBe(0x514e28b7);
    expect(randomUint32(0)).toBe(0);
  });

  test("every bit is set half of the time and neighbours are unrelated", () => {
    const drawn = sequence((index) => randomUint32(7, index));
    // Five standard deviations of a fair coin.
    const allowed = 5 * Math.sqrt(samples / 4);
    for (let bit = 0; bit < 32; bit++) {
      const ones = drawn.filter((each) => (each >>> bit) & 1).length;
      expect(Math.abs(ones - samples / 2), `bit ${bit}`).toBeLessThan(allowed);
      const flips = drawn.filter((each, i) => i > 0 && ((each ^ drawn[i - 1]!) >>> bit) & 1).length;
      expect(Math.abs(flips - samples / 2), `change of bit ${bit}`).toBeLessThan(allowed);
    }
  });
});

describe("randomUniform", () => {
  test("stays in [0, 1) and fills it evenly", () => {
    const drawn = sequence((index) => randomUniform(3, 1, index));
    expect(Math.min(...drawn)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...drawn)).toBeLessThan(1);
    const bins = new Array<number>(20).fill(0);
    for (const each of drawn) bins[Math.floor(each * 20)]!++;
    // Chi-square with 19 degrees of freedom: 43.8 is passed once in a thousand by fair numbers.
    const expected = samples / 20;
    const chiSquare = bins.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
    expect(chiSquare).toBeLessThan(43.8);
  });

  test("different seeds are uncorrelated", () => {
    const product = sequence(
      (index) => (randomUniform(1, index) - 0.5) * (randomUniform(2, index) - 0.5),
    );
    // Variance of a product of two uniforms about 0 is 1 / 144.
    const mean = product.reduce((a, b) => a + b, 0) / samples;
    expect(Math.abs(mean)).toBeLessThan(5 / 12 / Math.sqrt(samples));
  });
});

test("randomNormal has the moments of a standard normal", () => {
  const drawn = sequence((index) => randomNormal(11, index));
  const moment = (power: number) => drawn.reduce((sum, each) => sum + each ** power, 0) / samples;
  expect(drawn.every(Number.isFinite)).toBe(true);
  // Expected 0, 1, 0, 3 with variances 1, 2, 15, 96 for a single draw.
  expect(Math.abs(moment(1))).toBeLessThan(5 * Math.sqrt(1 / samples));
  expect(Math.abs(moment(2) - 1)).toBeLessThan(5 * Math.sqrt(2 / samples));
  expect(Math.abs(moment(3))).toBeLessThan(5 * Math.sqrt(15 / samples));
  expect(Math.abs(moment(4) - 3)).toBeLessThan(5 * Math.sqrt(96 / samples));
});

describe("randomPermutation", () => {
  test("holds every number once", () => {
    for (const length of [0, 1, 2, 17, 1000]) {
      const sorted = [...randomPermutation(length, 5, 1)].sort((a, b) => a - b);
      expect(sorted).toEqual(Array.from({ length }, (_, index) => index));
    }
  });

  test("is the same for the same seed and counters, another for others", () => {
    const [a, b, c] = [
      randomPermutation(50, 1, 2),
      randomPermutation(50, 1, 2),
      randomPermutation(50, 1, 3),
    ];
    expect(a).toEqual(b);
    expect(a).not.toEqual(c);
  });

  test("puts every number in every place equally often", () => {
    const counts = Array.from({ length: 5 }, () => new Array<number>(5).fill(0));
    const rounds = 5000;
    for (let round = 0; round < rounds; round++) {
      for (const [place, value] of randomPermutation(5, 9, round).entries()) {
        counts[place]![value]!++;
      }
    }
    const allowed = 5 * Math.sqrt(rounds * 0.2 * 0.8);
    for (const count of counts.flat()) expect(Math.abs(count - rounds / 5)).toBeLessThan(allowed);
  });
});
