// The first part of a large reduction: means over blocks of pixels. Lanczos resampling alone costs
// six multiplications a source pixel and direction, whatever the reduction; a mean is one addition.

import type { GrayPicture } from "../color/gray-picture.js";
import type { Size } from "./working-size.js";

/**
 * Samples that shall be left for each of the target's. At 5, the mean weakens the finest detail
 * that the target can hold by 1.6 % (sinc(1 / 10)), and coarser detail less.
 */
const SAMPLES_LEFT = 5;

/** A plane of means: the last column and row may stand for fewer source pixels than the others. */
export interface ShrunkPlane {
  /** L*: `[ceil(height), ceil(width)]` */
  readonly plane: Float32Array;
  /** Size of the source in blocks; not whole where the last block is not full. */
  readonly width: number;
  readonly height: number;
}

/**
 * Means of L* over blocks of pixels, as large as a later resampling to `target` allows; single
 * pixels if the picture is less than ten times as large as the target.
 */
export function shrinkForResampling(picture: GrayPicture, target: Size): ShrunkPlane {
  const { width, height, codes, lightness } = picture;
  const across = Math.max(1, Math.floor(width / target.width / SAMPLES_LEFT));
  const down = Math.max(1, Math.floor(height / target.height / SAMPLES_LEFT));
  const columns = Math.ceil(width / across);
  const rows = Math.ceil(height / down);
  const plane = new Float32Array(rows * columns);
  if (across === 1 && down === 1) {
    for (let i = 0; i < plane.length; i++) plane[i] = lightness[codes[i]!]!;
    return { plane, width, height };
  }
  const sums = new Float64Array(columns);
  for (let row = 0; row < rows; row++) {
    const lines = Math.min(down, height - row * down);
    sums.fill(0);
    for (let line = 0; line < lines; line++) {
      addBlocks(codes, (row * down + line) * width, width, across, lightness, sums);
    }
    for (let column = 0; column < columns; column++) {
      const pixels = lines * Math.min(across, width - column * across);
      plane[row * columns + column] = sums[column]! / pixels;
    }
  }
  return { plane, width: width / across, height: height / down };
}

/** Adds the L* of each block of `across` pixels of one line to its sum. */
function addBlocks(
  codes: Uint8Array | Uint16Array,
  start: number,
  width: number,
  across: number,
  lightness: Float32Array,
  sums: Float64Array,
): void {
  let at = start;
  const end = start + width;
  for (let column = 0; column < sums.length; column++) {
    const blockEnd = Math.min(at + across, end);
    let sum = 0;
    for (; at + 2 <= blockEnd; at += 2) sum += lightness[codes[at]!]! + lightness[codes[at + 1]!]!;
    if (at < blockEnd) sum += lightness[codes[at++]!]!;
    sums[column]! += sum;
  }
}
