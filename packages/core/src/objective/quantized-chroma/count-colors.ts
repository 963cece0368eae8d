// Counting the prior over training pictures, whose colours are brought to the size of the prediction as
// the objective does it.

import type { PriorCounts } from "./prior.js";

/** Pictures of one size, as they are fed to training. */
export interface CountedPictures {
  /** Pictures that count, the first of the arrays. */
  readonly count: number;
  readonly height: number;
  readonly width: number;
  /** L* 0..100: `[N, 1, height, width]`. */
  readonly lightness: Float32Array;
  /** CIELAB units: `[N, 2, height, width]`. */
  readonly ab: Float32Array;
}

/**
 * Adds the targets of training pictures to a prior, but for those that the objective leaves out.
 *
 * @param stride of the head: targets are means over squares of so many pixels a side
 * @param minimumChroma of the objective, CIELAB units
 */
export function countColors(
  counts: PriorCounts,
  { count, height, width, lightness, ab }: CountedPictures,
  stride: number,
  minimumChroma: number,
): void {
  const pixels = height * width;
  const positions = pixels / (stride * stride);
  for (let picture = 0; picture < count; picture++) {
    const plane = (planes: Float32Array, index: number) =>
      squareMeans(planes.subarray(index * pixels, (index + 1) * pixels), width, height, stride);
    const target = new Float32Array(2 * positions);
    target.set(plane(ab, 2 * picture));
    target.set(plane(ab, 2 * picture + 1), positions);
    let chroma = 0;
    for (let i = 0; i < positions; i++) chroma += Math.hypot(target[i]!, target[positions + i]!);
    if (chroma / positions < minimumChroma) continue;
    counts.add(target, counts.bands > 1 ? plane(lightness, picture) : undefined);
  }
}

function squareMeans(
  plane: Float32Array,
  width: number,
  height: number,
  side: number,
): Float32Array {
  const columns = width / side;
  const means = new Float32Array(columns * (height / side));
  for (let y = 0; y < height; y++) {
    const row = Math.floor(y / side) * columns;
    for (let x = 0; x < width; x++) means[row + Math.floor(x / side)]! += plane[y * width + x]!;
  }
  return means.map((sum) => sum / (side * side));
}
