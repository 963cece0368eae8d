// Lanczos resampling of one plane (K. Turkowski, "Filters for common resampling tasks", 1990). The
// kernel is widened by the reduction factor, so every source pixel counts and nothing aliases.

import type { Size } from "./working-size.js";

const LOBES = 3;

function lanczos(x: number): number {
  if (x === 0) return 1;
  if (Math.abs(x) >= LOBES) return 0;
  const angle = Math.PI * x;
  return (LOBES * Math.sin(angle) * Math.sin(angle / LOBES)) / (angle * angle);
}

/**
 * For every output sample: its first source sample and the normalised weights from there on.
 *
 * @param sourceLength in samples; a fraction means that the last sample is not a whole one
 */
function contributions(sourceLength: number, targetLength: number) {
  const scale = sourceLength / targetLength;
  const stretch = Math.max(scale, 1);
  const radius = LOBES * stretch;
  return Array.from({ length: targetLength }, (_, target) => {
    const centre = (target + 0.5) * scale - 0.5;
    const first = Math.max(0, Math.ceil(centre - radius));
    const last = Math.min(Math.ceil(sourceLength) - 1, Math.floor(centre + radius));
    const weights = new Float64Array(last - first + 1);
    let sum = 0;
    for (let i = first; i <= last; i++) {
      weights[i - first] = lanczos((i - centre) / stretch);
      sum += weights[i - first]!;
    }
    for (let i = 0; i < weights.length; i++) weights[i]! /= sum;
    return { first, weights };
  });
}

/**
 * Resizes a plane with a Lanczos-3 filter, antialiased, half-pixel centres.
 *
 * @param plane `[ceil(source.height), ceil(source.width)]`; with a fraction in the size of the
 * source, the last column or row is not a whole one
 * @returns `[target.height, target.width]`; may overshoot the range of the input at sharp edges
 */
export function resizePlane(plane: Float32Array, source: Size, target: Size): Float32Array {
  if (source.width === target.width && source.height === target.height) return plane.slice();
  const sourceColumns = Math.ceil(source.width);
  const columns = contributions(source.width, target.width);
  const rows = contributions(source.height, target.height);
  const resized = new Float32Array(target.height * target.width);
  const blended = new Float64Array(sourceColumns);
  for (let y = 0; y < target.height; y++) {
    const { first, weights } = rows[y]!;
    blendRows(plane, first, weights, blended);
    for (let x = 0; x < target.width; x++) {
      const { first, weights } = columns[x]!;
      let sum = 0;
      for (let i = 0; i < weights.length; i++) sum += weights[i]! * blended[first + i]!;
      resized[y * target.width + x] = sum;
    }
  }
  return resized;
}

/** The weighted sum of rows from `firstRow` on; four at a time, which saves traffic to memory. */
function blendRows(
  plane: Float32Array,
  firstRow: number,
  weights: Float64Array,
  blended: Float64Array,
): void {
  const width = blended.length;
  blended.fill(0);
  let i = 0;
  for (; i + 4 <= weights.length; i += 4) {
    const start = (firstRow + i) * width;
    const row0 = plane.subarray(start, start + width);
    const row1 = plane.subarray(start + width, start + 2 * width);
    const row2 = plane.subarray(start + 2 * width, start + 3 * width);
    const row3 = plane.subarray(start + 3 * width, start + 4 * width);
    const weight0 = weights[i]!;
    const weight1 = weights[i + 1]!;
    const weight2 = weights[i + 2]!;
    const weight3 = weights[i + 3]!;
    for (let x = 0; x < width; x++) {
      blended[x]! +=
        weight0 * row0[x]! + weight1 * row1[x]! + (weight2 * row2[x]! + weight3 * row3[x]!);
    }
  }
  for (; i < weights.length; i++) {
    const start = (firstRow + i) * width;
    const weight = weights[i]!;
    for (let x = 0; x < width; x++) blended[x]! += weight * plane[start + x]!;
  }
}
