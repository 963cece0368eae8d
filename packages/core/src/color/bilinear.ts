// Bilinear enlargement of planes with half-pixel centres: sample centres lie at (i + 0.5) / n, edges are
// held. Rows are blended first, at the small width, then stretched.

import type { Size } from "./size.js";

/** Between which two samples a row of the enlarged picture runs, and where. */
export interface Spans {
  /** First pixel of every span, then the width of the picture. */
  readonly starts: Int32Array;
  /** Index of the sample to the left of every span. */
  readonly samples: Int32Array;
  /** Weight of the sample to the right, for every pixel: `[width]`. */
  readonly weights: Float64Array;
}

/** @param sourceWidth samples in a row, of which the last is repeated by {@link blendRows} */
export function spansOf(sourceWidth: number, width: number): Spans {
  const starts: number[] = [];
  const samples: number[] = [];
  const weights = new Float64Array(width);
  for (let x = 0; x < width; x++) {
    const position = ((x + 0.5) * sourceWidth) / width - 0.5;
    const clamped = Math.min(Math.max(position, 0), sourceWidth - 1);
    const left = Math.floor(clamped);
    weights[x] = clamped - left;
    if (left !== samples.at(-1)) {
      starts.push(x);
      samples.push(left);
    }
  }
  starts.push(width);
  return { starts: Int32Array.from(starts), samples: Int32Array.from(samples), weights };
}

/**
 * The samples of one row of the enlarged picture, which lies between two rows of the source.
 *
 * @param plane `[source.height, source.width]`
 * @param row of the enlarged picture
 * @param height of the enlarged picture
 * @param blended receives the samples, the last one twice: `[source.width + 1]`
 */
export function blendRows(
  plane: Float32Array,
  source: Size,
  row: number,
  height: number,
  blended: Float64Array,
): void {
  const { width } = source;
  const position = ((row + 0.5) * source.height) / height - 0.5;
  const clamped = Math.min(Math.max(position, 0), source.height - 1);
  const top = Math.floor(clamped);
  const bottomWeight = clamped - top;
  const topStart = top * width;
  const bottomStart = Math.min(top + 1, source.height - 1) * width;
  for (let x = 0; x < width; x++) {
    const upper = plane[topStart + x]!;
    blended[x] = upper + bottomWeight * (plane[bottomStart + x]! - upper);
  }
  blended[width] = blended[width - 1]!;
}

/** Stretches a row from {@link blendRows} to the enlarged picture's width, into `out` from `target` on. */
export function stretchRow(
  row: Float64Array,
  { starts, samples, weights }: Spans,
  out: Float32Array,
  target: number,
): void {
  for (let span = 0; span < samples.length; span++) {
    const left = row[samples[span]!]!;
    const step = row[samples[span]! + 1]! - left;
    const end = starts[span + 1]!;
    for (let x = starts[span]!; x < end; x++) out[target + x] = left + weights[x]! * step;
  }
}
