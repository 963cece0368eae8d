// Blotches: a plain wall or coat in patches of different colours. Objects of one colour show as places
// of flat lightness, where photographs have little variation of chroma, too: shading, coloured light
// and noise. So the amount is to be read beside the truth's own.

import { slopeX, slopeY } from "./slopes.js";

/**
 * Mean chroma gradient where the lightness is flat: the mean Sobel slope of a* and b* together over
 * all inner pixels without a lightness edge of the truth nearby.
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
  const a = ab.subarray(0, width * height);
  const b = ab.subarray(width * height);
  let sum = 0;
  let count = 0;
  for (let y = 1; y < height - 1; y++) {
    for (let x = 1; x < width - 1; x++) {
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
