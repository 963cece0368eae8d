// A small copy of a colour picture, for what is judged by its colours before they are given up.

import { placesOfStretches } from "./grid-places.js";

/** A small colour picture. */
export interface RgbSample {
  /** Interleaved sRGB of 8 bits: `[height, width, 3]`. */
  readonly rgb: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/**
 * Pixels of the longer side. Averages over places this large lie on the curve of a toned print, too,
 * and no longer show the blocks of JPEG and the noise of a scanner.
 */
const SAMPLE_SIDE = 64;
/** Pixels that are averaged for one place, in each direction, at most. */
const MOST_AVERAGED = 8;

/**
 * Means over a grid of places, at most 64 on the longer side. The time hardly grows with the picture:
 * of large ones, 64 pixels spread over a place stand for it.
 *
 * @param pixels interleaved sRGB: `[height, width, channels]`
 * @param channels 3 RGB, 4 RGB + alpha, which is ignored
 */
export function sampleRgb(
  pixels: Uint8Array | Uint16Array,
  channels: 3 | 4,
  width: number,
  height: number,
): RgbSample {
  const scale = Math.min(1, SAMPLE_SIDE / Math.max(width, height));
  const columns = Math.max(1, Math.round(width * scale));
  const rows = Math.max(1, Math.round(height * scale));
  const unit = pixels instanceof Uint16Array ? 257 : 1;
  const xs = placesOfStretches(width, columns, MOST_AVERAGED);
  const ys = placesOfStretches(height, rows, MOST_AVERAGED);
  const rgb = new Uint8Array(rows * columns * 3);
  for (let row = 0, target = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++, target += 3) {
      let [red, green, blue] = [0, 0, 0];
      for (const y of ys[row]!) {
        for (const x of xs[column]!) {
          const source = (y * width + x) * channels;
          red += pixels[source]!;
          green += pixels[source + 1]!;
          blue += pixels[source + 2]!;
        }
      }
      const divisor = ys[row]!.length * xs[column]!.length * unit;
      rgb[target] = Math.round(red / divisor);
      rgb[target + 1] = Math.round(green / divisor);
      rgb[target + 2] = Math.round(blue / divisor);
    }
  }
  return { rgb, width: columns, height: rows };
}
