// CIELAB -> sRGB pixels that keep L*. Where (L*, a*, b*) has no sRGB colour, clipping the channels
// would change the lightness; instead the chroma is reduced at constant L* and hue until it fits.

import { labToLinearRgb } from "./lab.js";
import { linearToSrgbFast } from "./srgb.js";

// What rounding to 16 bits hides even in the steep toe of the curve: 0.5 / 65535 / 12.92.
const TOLERANCE = 6e-7;
const BISECTIONS = 18;

function fits(rgb: readonly [number, number, number]): boolean {
  const highest = 1 + TOLERANCE;
  return (
    rgb[0] >= -TOLERANCE &&
    rgb[1] >= -TOLERANCE &&
    rgb[2] >= -TOLERANCE &&
    rgb[0] <= highest &&
    rgb[1] <= highest &&
    rgb[2] <= highest
  );
}

/**
 * Linear-light sRGB (each 0..1 within 1e-6) of a CIELAB colour, with a* and b* scaled down by the
 * largest common factor that fits into the sRGB gamut. L* is clipped to 0..100.
 */
export function labToLinearRgbInGamut(
  luminance: number,
  a: number,
  b: number,
): [red: number, green: number, blue: number] {
  const lightness = Math.min(Math.max(luminance, 0), 100);
  const wanted = labToLinearRgb(lightness, a, b);
  if (fits(wanted)) return wanted;
  // The neutral grey of this lightness always fits, so the border lies between the two.
  let inside = 0;
  let outside = 1;
  let best = labToLinearRgb(lightness, 0, 0);
  for (let i = 0; i < BISECTIONS; i++) {
    const middle = (inside + outside) / 2;
    const candidate = labToLinearRgb(lightness, a * middle, b * middle);
    if (fits(candidate)) {
      inside = middle;
      best = candidate;
    } else {
      outside = middle;
    }
  }
  return best;
}

/**
 * sRGB pixels of CIELAB planes, 8 bits a sample into a `Uint8Array`, 16 bits into a `Uint16Array`.
 * Chroma out of gamut is reduced ({@link labToLinearRgbInGamut}), so the L* of the result differs
 * from `luminance` by no more than rounding the equivalent grey would make it differ.
 *
 * @param luminance L* 0..100: `[pixelCount]`
 * @param ab a* plane, then b* plane, CIELAB units: `[2, pixelCount]`
 * @param channels samples a pixel in `pixels`: 3, or 4 to step over an alpha that stays as it is
 * @param pixels receives R, G, B: `[pixelCount, channels]`
 */
export function labToRgb(
  luminance: Float32Array,
  ab: Float32Array,
  pixelCount: number,
  channels: 3 | 4,
  pixels: Uint8Array | Uint16Array,
): void {
  const scale = pixels instanceof Uint16Array ? 65535 : 255;
  for (let i = 0, target = 0; i < pixelCount; i++, target += channels) {
    const [red, green, blue] = labToLinearRgbInGamut(luminance[i]!, ab[i]!, ab[pixelCount + i]!);
    pixels[target] = linearToSrgbFast(red) * scale + 0.5;
    pixels[target + 1] = linearToSrgbFast(green) * scale + 0.5;
    pixels[target + 2] = linearToSrgbFast(blue) * scale + 0.5;
  }
}
