// Colours as distributions over bins, after Zhang et al. 2016, section 2.1: the 5 nearest bins, each
// weighted by a Gaussian of its distance. All of it is a table over a fine grid of the a*b* plane,
// so that a graph encodes with a division, a rounding and a Gather.

import { UserError } from "../../user-error.js";
import { type ChromaBins, cellOf, middleOf } from "./bins.js";

export interface EncodingOptions {
  /** Nearest bins that share a colour: 1 is hard encoding, 5 Zhang et al.'s soft one. Default 5. */
  readonly neighbours?: number;
  /** Standard deviation of the Gaussian, CIELAB units. Default half of the spacing, as theirs. */
  readonly sigma?: number;
}

const MOST_NEIGHBOURS = 16;

/** The table of one encoding. */
export class ChromaEncoding {
  readonly neighbours: number;
  readonly sigma: number;
  /** Bins of each cell of the fine grid, nearest first: `[side * side, neighbours]`. */
  readonly indices: Uint16Array;
  /** Their weights, of sum 1: `[side * side, neighbours]`. */
  readonly weights: Float32Array;

  /** @throws UserError if an option is out of range */
  constructor(
    readonly bins: ChromaBins,
    options: EncodingOptions = {},
  ) {
    const { neighbours = 5, sigma = bins.spacing / 2 } = options;
    if (!Number.isInteger(neighbours) || neighbours < 1 || neighbours > MOST_NEIGHBOURS) {
      throw new UserError(
        "option-invalid",
        `Expected from 1 to ${MOST_NEIGHBOURS} neighbouring bins for a colour but received ${neighbours}`,
      );
    }
    if (!(sigma > 0 && sigma < Number.POSITIVE_INFINITY)) {
      throw new UserError(
        "option-invalid",
        `Expected a positive standard deviation for soft encoding, in CIELAB units, but received ${sigma}`,
      );
    }
    this.neighbours = neighbours;
    this.sigma = sigma;
    const cells = bins.fineGrid.side ** 2;
    this.indices = new Uint16Array(cells * neighbours);
    this.weights = new Float32Array(cells * neighbours);
    const squares = new Float64Array(neighbours);
    for (let cell = 0; cell < cells; cell++) {
      const first = cell * neighbours;
      const nearest = this.indices.subarray(first, first + neighbours);
      findNearest(bins, middleOf(bins.fineGrid, cell), nearest, squares);
      // Relative to the nearest one: far out of the gamut all Gaussians would be 0.
      let sum = 0;
      for (let n = 0; n < neighbours; n++) {
        const weight = Math.exp((squares[0]! - squares[n]!) / (2 * sigma * sigma));
        this.weights[first + n] = weight;
        sum += weight;
      }
      for (let n = 0; n < neighbours; n++) this.weights[first + n]! /= sum;
    }
  }

  /**
   * Adds the encodings of colours to one distribution.
   *
   * @param ab CIELAB units: `[2, pixelCount]`
   * @param sums of weights: `[bands, bins]`
   * @param bandOf band of each pixel; all in the first if absent: `[pixelCount]`
   */
  accumulate(ab: Float32Array, sums: Float64Array, bandOf?: Uint8Array): void {
    const pixelCount = ab.length / 2;
    const { indices, weights, neighbours } = this;
    const { fineGrid, count } = this.bins;
    for (let i = 0; i < pixelCount; i++) {
      const first = cellOf(fineGrid, ab[i]!, ab[pixelCount + i]!) * neighbours;
      const row = bandOf ? bandOf[i]! * count : 0;
      for (let n = first; n < first + neighbours; n++) sums[row + indices[n]!]! += weights[n]!;
    }
  }
}

/** The nearest bins of a colour by insertion, earlier bins first at a tie, and their distances. */
function findNearest(
  { a, b, count }: ChromaBins,
  [fromA, fromB]: readonly [number, number],
  nearest: Uint16Array,
  squares: Float64Array,
): void {
  const last = nearest.length - 1;
  squares.fill(Number.POSITIVE_INFINITY);
  for (let bin = 0; bin < count; bin++) {
    const [da, db] = [a[bin]! - fromA, b[bin]! - fromB];
    const square = da * da + db * db;
    if (square >= squares[last]!) continue;
    let place = last;
    for (; place > 0 && squares[place - 1]! > square; place--) {
      squares[place] = squares[place - 1]!;
      nearest[place] = nearest[place - 1]!;
    }
    squares[place] = square;
    nearest[place] = bin;
  }
}
