// Borders keep no colour: the chroma of a scan fades to 0 from the edges of the photograph outwards.

import { along, type PictureArea } from "./picture-area.js";

/** Width of the fading, share of the scan's shorter side. */
const SOFT = 0.006;
/** ... and at least so many pixels. */
const SOFTEST = 1.5;

/** Takes the colour from a scan's borders, a strip of rows at a time. */
export class NeutralBorder {
  readonly #area: PictureArea;
  readonly #width: number;
  readonly #height: number;
  readonly #soft: number;
  /** y of the upper and the lower edge at every column, pixels. */
  readonly #top: Float64Array;
  readonly #bottom: Float64Array;

  constructor(area: PictureArea, width: number, height: number) {
    this.#area = area;
    this.#width = width;
    this.#height = height;
    this.#soft = Math.max(SOFTEST, SOFT * Math.min(width, height));
    const edge = (ends: PictureArea["top"]) =>
      Float64Array.from({ length: width }, (_, x) => along(ends, (x + 0.5) / width) * height);
    // A photograph that reaches the side of the scan does not fade there.
    this.#top = reaches(area.top, 0) ? new Float64Array(width).fill(-Infinity) : edge(area.top);
    this.#bottom = reaches(area.bottom, 1)
      ? new Float64Array(width).fill(Infinity)
      : edge(area.bottom);
  }

  /**
   * @param ab a* rows, then b* rows, changed in place: `[2, rowCount, width]`
   * @param firstRow of the scan
   */
  fade(ab: Float32Array, firstRow: number, rowCount: number): void {
    const width = this.#width;
    const plane = rowCount * width;
    for (let row = 0; row < rowCount; row++) {
      const y = firstRow + row + 0.5;
      const share = y / this.#height;
      const left = reaches(this.#area.left, 0) ? -Infinity : along(this.#area.left, share) * width;
      const right = reaches(this.#area.right, 1)
        ? Infinity
        : along(this.#area.right, share) * width;
      for (let x = 0; x < width; x++) {
        const depth = Math.min(
          y - this.#top[x]!,
          this.#bottom[x]! - y,
          x + 0.5 - left,
          right - x - 0.5,
        );
        if (depth >= 0) continue;
        const weight = Math.max(0, 1 + depth / this.#soft);
        ab[row * width + x]! *= weight;
        ab[plane + row * width + x]! *= weight;
      }
    }
  }
}

function reaches([first, last]: PictureArea["top"], side: 0 | 1): boolean {
  return first === side && last === side;
}
