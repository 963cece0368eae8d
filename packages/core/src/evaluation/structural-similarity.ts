// Structural similarity: Z. Wang, A. Bovik, H. Sheikh, E. Simoncelli, "Image quality assessment:
// from error visibility to structural similarity", IEEE TIP 13(4), 2004. An 11 x 11 Gaussian window
// of sigma 1.5, K1 = 0.01, K2 = 0.03, range 255, population variances; each of R, G and B is scored
// where the whole window lies inside the picture, and the three means are averaged. This is
// scikit-image's structural_similarity(gaussian_weights=True, sigma=1.5,
// use_sample_covariance=False, data_range=255, channel_axis=-1).

const SIGMA = 1.5;
const RADIUS = 5;
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

/** The Gaussian mean around every pixel whose window fits: `[height - 10, width - 10]`. */
function windowMeans(plane: Float64Array, width: number, height: number): Float64Array {
  const outWidth = width - 2 * RADIUS;
  const outHeight = height - 2 * RADIUS;
  // Down the columns first: rows lie in the cache, and fewer of them are left for the second pass.
  const rows = new Float64Array(outHeight * width);
  for (let y = 0; y < outHeight; y++) {
    const start = y * width;
    for (let x = 0; x < width; x++) {
      const i = start + x;
      rows[i] =
        W5 * (plane[i]! + plane[i + 10 * width]!) +
        W4 * (plane[i + width]! + plane[i + 9 * width]!) +
        W3 * (plane[i + 2 * width]! + plane[i + 8 * width]!) +
        W2 * (plane[i + 3 * width]! + plane[i + 7 * width]!) +
        W1 * (plane[i + 4 * width]! + plane[i + 6 * width]!) +
        W0 * plane[i + 5 * width]!;
    }
  }
  const means = new Float64Array(outHeight * outWidth);
  for (let y = 0; y < outHeight; y++) {
    for (let x = 0; x < outWidth; x++) {
      const i = y * width + x;
      means[y * outWidth + x] =
        W5 * (rows[i]! + rows[i + 10]!) +
        W4 * (rows[i + 1]! + rows[i + 9]!) +
        W3 * (rows[i + 2]! + rows[i + 8]!) +
        W2 * (rows[i + 3]! + rows[i + 7]!) +
        W1 * (rows[i + 4]! + rows[i + 6]!) +
        W0 * rows[i + 5]!;
    }
  }
  return means;
}

function product(first: Float64Array, second: Float64Array): Float64Array {
  const out = new Float64Array(first.length);
  for (let i = 0; i < out.length; i++) out[i] = first[i]! * second[i]!;
  return out;
}

/** One channel with the window means of its values and of their squares. */
interface ChannelMoments {
  readonly plane: Float64Array;
  readonly means: Float64Array;
  readonly squares: Float64Array;
}

function momentsOf(plane: Float64Array, width: number, height: number): ChannelMoments {
  const means = windowMeans(plane, width, height);
  return { plane, means, squares: windowMeans(product(plane, plane), width, height) };
}

function channelOf(rgb: Uint8Array, channel: number): Float64Array {
  const plane = new Float64Array(rgb.length / 3);
  for (let i = 0; i < plane.length; i++) plane[i] = rgb[3 * i + channel]!;
  return plane;
}

function isGrey(rgb: Uint8Array): boolean {
  for (let i = 0; i < rgb.length; i += 3) {
    if (rgb[i] !== rgb[i + 1] || rgb[i] !== rgb[i + 2]) return false;
  }
  return true;
}

function meanSimilarity(
  x: ChannelMoments,
  y: ChannelMoments,
  width: number,
  height: number,
): number {
  const products = windowMeans(product(x.plane, y.plane), width, height);
  let sum = 0;
  for (let i = 0; i < products.length; i++) {
    const mx = x.means[i]!;
    const my = y.means[i]!;
    const square = mx * mx + my * my;
    const cross = mx * my;
    const variances = x.squares[i]! + y.squares[i]! - square;
    sum +=
      ((2 * cross + C1) * (2 * (products[i]! - cross) + C2)) / ((square + C1) * (variances + C2));
  }
  return sum / products.length;
}

/** A picture to compare others with; its own window means are computed once. */
export class StructuralReference {
  readonly #channels: readonly ChannelMoments[];

  /**
   * @param rgb interleaved R, G, B: `[height, width, 3]`
   * @throws RangeError if a side is shorter than {@link SMALLEST_SIDE}
   */
  constructor(
    rgb: Uint8Array,
    readonly width: number,
    readonly height: number,
  ) {
    if (Math.min(width, height) < SMALLEST_SIDE) {
      throw new RangeError(`${width} x ${height} pixels are too few for an 11 x 11 window`);
    }
    this.#channels = [0, 1, 2].map((c) => momentsOf(channelOf(rgb, c), width, height));
  }

  /** Structural similarity of another picture of the same size: -1..1, 1 for the same picture. */
  similarity(rgb: Uint8Array): number {
    const { width, height } = this;
    const grey = isGrey(rgb) ? momentsOf(channelOf(rgb, 0), width, height) : undefined;
    const scores = this.#channels.map((own, c) =>
      meanSimilarity(own, grey ?? momentsOf(channelOf(rgb, c), width, height), width, height),
    );
    return scores.reduce((a, b) => a + b, 0) / 3;
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
