// Bilinear upsampling of low-resolution chroma, a strip of rows at a time: a 12-megapixel picture
// would need 96 MB for its full a* and b* planes.

/** Chroma planes at working resolution. */
export interface ChromaPlanes {
  /** a* plane, then b* plane, CIELAB units: `[2, height, width]`. */
  readonly ab: Float32Array;
  readonly width: number;
  readonly height: number;
}

/** Between which two samples a row of the enlarged picture runs, and where. */
interface Spans {
  /** First pixel of every span, then the width of the picture. */
  readonly starts: Int32Array;
  /** Index of the sample to the left of every span. */
  readonly samples: Int32Array;
  /** Weight of the sample to the right, for every pixel: `[width]`. */
  readonly weights: Float64Array;
}

function spansOf(sourceWidth: number, width: number): Spans {
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
 * Enlarges chroma to one size of picture: bilinear with half-pixel centres (sample centres at
 * (i + 0.5) / n; edges are held). Any rows can be had, in any order, with the same result.
 */
export class ChromaUpsampler {
  readonly #source: ChromaPlanes;
  readonly #width: number;
  readonly #height: number;
  readonly #spans: Spans;
  /** One row of samples between two of the source, the last one repeated. */
  readonly #blended: Float64Array;

  constructor(source: ChromaPlanes, width: number, height: number) {
    this.#source = source;
    this.#width = width;
    this.#height = height;
    this.#spans = spansOf(source.width, width);
    this.#blended = new Float64Array(source.width + 1);
  }

  /**
   * Makes the rows `firstRow .. firstRow + rowCount - 1`.
   *
   * @param out receives the a* rows, then the b* rows: `[2, rowCount, width]`
   */
  rows(firstRow: number, rowCount: number, out: Float32Array): void {
    for (let plane = 0; plane < 2; plane++) {
      for (let row = 0; row < rowCount; row++) {
        this.#blend(plane, firstRow + row);
        stretch(this.#blended, this.#spans, out, (plane * rowCount + row) * this.#width);
      }
    }
  }

  #blend(plane: number, row: number): void {
    const { ab, width, height } = this.#source;
    const position = ((row + 0.5) * height) / this.#height - 0.5;
    const clamped = Math.min(Math.max(position, 0), height - 1);
    const top = Math.floor(clamped);
    const bottomWeight = clamped - top;
    const topStart = (plane * height + top) * width;
    const bottomStart = (plane * height + Math.min(top + 1, height - 1)) * width;
    const blended = this.#blended;
    for (let x = 0; x < width; x++) {
      const upper = ab[topStart + x]!;
      blended[x] = upper + bottomWeight * (ab[bottomStart + x]! - upper);
    }
    blended[width] = blended[width - 1]!;
  }
}

function stretch(
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

/**
 * Rows `firstRow .. firstRow + rowCount - 1` of the chroma enlarged to `width` x `height` pixels;
 * a {@link ChromaUpsampler} for once.
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
  new ChromaUpsampler(source, width, height).rows(firstRow, rowCount, out);
}
