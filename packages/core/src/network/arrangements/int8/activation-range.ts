// Which numbers the 256 codes of a quantised map shall stand for.

/** Range of the codes 0..255, with 0 exactly among them. */
export interface Quantization {
  /** Distance of neighbouring codes. */
  readonly scale: number;
  /** The code that stands for 0. */
  readonly zeroPoint: number;
}

const BINS = 2048;
const CODES = 256;
/** Shares of the observed limits that are tried. */
const upperShares = Array.from({ length: 40 }, (_, step) => 1 - step / 50);
const lowerShares = Array.from({ length: 8 }, (_, step) => 1 - step / 10);

/**
 * The distribution of a map's values over many pictures, taken in two passes: the limits first, then
 * how often which value occurs between them.
 */
export class ActivationRange {
  #lowest = 0;
  #highest = 0;
  readonly #counts = new Float64Array(BINS);

  /** First pass. */
  observeLimits(values: Float32Array): void {
    for (let i = 0; i < values.length; i++) {
      const value = values[i]!;
      if (value < this.#lowest) this.#lowest = value;
      if (value > this.#highest) this.#highest = value;
    }
  }

  /** Second pass. */
  count(values: Float32Array): void {
    const binsPerUnit = BINS / (this.#highest - this.#lowest || 1);
    for (let i = 0; i < values.length; i++) {
      const bin = Math.floor((values[i]! - this.#lowest) * binsPerUnit);
      this.#counts[Math.min(bin, BINS - 1)]!++;
    }
  }

  /**
   * The range with the smallest mean squared error: a narrower one rounds more finely, but clips the
   * values beyond it.
   */
  best(): Quantization {
    let best = { error: Number.POSITIVE_INFINITY, lower: this.#lowest, upper: this.#highest };
    for (const upperShare of upperShares) {
      for (const lowerShare of this.#lowest < 0 ? lowerShares : [1]) {
        const lower = this.#lowest * lowerShare;
        const upper = this.#highest * upperShare;
        const error = this.#error(lower, upper);
        if (error < best.error) best = { error, lower, upper };
      }
    }
    const scale = (best.upper - best.lower) / (CODES - 1) || 1;
    return { scale, zeroPoint: Math.round(Math.abs(best.lower) / scale) };
  }

  /** Sum of squares. */
  #error(lower: number, upper: number): number {
    const binWidth = (this.#highest - this.#lowest) / BINS;
    const rounding = ((upper - lower) / (CODES - 1)) ** 2 / 12;
    let error = 0;
    for (let bin = 0; bin < BINS; bin++) {
      const value = this.#lowest + (bin + 0.5) * binWidth;
      const clipped = Math.min(Math.max(value, lower), upper);
      error += this.#counts[bin]! * (clipped === value ? rounding : (clipped - value) ** 2);
    }
    return error;
  }
}
