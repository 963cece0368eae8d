import { expect, test } from "vitest";
import { randomTensor } from "../testing/gradient-check.js";
import { UserError } from "../user-error.js";
import { ColorAnalysis, type RenderOptions } from "./color-analysis.js";

const [width, height] = [6, 5];
const predicted = Float32Array.from(randomTensor([2, height, width], 4, -60, 60).data, Number);
predicted[7] = predicted[7 + width * height] = 0; // one grey place
predicted[8] = 0;
predicted[8 + width * height] = -0.5; // one that is nearly grey
const analysis = new ColorAnalysis({ ab: predicted, width, height });

const chromaAt = (ab: Float32Array, i: number) => Math.hypot(ab[i]!, ab[i + width * height]!);

test("saturation is a factor, and 0 is grey at any warmth", () => {
  expect(analysis.render({ saturation: 1.5 }).ab).toEqual(predicted.map((value) => 1.5 * value));
  const grey = analysis.render({ saturation: 0, warmth: 1 }).ab;
  expect(Math.max(...grey.map(Math.abs))).toBe(0);
  expect(analysis.render().ab).toEqual(predicted);
});

test("warmth moves colours towards yellow or blue and leaves greys grey", () => {
  const warm = analysis.render({ warmth: 1 }).ab;
  const cold = analysis.render({ warmth: -1 }).ab;
  const count = width * height;
  for (let i = 0; i < count; i++) {
    const b = predicted[count + i]!;
    if (i === 7) {
      expect([chromaAt(warm, i), chromaAt(cold, i)]).toEqual([0, 0]);
      continue;
    }
    expect(warm[count + i]).toBeGreaterThan(b);
    expect(cold[count + i]).toBeLessThan(b);
    // Half of the warmth is half of the way, and no colour is thrown far.
    const half = analysis.render({ warmth: 0.5 }).ab;
    expect(half[count + i]! - b).toBeCloseTo((warm[count + i]! - b) / 2, 4);
    expect(Math.abs(warm[i]! - predicted[i]!)).toBeLessThan(warm[count + i]! - b);
  }
  expect(chromaAt(warm, 8)).toBeLessThan(0.5);
});

test("options out of range are refused", () => {
  const cases: RenderOptions[] = [
    { saturation: -0.1 },
    { saturation: 2.1 },
    { saturation: Number.NaN },
    { warmth: 1.5 },
    { warmth: Number.NaN },
    { colors: "garish" as "vivid" },
  ];
  for (const options of cases) {
    expect(() => analysis.render(options)).toThrow(UserError);
    expect(() => analysis.alternatives(2, options)).toThrow(/`(saturation|warmth|colors)`/);
  }
  for (const count of [0, 10, 1.5]) expect(() => analysis.alternatives(count)).toThrow(UserError);
});
