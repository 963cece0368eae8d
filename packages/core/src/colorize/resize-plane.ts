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
  const columns = contributions(source.width, target.width);
  const sourceColumns = Math.ceil(source.width);
  const sourceRows = Math.ceil(source.height);
  const narrow = new Float32Array(sourceRows * target.width);
  for (let y = 0; y < sourceRows; y++) {
    const rowStart = y * sourceColumns;
    for (let x = 0; x < target.width; x++) {
      const { first, weights } = columns[x]!;
      let sum = 0;
      for (let i = 0; i < weights.length; i++) sum += weights[i]! * plane[rowStart + first + i]!;
      narrow[y * target.width + x] = sum;
    }
  }
  const rows = contributions(source.height, target.height);
  const resized = new Float32Array(target.height * target.width);
  for (let y = 0; y < target.height; y++) {
    const { first, weights } = rows[y]!;
    const out = resized.subarray(y * target.width, (y + 1) * target.width);
    for (let i = 0; i < weights.length; i++) {
      const weight = weights[i]!;
      const rowStart = (first + i) * target.width;
      for (let x = 0; x < target.width; x++) out[x]! += weight * narrow[rowStart + x]!;
    }
  }
  return resized;
}
