import { describe, expect, it } from "vitest";
import { grayOfRgb, labToRgb, lightnessOfSrgbGray, linearRgbToLab, srgbToLinear } from "./index.js";

// The reference: the formulas of CIE 15 and IEC 61966-2-1 without tables, and a bisection for the
// gamut that runs until the numbers end.
const WHITE = [0.95047, 1, 1.08883] as const;
const FROM_XYZ = [
  [3.2404542, -1.5371385, -0.4985314],
  [-0.969266, 1.8760108, 0.041556],
  [0.0556434, -0.2040259, 1.0572252],
] as const; // B. Lindbloom, sRGB D65

function exactLight(lightness: number, a: number, b: number): number[] {
  const inverse = (f: number) => (f > 6 / 29 ? f ** 3 : (3 * 36 * (f - 4 / 29)) / 841);
  const fy = (lightness + 16) / 116;
  const xyz = [inverse(fy + a / 500), inverse(fy), inverse(fy - b / 200)];
  return FROM_XYZ.map((row) => row.reduce((sum, m, i) => sum + m * WHITE[i]! * xyz[i]!, 0));
}

// The published matrix has 7 digits: greys miss the border of the gamut by up to 2e-7.
const fits = (light: number[]) => Math.min(...light) >= -3e-7 && Math.max(...light) <= 1 + 3e-7;

/** Whether a growing chroma leaves the gamut and comes back: then "reduced to fit" is ambiguous. */
function comesBack(lightness: number, a: number, b: number): boolean {
  let hasLeft = false;
  for (let factor = 0; factor <= 1; factor += 0.02) {
    const isInside = fits(exactLight(lightness, a * factor, b * factor));
    if (isInside && hasLeft) return true;
    hasLeft ||= !isInside;
  }
  return false;
}

function exactCode(lightness: number, a: number, b: number, highest: number): number[] {
  let light = exactLight(lightness, a, b);
  if (!fits(light)) {
    let [inside, outside] = [0, 1];
    for (let i = 0; i < 50; i++) {
      const middle = (inside + outside) / 2;
      if (fits(exactLight(lightness, a * middle, b * middle))) inside = middle;
      else outside = middle;
    }
    light = exactLight(lightness, a * inside, b * inside);
  }
  return light.map((linear) => {
    const clipped = Math.min(Math.max(linear, 0), 1);
    const encoded = clipped <= 0.0031308 ? 12.92 * clipped : 1.055 * clipped ** (1 / 2.4) - 0.055;
    return encoded * highest;
  });
}

/** Largest and mean distance of labToRgb from the reference before it is rounded, in codes. */
function errorOf(bits: 8 | 16): { largest: number; mean: number } {
  const chroma: [number, number][] = [];
  for (let a = -110; a <= 110; a += 22) for (let b = -110; b <= 110; b += 22) chroma.push([a, b]);
  const count = chroma.length;
  const ab = Float32Array.from([...chroma.map(([a]) => a), ...chroma.map(([, b]) => b)]);
  const pixels = bits === 16 ? new Uint16Array(count * 3) : new Uint8Array(count * 3);
  const lightness = new Float32Array(count);
  let [largest, sum, ambiguous] = [0, 0, 0];
  for (let grey = 0; grey < 256; grey++) {
    lightness.fill(lightnessOfSrgbGray(8)[grey]!);
    labToRgb(lightness, ab, count, 3, pixels);
    chroma.forEach(([a, b], i) => {
      if (comesBack(lightness[i]!, a, b)) {
        ambiguous++;
        return;
      }
      exactCode(lightness[i]!, a, b, 2 ** bits - 1).forEach((exact, channel) => {
        const error = Math.abs(pixels[i * 3 + channel]! - exact);
        largest = Math.max(largest, error);
        sum += error;
      });
    });
  }
  expect(ambiguous).toBeLessThan(10);
  return { largest, mean: sum / ((256 * count - ambiguous) * 3) };
}

describe("labToRgb beside the formulas, 256 greys by 121 chromas, most of them out of gamut", () => {
  it("is as good as rounding at 8 bits", () => {
    const { largest, mean } = errorOf(8);
    // Rounding alone: 0.5 at most and 0.25 in the mean, less where channels sit on the border.
    expect(largest).toBeLessThan(0.65);
    expect(mean).toBeLessThan(0.2);
  });

  it("is within three of 65,536 codes at 16 bits", () => {
    const { largest, mean } = errorOf(16);
    expect(largest).toBeLessThan(3);
    expect(mean).toBeLessThan(0.25);
  });
});

describe("grayOfRgb", () => {
  /** Largest distance from the grey of the same L*, in codes of 16 bits. */
  function largestError(pixels: Uint8Array | Uint16Array, channels: 3 | 4): number {
    const highest = pixels instanceof Uint16Array ? 65535 : 255;
    const codes = new Uint16Array(pixels.length / channels);
    grayOfRgb(pixels, channels, codes);
    let largest = 0;
    codes.forEach((code, i) => {
      const [red, green, blue] = [0, 1, 2].map((channel) =>
        srgbToLinear(pixels[i * channels + channel]! / highest),
      );
      const [lightness] = linearRgbToLab(red!, green!, blue!);
      const y = lightness > 8 ? ((lightness + 16) / 116) ** 3 : (lightness * 27) / 24389;
      const encoded = y <= 0.0031308 ? 12.92 * y : 1.055 * y ** (1 / 2.4) - 0.055;
      largest = Math.max(largest, Math.abs(code - encoded * 65535));
    });
    return largest;
  }

  it("is exact to a thirtieth of an 8-bit code for 8-bit colours, greys included", () => {
    const cube = Uint8Array.from({ length: 17 ** 3 * 4 }, (_, i) => {
      const pixel = i >> 2;
      return (
        [pixel % 17, Math.floor(pixel / 17) % 17, Math.floor(pixel / 289), 3][i & 3]! * 15.9375
      );
    });
    expect(largestError(cube, 4)).toBeLessThan(257 / 30);
    const greys = Uint8Array.from({ length: 256 * 3 }, (_, i) => Math.floor(i / 3));
    expect(largestError(greys, 3)).toBeLessThan(257 / 30);
  });

  it("is exact to a code for 16-bit colours", () => {
    const pixels = Uint16Array.from({ length: 30_000 }, (_, i) => (i * 40503) & 0xffff);
    expect(largestError(pixels, 3)).toBeLessThan(1);
  });

  it("keeps black and white", () => {
    const codes = new Uint16Array(2);
    grayOfRgb(Uint8Array.of(0, 0, 0, 255, 255, 255), 3, codes);
    expect([...codes]).toEqual([0, 65535]);
    grayOfRgb(Uint16Array.of(0, 0, 0, 65535, 65535, 65535), 3, codes);
    expect([...codes]).toEqual([0, 65535]);
  });
});
