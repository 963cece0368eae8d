import { describe, expect, test } from "vitest";
import { fromFloat16, toFloat16 } from "./float16.js";

/** The number that 16 bits stand for, by the definition of IEEE 754 binary16. */
function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

const half = (value: number) => toFloat16(Float32Array.of(value))[0]!;

test("all 65,536 halves survive the way to float32 and back", () => {
  const bits = Array.from({ length: 65536 }, (_, index) => index);
  const back = toFloat16(Float32Array.from(bits, fromHalf));
  const changed = bits.filter((each) => !Number.isNaN(fromHalf(each)) && back[each] !== each);
  expect(changed).toEqual([]);
  expect(fromFloat16(Uint16Array.from(bits))).toEqual(Float32Array.from(bits, fromHalf));
  const notNumbers = bits.filter((each) => Number.isNaN(fromHalf(each)));
  expect(notNumbers.length).toBe(2 * 1023);
  expect(notNumbers.every((each) => Number.isNaN(fromHalf(back[each]!)))).toBe(true);
});

test("every midpoint of neighbours goes to the even one, and a hair decides otherwise", () => {
  const wrong: number[] = [];
  for (let bits = 0; bits < 0x7bff; bits++) {
    const [low, high] = [fromHalf(bits), fromHalf(bits + 1)];
    const middle = Float32Array.of((low + high) / 2);
    const word = new Uint32Array(middle.buffer)[0]!;
    const neighbours = new Float32Array(Uint32Array.of(word - 1, word + 1).buffer);
    const even = bits % 2 === 0 ? bits : bits + 1;
    const rounded = toFloat16(Float32Array.of(middle[0]!, ...neighbours));
    if (rounded[0] !== even || rounded[1] !== bits || rounded[2] !== bits + 1) wrong.push(bits);
  }
  expect(wrong).toEqual([]);
});

describe("known values", () => {
  test.each([
    [1, 0x3c00],
    [-2, 0xc000],
    [1 / 3, 0x3555],
    [65504, 0x7bff],
    [65519.996, 0x7bff],
    // Half-way from 65504 to 65536, which would be the next: the tie goes to the even, infinity.
    [65520, 0x7c00],
    [65536, 0x7c00],
    [1e30, 0x7c00],
    [-1e30, 0xfc00],
    [Infinity, 0x7c00],
    [-Infinity, 0xfc00],
    [2 ** -14, 0x0400],
    [2 ** -24, 0x0001],
    [3 * 2 ** -25, 0x0002],
    [2 ** -25, 0x0000],
    [2 ** -25 * 1.0001, 0x0001],
    [1e-30, 0x0000],
    [1e-45, 0x0000],
    [0, 0x0000],
    [-0, 0x8000],
    [-1e-30, 0x8000],
  ])("%d", (value, bits) => {
    expect(half(value)).toBe(bits);
  });

  test("NaN stays NaN", () => {
    expect(half(NaN) & 0x7fff).toBeGreaterThan(0x7c00);
  });
});

test("a view into a larger array converts its own part", () => {
  const values = Float32Array.of(9, 1, -2, 9);
  expect([...toFloat16(values.subarray(1, 3))]).toEqual([0x3c00, 0xc000]);
});
