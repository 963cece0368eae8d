// Full-resolution luminance + low-resolution chroma -> pixels.

import { labToRgb } from "../color/gamut.js";
import { type ChromaPlanes, upsampleChromaRows } from "../color/upsample.js";
import type { Size } from "./working-size.js";

/** Chroma is enlarged for about this many pixels at a time, so that it stays in the cache. */
const STRIP_PIXELS = 65536;

/** How {@link composePixels} makes its picture. */
export interface ComposeOptions {
  /** Factor on the chroma: 0 grey, 1 as predicted, 2 twice as colourful. */
  readonly saturation: number;
  /** Bits a sample. */
  readonly bitDepth: 8 | 16;
  /** Alpha plane to carry over, of the same bit depth: `[height, width]`. */
  readonly alpha?: Uint8Array | Uint16Array;
}

/**
 * Composes the picture: the given L* exactly (within the rounding of `bitDepth`), the chroma
 * enlarged bilinearly and held within the sRGB gamut.
 *
 * @param luminance L* 0..100 at full resolution: `[height, width]`
 * @param chroma a* and b* at any resolution
 * @returns interleaved sRGB: `[height, width, 3]`, or `[height, width, 4]` with an alpha
 */
export function composePixels(
  luminance: Float32Array,
  chroma: ChromaPlanes,
  { width, height }: Size,
  { saturation, bitDepth, alpha }: ComposeOptions,
): Uint8Array | Uint16Array {
  const channels = alpha ? 4 : 3;
  const length = width * height * channels;
  const pixels = bitDepth === 16 ? new Uint16Array(length) : new Uint8Array(length);
  const source = { ...chroma, ab: chroma.ab.map((value) => value * saturation) };
  const rowsPerStrip = Math.max(1, Math.floor(STRIP_PIXELS / width));
  const ab = new Float32Array(2 * rowsPerStrip * width);
  for (let firstRow = 0; firstRow < height; firstRow += rowsPerStrip) {
    const rowCount = Math.min(rowsPerStrip, height - firstRow);
    const start = firstRow * width;
    const count = rowCount * width;
    upsampleChromaRows(source, width, height, firstRow, rowCount, ab);
    const strip = pixels.subarray(start * channels, (start + count) * channels);
    labToRgb(luminance.subarray(start, start + count), ab, count, channels, strip);
  }
  if (alpha) for (let i = 0; i < alpha.length; i++) pixels[i * 4 + 3] = alpha[i]!;
  return pixels;
}
