import { expect, test } from "vitest";
import { ActivationRange } from "./activation-range.js";
import { quantizeRows } from "./weights.js";

function rangeOf(values: readonly number[]) {
  const range = new ActivationRange();
  range.observeLimits(Float32Array.from(values));
  range.count(Float32Array.from(values));
  return range.best();
}
const uniform = Array.from({ length: 10_000 }, (_, i) => i / 10_000);

test("even values fill all codes", () => {
  const { scale, zeroPoint } = rangeOf(uniform);
  expect(zeroPoint).toBe(0);
  expect(scale * 255).toBeGreaterThan(0.97);
  expect(scale * 255).toBeLessThanOrEqual(1);
});

test("zero has a code of its own where values are on both sides of it", () => {
  const { scale, zeroPoint } = rangeOf(uniform.map((value) => 4 * value - 1));
  expect(zeroPoint).toBe(64); // a quarter of 255, rounded
  expect(scale * 255).toBeCloseTo(4, 1);
});

test("values all above zero still leave zero a code", () => {
  const { scale, zeroPoint } = rangeOf(uniform.map((value) => value + 5));
  expect(zeroPoint).toBe(0);
  expect(scale * 255).toBeCloseTo(6, 1);
});

test("a rare value is clipped if that makes the others finer", () => {
  const many = Array.from({ length: 100 }, () => uniform).flat();
  const { scale } = rangeOf([...many, 10]);
  // Clipping one 10 at 2.2 costs 61; rounding a million values in steps of 10/255 costs 128.
  expect(scale * 255).toBeLessThan(6);
  expect(scale * 255).toBeGreaterThan(1);
});

test("a map of zeros has a usable scale", () => {
  expect(rangeOf([0, 0, 0])).toEqual({ scale: 1, zeroPoint: 0 });
});

test("rows of weights keep their proportions, each with its own scale", () => {
  const { codes, scales } = quantizeRows(
    Float32Array.of(1, -0.4, 0.25, 0.012, 0, -0.02, 0, 0, 0),
    3,
  );
  expect([...codes]).toEqual([63, -25, 16, 38, 0, -63, 0, 0, 0]);
  expect(scales[0]).toBeCloseTo(1 / 63, 6);
  expect(scales[1]).toBeCloseTo(0.02 / 63, 8);
  expect(scales[2]).toBe(1);
});
