import { describe, expect, it } from "vitest";
import { lightnessOfSrgbGray } from "../color/gray-picture.js";
import {
  FULL_RANGE,
  findLevels,
  isOneTone,
  levelled,
  lightnessRange,
  unlevelled,
  withLevels,
} from "./levels.js";
import { rangeOfScan } from "./range-of-scan.js";

const ramp = (from: number, to: number) =>
  Float32Array.from({ length: 1001 }, (_, i) => from + ((to - from) * i) / 1000);

describe("levels", () => {
  it("spread what is left of the range, ascending, within 0..100", () => {
    const levels = findLevels(lightnessRange(ramp(35, 75)))!;
    expect(levels.black).toBeCloseTo(35.2, 3); // 0.5 % of the pixels lie beyond
    expect(levels.white).toBeCloseTo(74.8, 3);
    expect(levelled(levels.black, levels)).toBeCloseTo(FULL_RANGE.black, 5);
    expect(levelled(levels.white, levels)).toBeCloseTo(FULL_RANGE.white, 5);
    const spread = [...ramp(0, 100)].map((lightness) => levelled(lightness, levels));
    for (let i = 1; i < spread.length; i++)
      expect(spread[i]).toBeGreaterThanOrEqual(spread[i - 1]!);
    expect([spread[0], spread.at(-1)]).toEqual([0, 100]);
  });

  it("are taken back", () => {
    const levels = { black: 30, white: 70 };
    for (const lightness of [28, 30, 44.5, 70, 73]) {
      expect(unlevelled(levelled(lightness, levels), levels)).toBeCloseTo(lightness, 5);
    }
  });

  it("leave an end alone that has its usual place, and a photograph of the usual range", () => {
    expect(findLevels(lightnessRange(ramp(2, 60)))!.black).toBe(FULL_RANGE.black);
    expect(levelled(FULL_RANGE.black, findLevels(lightnessRange(ramp(2, 60)))!)).toBe(
      FULL_RANGE.black,
    );
    expect(findLevels(lightnessRange(ramp(1, 99)))).toBeUndefined();
  });

  it("do not blow up the noise of a blank page", () => {
    const page = lightnessRange(ramp(88, 94));
    expect(isOneTone(page)).toBe(true);
    expect(findLevels(page)).toBeUndefined();
    expect(isOneTone(lightnessRange(ramp(60, 90)))).toBe(false);
  });

  it("do not count borders", () => {
    const [width, height] = [100, 80];
    const codes = Uint8Array.from({ length: width * height }, (_, i) =>
      Math.floor(i / width) < 20 ? 0 : 120 + (i % 60),
    );
    const scan = { codes, lightness: lightnessOfSrgbGray(8), width, height };
    const area = { top: [0.25, 0.25], bottom: [1, 1], left: [0, 0], right: [1, 1] } as const;
    expect(rangeOfScan(scan, undefined).darkest).toBe(0);
    expect(rangeOfScan(scan, area).darkest).toBeCloseTo(scan.lightness[120]!, 5);
    const levels = findLevels(rangeOfScan(scan, area))!;
    const restored = withLevels(scan, levels);
    expect(restored.codes).toBe(codes);
    expect(restored.lightness[120]).toBeCloseTo(FULL_RANGE.black, 5);
    expect(restored.lightness[179]).toBeCloseTo(FULL_RANGE.white, 5);
  });
});
