// The tone of a grey photograph: sepia, cyanotype, fading and yellowed paper give each lightness one
// colour, so that a* and b* lie on a curve over L*. What is left beside the curve is colour.

/** Lightness, CIELAB units, between two nodes of the curve. */
const STEP = 4;
const NODES = 100 / STEP + 1;
/** Standard deviation, in nodes, of the Gaussian that smooths the curve. */
const SMOOTHING = 1.5;
/** Rounds of fitting: pixels far off the curve of one round count less in the next. */
const ROUNDS = 3;
/** Distance from the curve, CIELAB units, at which a pixel has lost three quarters of its weight. */
const FAR = 6;

/** a* and b* over L* of a picture, by local means. */
export class ToneCurve {
  readonly #a = new Float64Array(NODES);
  readonly #b = new Float64Array(NODES);

  /**
   * Fits the curve, with little weight for what lies far off it: a tinted cheek does not bend the
   * curve of a sepia print.
   *
   * @param lightness L*: `[count]`
   * @param ab CIELAB units: `[2, count]`
   */
  constructor(lightness: Float32Array, ab: Float32Array) {
    const weights = new Float64Array(lightness.length).fill(1);
    for (let round = 1; ; round++) {
      this.#fit(lightness, ab, weights);
      if (round === ROUNDS) return;
      const left = this.remainder(lightness, ab);
      const count = lightness.length;
      for (let i = 0; i < count; i++) {
        const squared = left[i]! ** 2 + left[count + i]! ** 2;
        weights[i] = 1 / (1 + squared / FAR ** 2) ** 2;
      }
    }
  }

  /** What the curve leaves of a* and b*: `[2, count]`. */
  remainder(lightness: Float32Array, ab: Float32Array): Float32Array {
    const count = lightness.length;
    const left = new Float32Array(2 * count);
    for (let i = 0; i < count; i++) {
      const position = Math.min(Math.max(lightness[i]! / STEP, 0), NODES - 1 - 1e-6);
      const node = Math.floor(position);
      const share = position - node;
      left[i] = ab[i]! - between(this.#a, node, share);
      left[count + i] = ab[count + i]! - between(this.#b, node, share);
    }
    return left;
  }

  #fit(lightness: Float32Array, ab: Float32Array, weights: Float64Array): void {
    const count = lightness.length;
    const mass = new Float64Array(NODES);
    const aSums = new Float64Array(NODES);
    const bSums = new Float64Array(NODES);
    for (let i = 0; i < count; i++) {
      const node = Math.min(Math.max(Math.round(lightness[i]! / STEP), 0), NODES - 1);
      mass[node]! += weights[i]!;
      aSums[node]! += weights[i]! * ab[i]!;
      bSums[node]! += weights[i]! * ab[count + i]!;
    }
    for (let node = 0; node < NODES; node++) {
      let [sum, a, b] = [0, 0, 0];
      for (let other = 0; other < NODES; other++) {
        // Never quite 0, so that lightnesses without pixels take the tone of those nearest to them.
        const kernel = Math.exp(-(((node - other) / SMOOTHING) ** 2) / 2) + 1e-9;
        sum += kernel * mass[other]!;
        a += kernel * aSums[other]!;
        b += kernel * bSums[other]!;
      }
      this.#a[node] = a / sum;
      this.#b[node] = b / sum;
    }
  }
}

function between(values: Float64Array, node: number, share: number): number {
  return values[node]! + share * (values[node + 1]! - values[node]!);
}
