// How often each colour occurs, counted over encoded training targets. Grey and brown are in every
// picture, so a network's distribution leans towards them; knowing by how much allows to take it
// back, when reading it out (read-out.ts) or in the loss (Zhang et al. 2016, section 2.2).

import { UserError } from "../../user-error.js";
import type { ChromaBins } from "./bins.js";
import type { ChromaEncoding } from "./encoding.js";

export interface PriorOptions {
  /** Standard deviation of the Gaussian that smooths the shares, CIELAB units. 0: none. Default 5. */
  readonly sigma?: number;
  /** Share of the uniform distribution mixed in, 0..1, above 0 if some bin is empty. Default 0.01. */
  readonly uniform?: number;
}

/** Share of all bands in each band, so that one without pixels has their prior. */
const SHARED = 0.01;
const MOST_BANDS = 64;

/** Shares of the bins: of all colours, or of those in each band of lightness. */
export class ChromaPrior {
  /** Bands of equal width from L* 0 to 100: 1 where lightness does not matter. */
  readonly bands: number;

  /**
   * @param shares of the bins, positive, of sum 1 in each band: `[bands, bins]`. This is how a prior
   * is stored.
   * @throws UserError if they are not
   */
  constructor(
    readonly bins: ChromaBins,
    readonly shares: Float32Array,
  ) {
    this.bands = shares.length / bins.count;
    if (!Number.isInteger(this.bands) || this.bands < 1) {
      throw new UserError(
        "model-invalid",
        `Expected a colour prior of ${bins.count} shares, or a multiple, for bins ${bins.spacing} units apart but found ${shares.length}; use the prior and the spacing of one training run`,
      );
    }
    for (let band = 0; band < this.bands; band++) {
      const row = shares.subarray(band * bins.count, (band + 1) * bins.count);
      const sum = row.reduce((total, share) => total + share, 0);
      // NaN fails both comparisons.
      if (!(Math.abs(sum - 1) < 1e-3) || !row.every((share) => share > 0)) {
        throw new UserError(
          "model-invalid",
          `Expected a colour prior of positive shares with sum 1 but band ${band} has the sum ${sum} and the least share ${Math.min(...row)}; count it anew`,
        );
      }
    }
  }

  /** Natural logarithms of the shares: `[bands, bins]`. */
  logarithms(): Float32Array {
    return this.shares.map(Math.log);
  }
}

/** Counts encoded colours. */
export class PriorCounts {
  /** Sums of encoding weights: `[bands, bins]`. */
  readonly counts: Float64Array;

  /**
   * @param bands of lightness, equal from L* 0 to 100
   * @throws UserError if there are too many or none
   */
  constructor(
    readonly encoding: ChromaEncoding,
    readonly bands: number = 1,
  ) {
    if (!Number.isInteger(bands) || bands < 1 || bands > MOST_BANDS) {
      throw new UserError(
        "option-invalid",
        `Expected from 1 to ${MOST_BANDS} bands of lightness for the colour prior but received ${bands}`,
      );
    }
    this.counts = new Float64Array(bands * encoding.bins.count);
  }

  /**
   * Adds colours.
   *
   * @param ab CIELAB units: `[2, pixelCount]`
   * @param lightness L* 0..100, needed by more than one band: `[pixelCount]`
   */
  add(ab: Float32Array, lightness?: Float32Array): void {
    if (this.bands === 1) {
      this.encoding.accumulate(ab, this.counts);
      return;
    }
    if (lightness?.length !== ab.length / 2) {
      throw new RangeError(`Expected the lightness of ${ab.length / 2} colours`);
    }
    const last = this.bands - 1;
    const bandOf = Uint8Array.from(lightness, (l) =>
      Math.min(Math.max(Math.floor((l / 100) * this.bands), 0), last),
    );
    this.encoding.accumulate(ab, this.counts, bandOf);
  }

  /**
   * The shares of what was counted, smoothed over the a*b* plane, then mixed with the uniform
   * distribution.
   *
   * @throws UserError if nothing was counted or an option is out of range
   */
  prior(options: PriorOptions = {}): ChromaPrior {
    const { sigma = 5, uniform = 0.01 } = options;
    if (!(sigma >= 0) || !(uniform >= 0 && uniform <= 1)) {
      throw new UserError(
        "option-invalid",
        `Expected a standard deviation of at least 0 and a uniform share of 0..1 for the colour prior but received ${sigma} and ${uniform}`,
      );
    }
    const { bins } = this.encoding;
    const all = new Float64Array(bins.count);
    for (let i = 0; i < this.counts.length; i++) all[i % bins.count]! += this.counts[i]!;
    const total = all.reduce((sum, count) => sum + count, 0);
    if (total === 0) {
      throw new UserError(
        "data-invalid",
        "Expected colours to count a prior over but there were none; check the training pictures",
      );
    }
    const shares = new Float32Array(this.counts.length);
    for (let band = 0; band < this.bands; band++) {
      const first = band * bins.count;
      const counts = all.map(
        (count, bin) => this.counts[first + bin]! + (this.bands > 1 ? SHARED * count : 0),
      );
      const smoothed = smoothOverBins(counts, bins, sigma);
      const sum = smoothed.reduce((partial, count) => partial + count, 0);
      for (let bin = 0; bin < bins.count; bin++) {
        shares[first + bin] = ((1 - uniform) * smoothed[bin]!) / sum + uniform / bins.count;
      }
    }
    return new ChromaPrior(bins, shares);
  }
}

/**
 * Spreads what every bin holds over the bins around it by a Gaussian; nothing gets lost.
 *
 * @param values `[bins]`
 * @param sigma CIELAB units; 0 leaves everything where it is
 */
export function smoothOverBins(
  values: Float64Array,
  { a, b, count }: ChromaBins,
  sigma: number,
): Float64Array {
  if (sigma === 0) return values.slice();
  const smoothed = new Float64Array(count);
  const kernel = new Float64Array(count);
  for (let from = 0; from < count; from++) {
    if (values[from] === 0) continue;
    let sum = 0;
    for (let to = 0; to < count; to++) {
      const square = (a[to]! - a[from]!) ** 2 + (b[to]! - b[from]!) ** 2;
      kernel[to] = Math.exp(-square / (2 * sigma * sigma));
      sum += kernel[to]!;
    }
    for (let to = 0; to < count; to++) smoothed[to]! += (values[from]! * kernel[to]!) / sum;
  }
  return smoothed;
}
