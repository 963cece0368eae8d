// Smoothing that stops at edges of another plane: the recursive filter of E. Gastal & M. Oliveira,
// "Domain transform for edge-aware image and video processing", SIGGRAPH 2011, section 5. Distances
// along a row or column are stretched by differences of the guide; the cost depends on no radius.

const ITERATIONS = 3;

/** Smooths planes along one guide, whose stretched distances are computed once. */
export class EdgeAwareSmoother {
  readonly #width: number;
  readonly #height: number;
  /** Factor of what comes from the neighbour at the left and above, for each iteration. */
  readonly #fromLeft: readonly Float32Array[];
  readonly #fromAbove: readonly Float32Array[];

  /**
   * @param guide `[height, width]`
   * @param spatial standard deviation where the guide is flat, in positions
   * @param range difference of the guide that counts as much as `spatial`
   */
  constructor(guide: Float32Array, width: number, height: number, spatial: number, range: number) {
    this.#width = width;
    this.#height = height;
    const ratio = spatial / range;
    const across = new Float32Array(guide.length);
    const down = new Float32Array(guide.length);
    for (let i = 0; i < guide.length; i++) {
      if (i % width > 0) across[i] = 1 + ratio * Math.abs(guide[i]! - guide[i - 1]!);
      if (i >= width) down[i] = 1 + ratio * Math.abs(guide[i]! - guide[i - width]!);
    }
    // Equation 14: shorter from iteration to iteration, of variance spatial^2 all together.
    const feedback = Array.from({ length: ITERATIONS }, (_, iteration) => {
      const sigma =
        (spatial * Math.sqrt(3) * 2 ** (ITERATIONS - iteration - 1)) /
        Math.sqrt(4 ** ITERATIONS - 1);
      return -Math.SQRT2 / sigma;
    });
    const factors = (distances: Float32Array) =>
      feedback.map((logarithm) => distances.map((distance) => Math.exp(logarithm * distance)));
    this.#fromLeft = factors(across);
    this.#fromAbove = factors(down);
  }

  /** Smooths a plane in place: `[height, width]`. */
  smooth(plane: Float32Array): void {
    for (let iteration = 0; iteration < ITERATIONS; iteration++) {
      this.#alongRows(plane, this.#fromLeft[iteration]!);
      this.#alongColumns(plane, this.#fromAbove[iteration]!);
    }
  }

  #alongRows(plane: Float32Array, factors: Float32Array): void {
    const width = this.#width;
    for (let start = 0; start < plane.length; start += width) {
      for (let i = start + 1; i < start + width; i++) {
        plane[i]! += factors[i]! * (plane[i - 1]! - plane[i]!);
      }
      for (let i = start + width - 2; i >= start; i--) {
        plane[i]! += factors[i + 1]! * (plane[i + 1]! - plane[i]!);
      }
    }
  }

  #alongColumns(plane: Float32Array, factors: Float32Array): void {
    const width = this.#width;
    for (let i = width; i < plane.length; i++) {
      plane[i]! += factors[i]! * (plane[i - width]! - plane[i]!);
    }
    for (let i = (this.#height - 1) * width - 1; i >= 0; i--) {
      plane[i]! += factors[i + width]! * (plane[i + width]! - plane[i]!);
    }
  }
}
