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
 * Makes an {@link RgbSample} of a picture that comes in bands of rows: means over a grid of places, at
 * most 64 on the longer side. The time hardly grows with the picture: of large ones, 64 pixels spread
 * over a place stand for it.
 */
export class RgbSampler {
  readonly #width: number;
  readonly #xs: readonly (readonly number[])[];
  readonly #ys: readonly (readonly number[])[];
  /** Sums over the pixels so far, 8-bit values: `[rows, columns, 3]`. */
  readonly #sums: Float64Array;

  constructor(width: number, height: number) {
    const scale = Math.min(1, SAMPLE_SIDE / Math.max(width, height));
    const columns = Math.max(1, Math.round(width * scale));
    const rows = Math.max(1, Math.round(height * scale));
    this.#width = width;
    this.#xs = placesOfStretches(width, columns, MOST_AVERAGED);
    this.#ys = placesOfStretches(height, rows, MOST_AVERAGED);
    this.#sums = new Float64Array(rows * columns * 3);
  }

  /**
   * Takes the next rows.
   *
   * @param pixels interleaved sRGB, whole rows: `[rowCount, width, channels]`
   * @param channels 3 RGB, 4 RGB + alpha, which is ignored
   * @param firstRow of the picture
   */
  add(pixels: Uint8Array | Uint16Array, channels: number, firstRow = 0): void {
    const unit = pixels instanceof Uint16Array ? 257 : 1;
    const stride = this.#width * channels;
    const endRow = firstRow + pixels.length / stride;
    for (const [row, ys] of this.#ys.entries()) {
      for (const y of ys) {
        if (y < firstRow || y >= endRow) continue;
        const start = (y - firstRow) * stride;
        let target = row * this.#xs.length * 3;
        for (const xs of this.#xs) {
          for (const x of xs) {
            for (let channel = 0; channel < 3; channel++) {
              this.#sums[target + channel]! += pixels[start + x * channels + channel]! / unit;
            }
          }
          target += 3;
        }
      }
    }
  }

  /** The sample, once all rows have been taken. */
  sample(): RgbSample {
    const [width, height] = [this.#xs.length, this.#ys.length];
    const rgb = Uint8Array.from(this.#sums, (sum, i) => {
      const place = Math.floor(i / 3);
      const pixels = this.#xs[place % width]!.length * this.#ys[Math.floor(place / width)]!.length;
      return Math.round(sum / pixels);
    });
    return { rgb, width, height };
  }
}

/** The sample of a picture that is there at once. */
export function sampleRgb(
  pixels: Uint8Array | Uint16Array,
  channels: number,
  width: number,
  height: number,
): RgbSample {
  const sampler = new RgbSampler(width, height);
  sampler.add(pixels, channels);
  return sampler.sample();
}
