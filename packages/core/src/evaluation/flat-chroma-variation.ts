// Blotches: a plain wall or coat in patches of different colours. Objects of one colour show as places
// of flat lightness, where photographs have little variation of chroma, too: shading, coloured light
// and noise. So the amount is to be read beside the truth's own.

import { slopeX, slopeY } from "./slopes.js";

/**
 * Mean chroma gradient where the lightness is flat: the mean Sobel slope of a* and b* together over
 * all inner pixels without a lightness edge of the truth nearby. Chroma is averaged over 3 x 3 pixels
 * first, or rounding to 8 bits would be half of what a smooth picture has. That reaches no further
 * than lightness edges count as near, so that colours changing there stay out.
 *
 * @param ab CIELAB units: `[2, height, width]`
 * @param near of the truth, from `nearLightnessEdges`
 * @returns CIELAB units a pixel; 0 where no pixel is flat
 */
export function flatChromaVariation(
  ab: Float32Array,
  near: Uint8Array,
  width: number,
  height: number,
): number {
  const a = meansOfNine(ab.subarray(0, width * height), width, height);
  const b = meansOfNine(ab.subarray(width * height), width, height);
  let sum = 0;
  let count = 0;
  for (let y = 2; y < height - 2; y++) {
    for (let x = 2; x < width - 2; x++) {
      const i = y * width + x;
      if (near[i]) continue;
      const ax = slopeX(a, i, width);
      const ay = slopeY(a, i, width);
      const bx = slopeX(b, i, width);
      const by = slopeY(b, i, width);
      sum += Math.sqrt(ax * ax + ay * ay + bx * bx + by * by);
      count++;
    }
  }
  return count === 0 ? 0 : sum / count;
}

/** Means over 3 x 3 pixels, at inner pixels. */
function meansOfNine(plane: Float32Array, width: number, height: number): Float32Array {
  const rows = new Float32Array(plane.length);
  for (let i = 1; i < plane.length - 1; i++) rows[i] = plane[i - 1]! + plane[i]! + plane[i + 1]!;
  const means = new Float32Array(plane.length);
  for (let i = width; i < (height - 1) * width; i++) {
    means[i] = (rows[i - width]! + rows[i]! + rows[i + width]!) / 9;
  }
  return means;
}
