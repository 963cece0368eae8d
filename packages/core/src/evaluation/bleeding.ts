// Colour bleeding: colour that runs over the border of its object. Objects end where the lightness
// changes, so a change of colour without a change of lightness nearby is suspect. Real pictures
// have some as well (painted patterns, coloured light, chroma subsampling), so the index is to be
// read beside the truth's own.

import { slopeX, slopeY } from "./slopes.js";

/** A chroma edge changes by more than this, CIELAB units a pixel. */
const CHROMA_EDGE = 1;
/** A lightness edge changes by more than this, L* a pixel. */
const LIGHTNESS_EDGE = 2;
/** A lightness edge counts as near within this many pixels, in x and in y. */
const NEAR = 2;
/** Mean edge strength, CIELAB units a pixel, below which a picture has too few edges to judge. */
const FEW_EDGES = 0.25;

/**
 * Marks the pixels with a lightness edge nearby.
 *
 * @param lightness L* 0..100: `[height, width]`
 * @returns 1 where an edge is within 2 pixels: `[height, width]`
 */
export function nearLightnessEdges(
  lightness: Float32Array,
  width: number,
  height: number,
): Uint8Array {
  const edges = new Uint8Array(width * height);
  for (let y = 1; y < height - 1; y++) {
    for (let x = 1; x < width - 1; x++) {
      const i = y * width + x;
      const sx = slopeX(lightness, i, width);
      const sy = slopeY(lightness, i, width);
      edges[i] = Number(sx * sx + sy * sy > LIGHTNESS_EDGE * LIGHTNESS_EDGE);
    }
  }
  // Spread along the rows, then along the columns.
  const wide = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const i = y * width + x;
      let near = edges[i]!;
      for (let step = 1; step <= NEAR; step++) {
        if (x >= step) near |= edges[i - step]!;
        if (x + step < width) near |= edges[i + step]!;
      }
      wide[i] = near;
    }
  }
  const near = wide.slice();
  for (let step = 1; step <= NEAR; step++) {
    const shift = step * width;
    for (let i = 0; i < near.length - shift; i++) {
      near[i]! |= wide[i + shift]!;
      near[i + shift]! |= wide[i]!;
    }
  }
  return near;
}

/**
 * Bleeding index: the share of all chroma edge strength that has no lightness edge nearby. The
 * lightness is the truth's, for predictions as well: its edges are those of the objects.
 *
 * @param ab CIELAB units: `[2, height, width]`
 * @param near from {@link nearLightnessEdges}
 * @returns 0 (every change of colour has its change of lightness, or there is none) .. 1
 */
export function bleedingIndex(
  ab: Float32Array,
  near: Uint8Array,
  width: number,
  height: number,
): number {
  const a = ab.subarray(0, width * height);
  const b = ab.subarray(width * height);
  let all = 0;
  let alone = 0;
  for (let y = 1; y < height - 1; y++) {
    for (let x = 1; x < width - 1; x++) {
      const i = y * width + x;
      const ax = slopeX(a, i, width);
      const ay = slopeY(a, i, width);
      const bx = slopeX(b, i, width);
      const by = slopeY(b, i, width);
      const square = ax * ax + ay * ay + bx * bx + by * by;
      if (square <= CHROMA_EDGE * CHROMA_EDGE) continue;
      const strength = Math.sqrt(square);
      all += strength;
      if (!near[i]) alone += strength;
    }
  }
  return alone / Math.max(all, FEW_EDGES * (width - 2) * (height - 2));
}
