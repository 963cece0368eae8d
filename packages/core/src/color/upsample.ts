// Bilinear upsampling of low-resolution chroma, a strip of rows at a time: a 12-megapixel picture
// would need 96 MB for its full a* and b* planes.

/** Chroma planes at working resolution. */
export interface ChromaPlanes {
  /** a* plane, then b* plane, CIELAB units: `[2, height, width]`. */
  readonly ab: Float32Array;
  readonly width: number;
  readonly height: number;
}

/**
 * Rows `firstRow .. firstRow + rowCount - 1` of the chroma enlarged to `width` x `height` pixels:
 * bilinear with half-pixel centres (sample centres at (i + 0.5) / n; edges are held), the same in
 * every strip size.
 *
 * @param out receives the a* rows, then the b* rows: `[2, rowCount, width]`
 */
export function upsampleChromaRows(
  source: ChromaPlanes,
  width: number,
  height: number,
  firstRow: number,
  rowCount: number,
  out: Float32Array,
): void {
  const left = new Int32Array(width);
  const right = new Int32Array(width);
  const rightWeight = new Float32Array(width);
  for (let x = 0; x < width; x++) {
    const position = ((x + 0.5) * source.width) / width - 0.5;
    const clamped = Math.min(Math.max(position, 0), source.width - 1);
    left[x] = Math.floor(clamped);
    right[x] = Math.min(left[x]! + 1, source.width - 1);
    rightWeight[x] = clamped - left[x]!;
  }
  const blended = new Float32Array(source.width);
  for (let plane = 0; plane < 2; plane++) {
    const planeStart = plane * source.width * source.height;
    for (let row = 0; row < rowCount; row++) {
      const position = ((firstRow + row + 0.5) * source.height) / height - 0.5;
      const clamped = Math.min(Math.max(position, 0), source.height - 1);
      const top = Math.floor(clamped);
      const bottom = Math.min(top + 1, source.height - 1);
      const bottomWeight = clamped - top;
      const topStart = planeStart + top * source.width;
      const bottomStart = planeStart + bottom * source.width;
      for (let x = 0; x < source.width; x++) {
        const upper = source.ab[topStart + x]!;
        blended[x] = upper + bottomWeight * (source.ab[bottomStart + x]! - upper);
      }
      const target = (plane * rowCount + row) * width;
      for (let x = 0; x < width; x++) {
        const value = blended[left[x]!]!;
        out[target + x] = value + rightWeight[x]! * (blended[right[x]!]! - value);
      }
    }
  }
}
