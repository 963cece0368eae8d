// sRGB <-> CIEXYZ <-> CIELAB on typed arrays.
//
// White is D65, 2 degree observer, (X, Y, Z) = (0.95047, 1, 1.08883) as in ASTM E308. The matrix is
// the sRGB primaries' for this white (B. Lindbloom, "RGB/XYZ Matrices"), with each row scaled (by
// less than 1e-7) to sum exactly to the white: neutral greys get a* = b* = 0, which the rounded
// matrices of IEC 61966-2-1 and scikit-image miss by up to 0.01.

import { LINEAR_OF_SRGB8, linearOfSrgb16Table } from "./srgb.js";

/** The reference white, D65 for the 2 degree observer (ASTM E308), Y = 1. */
export const WHITE_D65: readonly [number, number, number] = [0.95047, 1, 1.08883];

type Matrix = readonly (readonly [number, number, number])[];

function rowsSummingToOne(rows: Matrix): Matrix {
  return rows.map(([x, y, z]) => {
    const sum = x + y + z;
    return [x / sum, y / sum, z / sum] as const;
  });
}

function inverse(m: Matrix): Matrix {
  const [[a, b, c], [d, e, f], [g, h, i]] = m as [
    [number, number, number],
    [number, number, number],
    [number, number, number],
  ];
  const determinant = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g);
  return [
    [e * i - f * h, c * h - b * i, b * f - c * e],
    [f * g - d * i, a * i - c * g, c * d - a * f],
    [d * h - e * g, b * g - a * h, a * e - b * d],
  ].map((row) => row.map((value) => value / determinant) as [number, number, number]);
}

// Linear RGB -> (X / Xn, Y / Yn, Z / Zn): the division by the white is part of the matrix.
const TO_XYZ = rowsSummingToOne([
  [0.4124564, 0.3575761, 0.1804375],
  [0.2126729, 0.7151522, 0.072175],
  [0.0193339, 0.119192, 0.9503041],
]);
const [[XR, XG, XB], [YR, YG, YB], [ZR, ZG, ZB]] = TO_XYZ as [
  [number, number, number],
  [number, number, number],
  [number, number, number],
];

/** (X / Xn, Y / Yn, Z / Zn) -> linear RGB, by rows. */
export const XYZ_TO_LINEAR_RGB: readonly [
  readonly [number, number, number],
  readonly [number, number, number],
  readonly [number, number, number],
] = inverse(TO_XYZ) as [
  [number, number, number],
  [number, number, number],
  [number, number, number],
];
const [[RX, RY, RZ], [GX, GY, GZ], [BX, BY, BZ]] = XYZ_TO_LINEAR_RGB;

const EPSILON = 216 / 24389; // (6/29)^3, CIE 15:2004
const KAPPA = 24389 / 27; // (29/3)^3
/** Where the inverse lightness function becomes a straight line (CIE 15:2004). */
export const LAB_DELTA = 6 / 29;
/** Slope and offset of that line: t = slope * f - offset. */
export const LAB_TOE_SLOPE = 116 / KAPPA;
export const LAB_TOE_OFFSET = 16 / KAPPA;

/** The lightness function f(t) of CIELAB (CIE 15:2004, 8.2.1). */
function labCurve(t: number): number {
  return t > EPSILON ? Math.cbrt(t) : (KAPPA * t + 16) / 116;
}

/** The inverse of {@link labCurve}. */
function labCurveInverse(f: number): number {
  return f > LAB_DELTA ? f * f * f : LAB_TOE_SLOPE * f - LAB_TOE_OFFSET;
}

// f(t) by linear interpolation, for the millions of pixels of a training epoch: off by at most
// 3e-7, that is 1.5e-4 in a*, where 8-bit rounding of the picture is worth about 0.5.
const CURVE_STEPS = 16384;
const curveTable = new Float64Array(CURVE_STEPS + 2);
for (let i = 0; i < curveTable.length; i++) curveTable[i] = labCurve(i / CURVE_STEPS);

function labCurveFast(t: number): number {
  const position = t * CURVE_STEPS;
  const index = position | 0;
  const below = curveTable[index]!;
  return below + (position - index) * (curveTable[index + 1]! - below);
}

/** CIELAB of one linear-light sRGB colour (each 0..1), without tables. Writes `[L*, a*, b*]`. */
export function linearRgbToLab(
  red: number,
  green: number,
  blue: number,
): [lightness: number, a: number, b: number] {
  const fx = labCurve(XR * red + XG * green + XB * blue);
  const fy = labCurve(YR * red + YG * green + YB * blue);
  const fz = labCurve(ZR * red + ZG * green + ZB * blue);
  return [116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)];
}

/** Linear-light sRGB of one CIELAB colour; outside 0..1 where the colour is out of gamut. */
export function labToLinearRgb(
  lightness: number,
  a: number,
  b: number,
): [red: number, green: number, blue: number] {
  const fy = (lightness + 16) / 116;
  const x = labCurveInverse(fy + a / 500);
  const y = labCurveInverse(fy);
  const z = labCurveInverse(fy - b / 200);
  return [RX * x + RY * y + RZ * z, GX * x + GY * y + GZ * z, BX * x + BY * y + BZ * z];
}

/** Relative luminance Y 0..1 of linear-light sRGB (each 0..1): the weights of red, green and blue. */
export const Y_OF_LINEAR_RGB: readonly [number, number, number] = [YR, YG, YB];

/** L* 0..100 of a relative luminance Y 0..1 (CIE 15:2004). */
export function lightnessOfY(y: number): number {
  return 116 * labCurve(y) - 16;
}

/**
 * CIELAB planes of an 8-bit sRGB picture. Pass subarrays to fill the n-th picture of a batch.
 *
 * @param rgb interleaved R, G, B codes 0..255: `[pixelCount, 3]`
 * @param lightness receives L*, 0..100: `[pixelCount]`
 * @param ab receives the a* plane, then the b* plane, in CIELAB units: `[2, pixelCount]`
 */
export function rgbToLab(
  rgb: Uint8Array,
  pixelCount: number,
  lightness: Float32Array,
  ab: Float32Array,
): void {
  for (let i = 0, source = 0; i < pixelCount; i++, source += 3) {
    const red = LINEAR_OF_SRGB8[rgb[source]!]!;
    const green = LINEAR_OF_SRGB8[rgb[source + 1]!]!;
    const blue = LINEAR_OF_SRGB8[rgb[source + 2]!]!;
    const fx = labCurveFast(XR * red + XG * green + XB * blue);
    const fy = labCurveFast(YR * red + YG * green + YB * blue);
    const fz = labCurveFast(ZR * red + ZG * green + ZB * blue);
    lightness[i] = 116 * fy - 16;
    ab[i] = 500 * (fx - fy);
    ab[pixelCount + i] = 200 * (fy - fz);
  }
}

/**
 * L* (0..100) of an sRGB picture of 8 bits (`Uint8Array`) or 16 bits (`Uint16Array`) a sample.
 *
 * @param pixels interleaved samples, sRGB encoded: `[pixelCount, channels]`
 * @param channels 1 grey, 2 grey + alpha, 3 RGB, 4 RGB + alpha; alpha is ignored
 * @param lightness receives L*: `[pixelCount]`
 */
export function lightnessOfPixels(
  pixels: Uint8Array | Uint16Array,
  channels: number,
  pixelCount: number,
  lightness: Float32Array,
): void {
  const linear = pixels instanceof Uint16Array ? linearOfSrgb16Table() : LINEAR_OF_SRGB8;
  if (channels < 3) {
    for (let i = 0; i < pixelCount; i++) {
      lightness[i] = 116 * labCurveFast(linear[pixels[i * channels]!]!) - 16;
    }
    return;
  }
  for (let i = 0, source = 0; i < pixelCount; i++, source += channels) {
    const y =
      YR * linear[pixels[source]!]! +
      YG * linear[pixels[source + 1]!]! +
      YB * linear[pixels[source + 2]!]!;
    lightness[i] = 116 * labCurveFast(y) - 16;
  }
}
