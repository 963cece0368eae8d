import { describe, expect, it } from "vitest";
import {
  labToLinearRgb,
  labToLinearRgbInGamut,
  labToRgb,
  lightnessOfPixels,
  linearRgbToLab,
  linearToSrgb,
  rgbToLab,
  srgbToLinear,
} from "./index.js";

// Made with NumPy, independently of this code: the matrix was solved from the primaries'
// chromaticities and the white. The primaries also agree with B. Lindbloom's published calculator.
const REFERENCE: [rgb: [number, number, number], lab: [number, number, number]][] = [
  [
    [255, 0, 0],
    [53.2408, 80.0925, 67.2032],
  ],
  [
    [0, 255, 0],
    [87.7347, -86.1827, 83.1793],
  ],
  [
    [0, 0, 255],
    [32.297, 79.1875, -107.8602],
  ],
  [
    [255, 255, 0],
    [97.1393, -21.5537, 94.478],
  ],
  [
    [0, 255, 255],
    [91.1132, -48.0875, -14.1312],
  ],
  [
    [255, 0, 255],
    [60.3242, 98.2343, -60.8249],
  ],
  [
    [255, 255, 255],
    [100, 0, 0],
  ],
  [
    [0, 0, 0],
    [0, 0, 0],
  ],
  [
    [128, 128, 128],
    [53.585, 0, 0],
  ],
  [
    [1, 1, 1],
    [0.2742, 0, 0],
  ],
  [
    [10, 5, 2],
    [1.6031, 0.8903, 1.5961],
  ],
  [
    [194, 150, 130],
    [65.6673, 13.6745, 16.8985],
  ],
  [
    [98, 122, 157],
    [50.6277, 0.3707, -21.6001],
  ],
  [
    [87, 108, 67],
    [42.998, -15.8758, 20.4511],
  ],
  [
    [3, 200, 7],
    [70.4138, -71.5089, 68.5348],
  ],
];

const flatRgb = Uint8Array.from(REFERENCE.flatMap(([rgb]) => rgb));

/** Every combination of `steps` evenly spaced codes in each channel, interleaved. */
function rgbCube(steps: number): Uint8Array {
  const codes = Array.from({ length: steps }, (_, i) => Math.round((i * 255) / (steps - 1)));
  return Uint8Array.from(
    codes.flatMap((red) => codes.flatMap((green) => codes.flatMap((blue) => [red, green, blue]))),
  );
}

describe("sRGB to CIELAB", () => {
  it("agrees with independently computed values", () => {
    const count = REFERENCE.length;
    const lightness = new Float32Array(count);
    const ab = new Float32Array(2 * count);
    rgbToLab(flatRgb, count, lightness, ab);
    REFERENCE.forEach(([rgb, lab], i) => {
      expect(Math.abs(lightness[i]! - lab[0]), `L* of ${rgb}`).toBeLessThan(5e-4);
      expect(Math.abs(ab[i]! - lab[1]), `a* of ${rgb}`).toBeLessThan(5e-4);
      expect(Math.abs(ab[count + i]! - lab[2]), `b* of ${rgb}`).toBeLessThan(5e-4);
    });
  });

  it("stays within 4e-4 of the formula without tables, over the whole cube", () => {
    const rgb = rgbCube(24);
    const count = rgb.length / 3;
    const lightness = new Float32Array(count);
    const ab = new Float32Array(2 * count);
    rgbToLab(rgb, count, lightness, ab);
    let worst = 0;
    for (let i = 0; i < count; i++) {
      const [red, green, blue] = [0, 1, 2].map((c) => srgbToLinear(rgb[i * 3 + c]! / 255));
      const [l, a, b] = linearRgbToLab(red!, green!, blue!);
      worst = Math.max(
        worst,
        Math.abs(l - lightness[i]!),
        Math.abs(a - ab[i]!),
        Math.abs(b - ab[count + i]!),
      );
    }
    expect(worst).toBeLessThan(4e-4);
  });

  it("gives greys no chroma at all", () => {
    const rgb = Uint8Array.from({ length: 256 * 3 }, (_, i) => Math.floor(i / 3));
    const ab = new Float32Array(512);
    rgbToLab(rgb, 256, new Float32Array(256), ab);
    expect(Math.max(...ab.map(Math.abs))).toBeLessThan(1e-5);
  });

  it("fills one picture of a batch through subarrays and nothing else", () => {
    const lightness = new Float32Array(6).fill(-1);
    const ab = new Float32Array(12).fill(-999);
    rgbToLab(Uint8Array.of(255, 0, 0, 0, 0, 255), 2, lightness.subarray(2, 4), ab.subarray(4, 8));
    expect(Array.from(lightness, Math.round)).toEqual([-1, -1, 53, 32, -1, -1]);
    expect(Array.from(ab, Math.round)).toEqual([
      -999, -999, -999, -999, 80, 79, 67, -108, -999, -999, -999, -999,
    ]);
  });

  it("reads the same L* from 8 and 16 bits, grey and colour, with and without alpha", () => {
    const lightness = (pixels: Uint8Array | Uint16Array, channels: number): number => {
      const out = new Float32Array(1);
      lightnessOfPixels(pixels, channels, 1, out);
      return out[0]!;
    };
    expect(lightness(Uint8Array.of(128), 1)).toBeCloseTo(53.585, 3);
    expect(lightness(Uint8Array.of(128, 7), 2)).toBeCloseTo(53.585, 3);
    expect(lightness(Uint8Array.of(128, 128, 128, 7), 4)).toBeCloseTo(53.585, 3);
    expect(lightness(Uint16Array.of(128 * 257), 1)).toBeCloseTo(53.585, 3);
    expect(lightness(Uint16Array.of(128 * 257, 128 * 257, 128 * 257, 7), 4)).toBeCloseTo(53.585, 3);
    expect(lightness(Uint8Array.of(194, 150, 130), 3)).toBeCloseTo(65.6673, 3);
    expect(lightness(Uint16Array.of(194 * 257, 150 * 257, 130 * 257), 3)).toBeCloseTo(65.6673, 3);
  });
});

describe("the sRGB curve", () => {
  it("passes through the values of the standard and inverts itself", () => {
    expect(srgbToLinear(0.5)).toBeCloseTo(0.2140411, 6);
    expect(srgbToLinear(0.04)).toBeCloseTo(0.04 / 12.92, 12);
    for (let i = 0; i <= 100; i++) {
      expect(linearToSrgb(srgbToLinear(i / 100))).toBeCloseTo(i / 100, 7);
    }
  });
});

describe("CIELAB to sRGB", () => {
  it("gives every 8-bit colour of a dense cube back", () => {
    const rgb = rgbCube(33);
    const count = rgb.length / 3;
    const lightness = new Float32Array(count);
    const ab = new Float32Array(2 * count);
    rgbToLab(rgb, count, lightness, ab);
    const back = new Uint8Array(rgb.length);
    labToRgb(lightness, ab, count, 3, back);
    expect(Buffer.compare(back, rgb)).toBe(0);
  });

  it("gives every 16-bit grey back within one code, and leaves alpha alone", () => {
    const count = 65536;
    const grey = Uint16Array.from({ length: count }, (_, i) => i);
    const lightness = new Float32Array(count);
    lightnessOfPixels(grey, 1, count, lightness);
    const pixels = new Uint16Array(count * 4).fill(1234);
    labToRgb(lightness, new Float32Array(2 * count), count, 4, pixels);
    let worst = 0;
    for (let i = 0; i < count; i++) {
      for (let c = 0; c < 3; c++) worst = Math.max(worst, Math.abs(pixels[i * 4 + c]! - i));
      if (pixels[i * 4 + 3] !== 1234) throw new Error(`alpha of pixel ${i} changed`);
    }
    expect(worst).toBeLessThanOrEqual(1);
  });

  it("keeps L* within 8-bit rounding for every chroma, in gamut or far out of it", () => {
    const chroma: [number, number][] = [];
    for (let a = -150; a <= 150; a += 10) for (let b = -150; b <= 150; b += 10) chroma.push([a, b]);
    const count = chroma.length;
    const ab = Float32Array.from([...chroma.map(([a]) => a), ...chroma.map(([, b]) => b)]);
    const pixels = new Uint8Array(count * 3);
    const back = new Float32Array(count);
    for (let grey = 0; grey < 256; grey += 3) {
      const lightness = new Float32Array(1);
      lightnessOfPixels(Uint8Array.of(grey), 1, 1, lightness);
      labToRgb(new Float32Array(count).fill(lightness[0]!), ab, count, 3, pixels);
      lightnessOfPixels(pixels, 3, count, back);
      // Half a grey code either way is the rounding the 8-bit format itself imposes.
      const [below, above] = [(grey - 0.5) / 255, (grey + 0.5) / 255].map(
        (code) =>
          linearRgbToLab(...(Array(3).fill(srgbToLinear(code)) as [number, number, number]))[0],
      );
      expect(Math.min(...back), `grey ${grey}`).toBeGreaterThan(below! - 0.01);
      expect(Math.max(...back), `grey ${grey}`).toBeLessThan(above! + 0.01);
    }
  });

  it("reduces chroma at constant hue up to the border of the gamut, and no further", () => {
    for (const [l, a, b] of [
      [50, 120, 0],
      [90, -20, -90],
      [20, -60, 60],
      [70, 100, -100],
    ] as const) {
      const rgb = labToLinearRgbInGamut(l, a, b);
      expect(Math.min(...rgb, 1 - Math.max(...rgb))).toBeCloseTo(0, 4);
      const [l2, a2, b2] = linearRgbToLab(...rgb);
      expect(l2).toBeCloseTo(l, 4);
      expect(Math.atan2(b2, a2)).toBeCloseTo(Math.atan2(b, a), 4);
      expect(Math.hypot(a2, b2)).toBeLessThan(Math.hypot(a, b));
    }
  });

  it("does not touch colours in gamut", () => {
    const wanted = labToLinearRgb(60, 20, -15);
    expect(labToLinearRgbInGamut(60, 20, -15)).toEqual(wanted);
  });
});
