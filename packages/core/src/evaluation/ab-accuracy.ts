// Accuracy of the chroma, after R. Zhang, P. Isola, A. Efros, "Colorful image colorization", ECCV
// 2016, section 3.1: the share of pixels whose predicted (a*, b*) lies within a threshold of the
// truth, averaged over thresholds from 0 to 150: the area under the curve (AuC). The integral over
// the threshold of a step at distance d is 1 - d / 150, so the area needs no sweep.
//
// The class-rebalanced area weights every pixel by the inverse probability of its true colour's bin
// (equation 4 with lambda = 0). Bins have 10 units; the paper smooths their distribution with a
// Gaussian of sigma 5. The paper's distribution is ImageNet's, ours is that of the evaluated truth.

import type { ChromaCounts } from "./chroma-counts.js";

/** The largest threshold, in CIELAB units. */
export const LARGEST_THRESHOLD = 150;

const BIN_SIZE = 10;
const HALF_BINS = 11;
const BINS_A_SIDE = 2 * HALF_BINS + 1;
const SMOOTHING_SIGMA = 5;

/** Number of bins: 23 x 23, centred on multiples of 10 from -110 to 110. */
export const CHROMA_BINS: number = BINS_A_SIDE * BINS_A_SIDE;

function binOf(value: number): number {
  const nearest = Math.floor(value / BIN_SIZE + 0.5);
  return Math.min(Math.max(nearest, -HALF_BINS), HALF_BINS) + HALF_BINS;
}

/**
 * The bin of every pixel.
 *
 * @param ab CIELAB units: `[2, pixelCount]`
 * @returns `[pixelCount]`, each 0..{@link CHROMA_BINS} - 1
 */
export function chromaBins(ab: Float32Array): Uint16Array {
  const bins = new Uint16Array(ab.length / 2);
  for (let i = 0; i < bins.length; i++) {
    bins[i] = binOf(ab[i]!) * BINS_A_SIDE + binOf(ab[bins.length + i]!);
  }
  return bins;
}

/** Chroma error of a picture. */
export interface ChromaError {
  /** Mean distance sqrt(da^2 + db^2), CIELAB units: 0 is perfect. */
  readonly meanDistance: number;
  /** Area under the curve, per cent: 100 is perfect. */
  readonly area: number;
  /** Sum over each bin's pixels of what they add to the area, 0..1 each: `[CHROMA_BINS]`. */
  readonly creditOfBin: Float64Array;
}

/**
 * Compares the chroma of two pictures.
 *
 * @param predicted CIELAB units: `[2, pixelCount]`
 * @param truth the same shape
 * @param bins of the truth, from {@link chromaBins}
 */
export function chromaError(
  predicted: Float32Array,
  truth: Float32Array,
  bins: Uint16Array,
): ChromaError {
  const count = bins.length;
  const creditOfBin = new Float64Array(CHROMA_BINS);
  let distances = 0;
  let credits = 0;
  for (let i = 0; i < count; i++) {
    const da = predicted[i]! - truth[i]!;
    const db = predicted[count + i]! - truth[count + i]!;
    const distance = Math.sqrt(da * da + db * db);
    const credit = distance < LARGEST_THRESHOLD ? 1 - distance / LARGEST_THRESHOLD : 0;
    distances += distance;
    credits += credit;
    creditOfBin[bins[i]!]! += credit;
  }
  return { meanDistance: distances / count, area: (100 * credits) / count, creditOfBin };
}

/**
 * Weights that rebalance the area: the inverse of the smoothed share of each bin; 0 where no pixel
 * is. Scaled so that the mean weight over all pixels is 1.
 *
 * @param pixelsOfBin pixels of the truth in every bin: `[CHROMA_BINS]`
 */
export function rebalancingWeights(pixelsOfBin: Float64Array): Float64Array {
  const smoothed = smooth(smooth(pixelsOfBin, 1), BINS_A_SIDE);
  const weights = new Float64Array(CHROMA_BINS);
  let pixels = 0;
  let weighted = 0;
  for (let bin = 0; bin < CHROMA_BINS; bin++) {
    if (pixelsOfBin[bin]! === 0) continue;
    weights[bin] = 1 / smoothed[bin]!;
    pixels += pixelsOfBin[bin]!;
    weighted += pixelsOfBin[bin]! * weights[bin]!;
  }
  return weights.map((weight) => (weight * pixels) / weighted);
}

/** One pass of the Gaussian along the axis whose bins are `stride` apart. */
function smooth(values: Float64Array, stride: number): Float64Array {
  const reach = Math.ceil((3 * SMOOTHING_SIGMA) / BIN_SIZE);
  const kernel: number[] = [];
  for (let i = -reach; i <= reach; i++) {
    kernel.push(Math.exp(-0.5 * ((i * BIN_SIZE) / SMOOTHING_SIGMA) ** 2));
  }
  const sum = kernel.reduce((a, b) => a + b, 0);
  const out = new Float64Array(values.length);
  for (let bin = 0; bin < values.length; bin++) {
    const position = Math.floor(bin / stride) % BINS_A_SIDE;
    for (let i = -reach; i <= reach; i++) {
      if (position + i < 0 || position + i >= BINS_A_SIDE) continue;
      out[bin]! += (kernel[i + reach]! / sum) * values[bin + i * stride]!;
    }
  }
  return out;
}

/**
 * What one picture adds to the rebalanced area: the area of a set of pictures, per cent, is
 * 100 * sum(credit) / sum(weight).
 */
export function rebalancedShare(
  counts: ChromaCounts,
  credits: Float32Array,
  weights: Float64Array,
): { readonly credit: number; readonly weight: number } {
  let credit = 0;
  let weight = 0;
  for (let i = 0; i < counts.bins.length; i++) {
    const factor = weights[counts.bins[i]!]!;
    credit += factor * credits[i]!;
    weight += factor * counts.pixels[i]!;
  }
  return { credit, weight };
}
