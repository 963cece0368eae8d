// Structural similarity: Z. Wang, A. Bovik, H. Sheikh, E. Simoncelli, "Image quality assessment:
// from error visibility to structural similarity", IEEE TIP 13(4), 2004. An 11 x 11 Gaussian window
// of sigma 1.5, K1 = 0.01, K2 = 0.03, range 255, population variances; each of R, G and B is scored
// where the whole window lies inside the picture, and the three means are averaged. This is
// scikit-image's structural_similarity(gaussian_weights=True, sigma=1.5,
// use_sample_covariance=False, data_range=255, channel_axis=-1).

const SIGMA = 1.5;
const RADIUS = 5;
const CHANNELS = 3;
const C1 = (0.01 * 255) ** 2;
const C2 = (0.03 * 255) ** 2;

/** Side in pixels of the smallest picture with a structural similarity: the window's. */
export const SMALLEST_SIDE = 2 * RADIUS + 1;

const [W0, W1, W2, W3, W4, W5] = gaussianWindow() as [
  number,
  number,
  number,
  number,
  number,
  number,
];

/** Weights at distance 0..5 of the centre; the whole window sums to 1. */
function gaussianWindow(): number[] {
  const half = Array.from({ length: RADIUS + 1 }, (_, i) => Math.exp(-0.5 * (i / SIGMA) ** 2));
  const sum = 2 * half.reduce((a, b) => a + b, 0) - half[0]!;
  return half.map((weight) => weight / sum);
}

/** What one row of windows needs of the samples below one another: `[3 * width]` each. */
interface RowSums {
  readonly means: Float64Array;
  readonly squares: Float64Array;
  readonly products: Float64Array;
}

function rowSums(width: number): RowSums {
  const sums = () => new Float64Array(CHANNELS * width);
  return { means: sums(), squares: sums(), products: sums() };
}

/**
 * Weighs the 11 rows from `firstRow` on: the samples of `y`, their squares, and their products with
 * those of `x`. Samples are whole numbers, so pairs at the same distance are added before they are
 * weighed, without rounding.
 */
function weighColumns(
  x: Uint8Array,
  y: Uint8Array,
  firstRow: number,
  { means, squares, products }: RowSums,
): void {
  const length = means.length;
  const start = firstRow * length;
  for (let column = 0; column < length; column++) {
    const i = start + column;
    const x0 = x[i]!;
    const y0 = y[i]!;
    const x1 = x[i + length]!;
    const y1 = y[i + length]!;
    const x2 = x[i + 2 * length]!;
    const y2 = y[i + 2 * length]!;
    const x3 = x[i + 3 * length]!;
    const y3 = y[i + 3 * length]!;
    const x4 = x[i + 4 * length]!;
    const y4 = y[i + 4 * length]!;
    const x5 = x[i + 5 * length]!;
    const y5 = y[i + 5 * length]!;
    const x6 = x[i + 6 * length]!;
    const y6 = y[i + 6 * length]!;
    const x7 = x[i + 7 * length]!;
    const y7 = y[i + 7 * length]!;
    const x8 = x[i + 8 * length]!;
    const y8 = y[i + 8 * length]!;
    const x9 = x[i + 9 * length]!;
    const y9 = y[i + 9 * length]!;
    const x10 = x[i + 10 * length]!;
    const y10 = y[i + 10 * length]!;
    means[column] =
      W5 * (y0 + y10) + W4 * (y1 + y9) + W3 * (y2 + y8) + W2 * (y3 + y7) + W1 * (y4 + y6) + W0 * y5;
    squares[column] =
      W5 * (y0 * y0 + y10 * y10) +
      W4 * (y1 * y1 + y9 * y9) +
      W3 * (y2 * y2 + y8 * y8) +
      W2 * (y3 * y3 + y7 * y7) +
      W1 * (y4 * y4 + y6 * y6) +
      W0 * (y5 * y5);
    products[column] =
      W5 * (x0 * y0 + x10 * y10) +
      W4 * (x1 * y1 + x9 * y9) +
      W3 * (x2 * y2 + x8 * y8) +
      W2 * (x3 * y3 + x7 * y7) +
      W1 * (x4 * y4 + x6 * y6) +
      W0 * (x5 * y5);
  }
}

/** The weighted sum along a row, of one channel, from sample `i` on. */
function weighRow(sums: Float64Array, i: number): number {
  return (
    W5 * (sums[i]! + sums[i + 10 * CHANNELS]!) +
    W4 * (sums[i + CHANNELS]! + sums[i + 9 * CHANNELS]!) +
    W3 * (sums[i + 2 * CHANNELS]! + sums[i + 8 * CHANNELS]!) +
    W2 * (sums[i + 3 * CHANNELS]! + sums[i + 7 * CHANNELS]!) +
    W1 * (sums[i + 4 * CHANNELS]! + sums[i + 6 * CHANNELS]!) +
    W0 * sums[i + 5 * CHANNELS]!
  );
}

/** @throws RangeError if a side is shorter than {@link SMALLEST_SIDE} */
export function assertWindowFits(width: number, height: number): void {
  if (Math.min(width, height) < SMALLEST_SIDE) {
    throw new RangeError(`${width} x ${height} pixels are too few for an 11 x 11 window`);
  }
}

/** A picture to compare others with; its own window means and variances are computed once. */
export class StructuralReference {
  readonly #rgb: Uint8Array;
  /** `[height - 10, width - 10, 3]` each. */
  readonly #means: Float64Array;
  readonly #variances: Float64Array;

  /**
   * @param rgb interleaved R, G, B: `[height, width, 3]`
   * @throws RangeError if a side is shorter than {@link SMALLEST_SIDE}
   */
  constructor(
    rgb: Uint8Array,
    readonly width: number,
    readonly height: number,
  ) {
    assertWindowFits(width, height);
    this.#rgb = rgb;
    const rows = height - 2 * RADIUS;
    const samples = CHANNELS * (width - 2 * RADIUS);
    this.#means = new Float64Array(rows * samples);
    this.#variances = new Float64Array(rows * samples);
    const sums = rowSums(width);
    for (let y = 0; y < rows; y++) {
      weighColumns(rgb, rgb, y, sums);
      for (let i = 0; i < samples; i++) {
        const mean = weighRow(sums.means, i);
        this.#means[y * samples + i] = mean;
        this.#variances[y * samples + i] = weighRow(sums.squares, i) - mean * mean;
      }
    }
  }

  /** Structural similarity of another picture of the same size: -1..1, 1 for the same picture. */
  similarity(rgb: Uint8Array): number {
    const means = this.#means;
    const variances = this.#variances;
    const rows = this.height - 2 * RADIUS;
    const samples = CHANNELS * (this.width - 2 * RADIUS);
    const sums = rowSums(this.width);
    let sum = 0;
    for (let y = 0; y < rows; y++) {
      weighColumns(this.#rgb, rgb, y, sums);
      for (let i = 0; i < samples; i++) {
        const own = means[y * samples + i]!;
        const mean = weighRow(sums.means, i);
        const variance = weighRow(sums.squares, i) - mean * mean;
        const cross = own * mean;
        const covariance = weighRow(sums.products, i) - cross;
        sum +=
          ((2 * cross + C1) * (2 * covariance + C2)) /
          ((own * own + mean * mean + C1) * (variances[y * samples + i]! + variance + C2));
      }
    }
    return sum / means.length;
  }
}

/** Structural similarity of two 8-bit RGB pictures, `[height, width, 3]` each: -1..1. */
export function structuralSimilarity(
  first: Uint8Array,
  second: Uint8Array,
  width: number,
  height: number,
): number {
  return new StructuralReference(first, width, height).similarity(second);
}
