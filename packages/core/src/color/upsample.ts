// Upsampling of low-resolution chroma, a strip of rows at a time: a 12-megapixel picture would need 96
// MB for its full a* and b* planes.

import { blendRows, type Spans, spansOf, stretchRow } from "./bilinear.js";
import { type ChromaPlanes, GuidedUpsampler } from "./guided-chroma.js";

/**
 * Enlarges chroma to one size of picture. Chroma with a guide follows the picture's lightness and stays
 * within the range of the low-resolution colours around (those of a position and of the two next to it on
 * each side), so that edges are as sharp as the lightness's and film grain does not become noise in
 * colour. Chroma without is enlarged bilinearly. Any rows can be had, in any order, with the same result.
 */
export class ChromaUpsampler {
  readonly #guided: GuidedUpsampler | undefined;
  readonly #source: ChromaPlanes;
  readonly #width: number;
  readonly #height: number;
  readonly #spans: Spans;
  /** One row of samples between two of the source. */
  readonly #blended: Float64Array;

  /** @throws RangeError if the chroma's guide is smaller than the chroma */
  constructor(source: ChromaPlanes, width: number, height: number) {
    this.#guided = source.guide && new GuidedUpsampler(source, source.guide, width, height);
    this.#source = source;
    this.#width = width;
    this.#height = height;
    this.#spans = spansOf(source.width, width);
    this.#blended = new Float64Array(source.width + 1);
  }

  /**
   * Makes the rows `firstRow .. firstRow + rowCount - 1`.
   *
   * @param lightness L* 0..100 of these rows: `[rowCount, width]`
   * @param out receives the a* rows, then the b* rows: `[2, rowCount, width]`
   */
  rows(firstRow: number, rowCount: number, lightness: Float32Array, out: Float32Array): void {
    for (let plane = 0; plane < 2; plane++) {
      for (let row = 0; row < rowCount; row++) {
        const start = row * this.#width;
        const target = plane * rowCount * this.#width + start;
        if (this.#guided) {
          this.#guided.row(plane, firstRow + row, lightness, start, out, target);
        } else {
          this.#bilinearRow(plane, firstRow + row, out, target);
        }
      }
    }
  }

  #bilinearRow(plane: number, row: number, out: Float32Array, target: number): void {
    const { ab, width, height } = this.#source;
    const samples = ab.subarray(plane * width * height, (plane + 1) * width * height);
    blendRows(samples, this.#source, row, this.#height, this.#blended);
    stretchRow(this.#blended, this.#spans, out, target);
  }
}
