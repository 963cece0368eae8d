// CIELAB -> sRGB pixels that keep L*. Where (L*, a*, b*) has no sRGB colour, clipping the channels
// would change the lightness; instead the chroma is reduced at constant L* and hue until it fits.

import { LAB_DELTA, LAB_TOE_OFFSET, LAB_TOE_SLOPE, XYZ_TO_LINEAR_RGB } from "./lab.js";
import { linearToSrgbFast, SRGB8_OF_LINEAR, SRGB8_OF_LINEAR_SCALE } from "./srgb.js";

// Memory for pixels out of gamut, kept from strip to strip: fresh arrays for each cost more than
// the few such pixels of most strips.
let scratch = { left: new Int32Array(0), rgb: new Float64Array(0) };

function scratchFor(pixelCount: number): { left: Int32Array; rgb: Float64Array } {
  if (scratch.left.length < pixelCount) {
    scratch = { left: new Int32Array(pixelCount), rgb: new Float64Array(3 * pixelCount) };
  }
  return scratch;
}

type Row = [number, number, number];

const [[RX, RY, RZ], [GX, GY, GZ], [BX, BY, BZ]] = XYZ_TO_LINEAR_RGB;

/** Light that rounding to 16 bits hides even in the steep toe of the curve: 0.5 / 65535 / 12.92. */
const TOLERANCE = 6e-7;
/** The same for 8 bits: a 60th of a code there. */
const TOLERANCE8 = 5e-6;
const MOST_STEPS = 24;

/**
 * Linear-light sRGB of the listed pixels, whose chroma is scaled down by the largest factor that
 * fits into the gamut within `tolerance` of light. The factor is found by the Illinois variant of
 * regula falsi (M. Dowell & P. Jarratt, BIT 11, 1971). All pixels in one call: one call each, with
 * numbers passed in and out, would take twice as long.
 *
 * @param lightness L*, clipped to 0..100: `[pixelCount]`
 * @param ab CIELAB units: `[2, pixelCount]`
 * @param listed which pixels; the first `listedCount` entries count
 * @returns `[listedCount, 3]`, overwritten by the next call
 */
function linearRgbInGamut(
  lightness: Float32Array,
  ab: Float32Array,
  pixelCount: number,
  listed: Int32Array,
  listedCount: number,
  tolerance: number,
): Float64Array {
  const rgb = scratchFor(listedCount).rgb;
  for (let n = 0; n < listedCount; n++) {
    const own = lightness[listed[n]!]!;
    const fy = ((own < 0 ? 0 : own > 100 ? 100 : own) + 16) * (1 / 116);
    const da = ab[listed[n]!]! * (1 / 500);
    const db = ab[pixelCount + listed[n]!]! * (1 / 200);
    const y = fy > LAB_DELTA ? fy * fy * fy : LAB_TOE_SLOPE * fy - LAB_TOE_OFFSET;
    // The border lies between the grey of this lightness, which always fits, and the full chroma.
    // "Excess" is by how much the furthest channel lies outside 0..1.
    let inside = 0;
    let insideExcess = y > 0.5 ? y - 1 : -y;
    let outside = 1;
    let outsideExcess = 0;
    let lastMoved = 0;
    let factor = insideExcess < -tolerance ? 1 : 0; // 0: black or white
    for (let step = 0; step < MOST_STEPS; step++) {
      const fx = fy + da * factor;
      const fz = fy - db * factor;
      const x = fx > LAB_DELTA ? fx * fx * fx : LAB_TOE_SLOPE * fx - LAB_TOE_OFFSET;
      const z = fz > LAB_DELTA ? fz * fz * fz : LAB_TOE_SLOPE * fz - LAB_TOE_OFFSET;
      const red = RX * x + RY * y + RZ * z;
      const green = GX * x + GY * y + GZ * z;
      const blue = BX * x + BY * y + BZ * z;
      rgb[3 * n] = red;
      rgb[3 * n + 1] = green;
      rgb[3 * n + 2] = blue;
      // Comparisons: Math.min and Math.max cost more, for the sake of NaN and -0.
      let lowest = red < green ? red : green;
      lowest = blue < lowest ? blue : lowest;
      let highest = red > green ? red : green;
      highest = blue > highest ? blue : highest;
      const excess = -lowest > highest - 1 ? -lowest : highest - 1;
      if (excess <= tolerance && (excess >= -tolerance || factor === 1)) break;
      // An end that stays twice in a row counts half, or it would hold the secant back.
      if (excess < 0) {
        inside = factor;
        insideExcess = excess;
        if (lastMoved === -1) outsideExcess /= 2;
        lastMoved = -1;
      } else {
        outside = factor;
        outsideExcess = excess;
        if (lastMoved === 1) insideExcess /= 2;
        lastMoved = 1;
      }
      factor = inside + (insideExcess / (insideExcess - outsideExcess)) * (outside - inside);
    }
  }
  return rgb;
}

/**
 * Linear-light sRGB (each 0..1 within 1e-6) of a CIELAB colour, with a* and b* scaled down by the
 * largest common factor that fits into the sRGB gamut. L* is clipped to 0..100.
 */
export function labToLinearRgbInGamut(
  lightness: number,
  a: number,
  b: number,
): [red: number, green: number, blue: number] {
  const planes = [Float32Array.of(lightness), Float32Array.of(a, b)] as const;
  const rgb = linearRgbInGamut(...planes, 1, Int32Array.of(0), 1, TOLERANCE);
  return [rgb[0]!, rgb[1]!, rgb[2]!];
}

/**
 * sRGB pixels of CIELAB planes, 8 bits a sample into a `Uint8Array`, 16 bits into a `Uint16Array`.
 * Chroma out of gamut is reduced ({@link labToLinearRgbInGamut}), so the L* of the result differs
 * from `lightness` by no more than rounding the equivalent grey would make it differ.
 *
 * @param lightness L* 0..100: `[pixelCount]`
 * @param ab a* plane, then b* plane, CIELAB units: `[2, pixelCount]`
 * @param channels samples a pixel in `pixels`: 3, or 4 to step over an alpha that stays as it is
 * @param pixels receives R, G, B: `[pixelCount, channels]`
 */
export function labToRgb(
  lightness: Float32Array,
  ab: Float32Array,
  pixelCount: number,
  channels: 3 | 4,
  pixels: Uint8Array | Uint16Array,
): void {
  if (pixels instanceof Uint16Array) labToRgb16(lightness, ab, pixelCount, channels, pixels);
  else labToRgb8(lightness, ab, pixelCount, channels, pixels);
}

// Linear light 0..1 becomes an index into the table of 8-bit codes.
const LAST = SRGB8_OF_LINEAR.length - 1;
const [RX8, RY8, RZ8] = XYZ_TO_LINEAR_RGB[0].map((v) => v * SRGB8_OF_LINEAR_SCALE) as Row;
const [GX8, GY8, GZ8] = XYZ_TO_LINEAR_RGB[1].map((v) => v * SRGB8_OF_LINEAR_SCALE) as Row;
const [BX8, BY8, BZ8] = XYZ_TO_LINEAR_RGB[2].map((v) => v * SRGB8_OF_LINEAR_SCALE) as Row;

// Both kernels write everything out (a call for each pixel would double their time) and leave
// pixels out of gamut for later.

function labToRgb8(
  lightness: Float32Array,
  ab: Float32Array,
  pixelCount: number,
  channels: 3 | 4,
  pixels: Uint8Array,
): void {
  const aPlane = ab.subarray(0, pixelCount);
  const bPlane = ab.subarray(pixelCount, 2 * pixelCount);
  const { left } = scratchFor(pixelCount);
  let leftCount = 0;
  for (let i = 0, target = 0; i < pixelCount; i++, target += channels) {
    const fy = (lightness[i]! + 16) * (1 / 116);
    const fx = fy + aPlane[i]! * (1 / 500);
    const fz = fy - bPlane[i]! * (1 / 200);
    const x = fx > LAB_DELTA ? fx * fx * fx : LAB_TOE_SLOPE * fx - LAB_TOE_OFFSET;
    const y = fy > LAB_DELTA ? fy * fy * fy : LAB_TOE_SLOPE * fy - LAB_TOE_OFFSET;
    const z = fz > LAB_DELTA ? fz * fz * fz : LAB_TOE_SLOPE * fz - LAB_TOE_OFFSET;
    const red = (RX8 * x + RY8 * y + RZ8 * z) | 0;
    const green = (GX8 * x + GY8 * y + GZ8 * z) | 0;
    const blue = (BX8 * x + BY8 * y + BZ8 * z) | 0;
    // A channel beyond the table, by more than rounding to 8 bits hides.
    if ((red | green | blue) & ~LAST) left[leftCount++] = i;
    else {
      pixels[target] = SRGB8_OF_LINEAR[red]!;
      pixels[target + 1] = SRGB8_OF_LINEAR[green]!;
      pixels[target + 2] = SRGB8_OF_LINEAR[blue]!;
    }
  }
  const rgb = linearRgbInGamut(lightness, ab, pixelCount, left, leftCount, TOLERANCE8);
  for (let n = 0; n < leftCount; n++) {
    for (let channel = 0; channel < 3; channel++) {
      const index = (rgb[3 * n + channel]! * SRGB8_OF_LINEAR_SCALE) | 0;
      const inTable = index < 0 ? 0 : index > LAST ? LAST : index;
      pixels[left[n]! * channels + channel] = SRGB8_OF_LINEAR[inTable]!;
    }
  }
}

function labToRgb16(
  lightness: Float32Array,
  ab: Float32Array,
  pixelCount: number,
  channels: 3 | 4,
  pixels: Uint16Array,
): void {
  const aPlane = ab.subarray(0, pixelCount);
  const bPlane = ab.subarray(pixelCount, 2 * pixelCount);
  const { left } = scratchFor(pixelCount);
  let leftCount = 0;
  for (let i = 0, target = 0; i < pixelCount; i++, target += channels) {
    const fy = (lightness[i]! + 16) * (1 / 116);
    const fx = fy + aPlane[i]! * (1 / 500);
    const fz = fy - bPlane[i]! * (1 / 200);
    const x = fx > LAB_DELTA ? fx * fx * fx : LAB_TOE_SLOPE * fx - LAB_TOE_OFFSET;
    const y = fy > LAB_DELTA ? fy * fy * fy : LAB_TOE_SLOPE * fy - LAB_TOE_OFFSET;
    const z = fz > LAB_DELTA ? fz * fz * fz : LAB_TOE_SLOPE * fz - LAB_TOE_OFFSET;
    const red = RX * x + RY * y + RZ * z;
    const green = GX * x + GY * y + GZ * z;
    const blue = BX * x + BY * y + BZ * z;
    const lowest = red < green ? red : green;
    const highest = red > green ? red : green;
    if (
      (blue < lowest ? blue : lowest) < -TOLERANCE ||
      (blue > highest ? blue : highest) > 1 + TOLERANCE
    ) {
      left[leftCount++] = i;
    } else {
      pixels[target] = linearToSrgbFast(red) * 65535 + 0.5;
      pixels[target + 1] = linearToSrgbFast(green) * 65535 + 0.5;
      pixels[target + 2] = linearToSrgbFast(blue) * 65535 + 0.5;
    }
  }
  const rgb = linearRgbInGamut(lightness, ab, pixelCount, left, leftCount, TOLERANCE);
  for (let n = 0; n < leftCount; n++) {
    for (let channel = 0; channel < 3; channel++) {
      const light = rgb[3 * n + channel]!;
      pixels[left[n]! * channels + channel] = linearToSrgbFast(light) * 65535 + 0.5;
    }
  }
}
