import { describe, expect, it } from "vitest";
import { upsampleChromaRows } from "./upsample.js";

describe("upsampleChromaRows", () => {
  it("interpolates with half-pixel centres and holds the edges", () => {
    const out = new Float32Array(2 * 4);
    upsampleChromaRows(
      { ab: Float32Array.of(0, 8, 100, 60), width: 2, height: 1 },
      4,
      1,
      0,
      1,
      out,
    );
    expect([...out]).toEqual([0, 2, 6, 8, 100, 90, 70, 60]);
  });

  it("reproduces a linear ramp exactly away from the edges, in both directions", () => {
    const width = 5;
    const height = 4;
    const ramp = (x: number, y: number) => 3 * x - 2 * y;
    const ab = new Float32Array(2 * width * height);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        ab[y * width + x] = ramp((x + 0.5) / width, (y + 0.5) / height);
        ab[(height + y) * width + x] = -ramp((x + 0.5) / width, (y + 0.5) / height);
      }
    }
    const [fullWidth, fullHeight] = [37, 23];
    const out = new Float32Array(2 * fullWidth * fullHeight);
    upsampleChromaRows({ ab, width, height }, fullWidth, fullHeight, 0, fullHeight, out);
    for (let y = 4; y < 19; y++) {
      for (let x = 5; x < 32; x++) {
        const expected = ramp((x + 0.5) / fullWidth, (y + 0.5) / fullHeight);
        expect(out[y * fullWidth + x]).toBeCloseTo(expected, 5);
        expect(out[(fullHeight + y) * fullWidth + x]).toBeCloseTo(-expected, 5);
      }
    }
  });

  it("gives the same rows in strips as in one piece", () => {
    const ab = Float32Array.from({ length: 2 * 6 * 5 }, (_, i) => Math.sin(i * 7.3) * 60);
    const source = { ab, width: 6, height: 5 };
    const whole = new Float32Array(2 * 31 * 17);
    upsampleChromaRows(source, 31, 17, 0, 17, whole);
    const strip = new Float32Array(2 * 31 * 4);
    upsampleChromaRows(source, 31, 17, 9, 4, strip);
    expect(strip.subarray(0, 31 * 4)).toEqual(whole.subarray(31 * 9, 31 * 13));
    expect(strip.subarray(31 * 4)).toEqual(whole.subarray(31 * (17 + 9), 31 * (17 + 13)));
  });
});
