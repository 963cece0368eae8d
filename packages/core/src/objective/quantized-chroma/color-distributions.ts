// What a network says of a picture's colours, a distribution over bins at every position, and the
// colours and doubts read out of it. Reading again never runs the network again.

import { EdgeAwareSmoother } from "./edge-aware-smoothing.js";
import type { ChromaPrior } from "./prior.js";
import type { EntropyRange, ReadOut, Smoothing } from "./read-out.js";

/** Side of the square over which the entropy is averaged before a correction fades by it. */
export const ENTROPY_WINDOW = 5;

// exp(-x) by linear interpolation: off by at most 8e-6 of the value, and 0 from x = 12 on, where
// even 262 bins sum to no more than 0.2 % of the most probable one. Math.exp takes five times as long.
const EXP_REACH = 12;
const EXP_STEPS = 128;
const expTable = new Float64Array(EXP_REACH * EXP_STEPS + 2);
for (let i = 0; i < expTable.length; i++) expTable[i] = Math.exp(-i / EXP_STEPS);

/** How a read-out takes the prior back. */
type Correction = Pick<ReadOut, "prior" | "fade">;

/** The distributions of one picture. */
export class ColorDistributions {
  #entropy: Float32Array | undefined;

  /**
   * @param logits of the network, bins last: `[height, width, bins]`
   * @param prior of the same bins
   * @param lightness L* 0..100, needed by priors of several bands and by smoothing: `[height, width]`
   */
  constructor(
    readonly logits: Float32Array,
    readonly width: number,
    readonly height: number,
    readonly prior: ChromaPrior,
    readonly lightness?: Float32Array,
  ) {
    const positions = width * height;
    if (logits.length !== positions * prior.bins.count) {
      throw new RangeError(
        `Expected ${height} x ${width} x ${prior.bins.count} logits but received ${logits.length}`,
      );
    }
    if (lightness && lightness.length !== positions) {
      throw new RangeError(`Expected ${positions} lightnesses but received ${lightness.length}`);
    }
  }

  /**
   * Uncertainty: the entropy of the network's own distribution over that of the uniform one, 0 sure
   * .. 1 no idea: `[height, width]`.
   */
  get entropy(): Float32Array {
    this.#entropy ??= normalizedEntropy(this.logits, this.prior.bins.count);
    return this.#entropy;
  }

  /**
   * Colours of a read-out, not bounded to any gamut.
   *
   * @returns CIELAB units: `[2, height, width]`
   */
  read(readOut: ReadOut): Float32Array {
    const ab = meanColors(
      this.logits,
      this.prior,
      this.#corrections(readOut),
      readOut.temperature,
      this.prior.bands > 1 ? this.#guide() : undefined,
    );
    if (readOut.saturation !== 1) for (let i = 0; i < ab.length; i++) ab[i]! *= readOut.saturation;
    if (readOut.smoothing) this.#smooth(ab, readOut.smoothing);
    return ab;
  }

  /**
   * The distributions themselves, at a temperature of 1.
   *
   * @param correction how much of the prior is taken back, as by a read-out. Default: nothing
   * @returns of sum 1 at every position: `[height, width, bins]`
   */
  probabilities(correction: Correction = { prior: 0, fade: null }): Float32Array {
    const { logits, prior } = this;
    const { count } = prior.bins;
    const lightness = prior.bands > 1 ? this.#guide() : undefined;
    const logPrior = prior.logarithms();
    let row = logPrior.subarray(0, count);
    const factors = this.#corrections(correction);
    const result = new Float32Array(logits.length);
    for (let position = 0, start = 0; start < logits.length; position++, start += count) {
      if (lightness) row = bandRow(logPrior, count, prior.bands, lightness[position]!);
      const factor = factors[position]!;
      const own = result.subarray(start, start + count);
      for (let bin = 0; bin < count; bin++) own[bin] = logits[start + bin]! - factor * row[bin]!;
      softmax(own);
    }
    return result;
  }

  /** Factor of the log prior at every position. */
  #corrections({ prior, fade }: Correction): Float32Array {
    const { width, height } = this;
    if (!fade || prior === 0) return new Float32Array(width * height).fill(prior);
    const entropy = windowMean(this.entropy, width, height, ENTROPY_WINDOW);
    return entropy.map((value) => prior * (1 - rise(value, fade)));
  }

  #smooth(ab: Float32Array, smoothing: Smoothing): void {
    const { width, height, entropy } = this;
    const reach = smoothing.reach * Math.max(width, height);
    const smoother = new EdgeAwareSmoother(
      this.#guide(),
      width,
      height,
      reach,
      smoothing.lightness,
    );
    // Sure positions speak louder: a smoothed sum of weighted colours over that of the weights.
    const weights = entropy.map((value) => Math.max(1 - value, 1e-3) ** 2);
    const sums = weights.slice();
    smoother.smooth(sums);
    for (const plane of [ab.subarray(0, entropy.length), ab.subarray(entropy.length)]) {
      const smoothed = plane.map((value, i) => value * weights[i]!);
      smoother.smooth(smoothed);
      for (let i = 0; i < plane.length; i++) {
        plane[i]! += rise(entropy[i]!, smoothing) * (smoothed[i]! / sums[i]! - plane[i]!);
      }
    }
  }

  #guide(): Float32Array {
    if (this.lightness) return this.lightness;
    throw new RangeError("Expected the lightness beside the logits for this prior or read-out");
  }
}

/** 0 up to `from`, 1 from `to` on, linear between. */
function rise(value: number, { from, to }: EntropyRange): number {
  return Math.min(Math.max((value - from) / (to - from), 0), 1);
}

/**
 * @param logits `[positions, bins]`
 * @returns `[positions]`, 0..1
 */
function normalizedEntropy(logits: Float32Array, bins: number): Float32Array {
  const entropy = new Float32Array(logits.length / bins);
  const uniform = Math.log(bins);
  for (let position = 0, start = 0; position < entropy.length; position++, start += bins) {
    let highest = logits[start]!;
    for (let i = start + 1; i < start + bins; i++) if (logits[i]! > highest) highest = logits[i]!;
    let sum = 0;
    let moment = 0;
    for (let i = start; i < start + bins; i++) {
      const below = highest - logits[i]!;
      if (below >= EXP_REACH) continue;
      const place = below * EXP_STEPS;
      const index = place | 0;
      const base = expTable[index]!;
      const weight = base + (place - index) * (expTable[index + 1]! - base);
      sum += weight;
      moment += weight * below;
    }
    entropy[position] = (Math.log(sum) + moment / sum) / uniform;
  }
  return entropy;
}

/**
 * @param corrections factor of the log prior: `[positions]`
 * @param lightness L* 0..100 where the prior has bands: `[positions]`
 * @returns CIELAB units: `[2, positions]`
 */
function meanColors(
  logits: Float32Array,
  prior: ChromaPrior,
  corrections: Float32Array,
  temperature: number,
  lightness: Float32Array | undefined,
): Float32Array {
  const { a, b, count } = prior.bins;
  const logPrior = prior.logarithms();
  let row = logPrior.subarray(0, count);
  const corrected = new Float32Array(count);
  const steps = EXP_STEPS / temperature;
  const reach = EXP_REACH * temperature;
  const positions = corrections.length;
  const ab = new Float32Array(2 * positions);
  for (let position = 0, start = 0; position < positions; position++, start += count) {
    const factor = corrections[position]!;
    if (lightness) row = bandRow(logPrior, count, prior.bands, lightness[position]!);
    let highest = Number.NEGATIVE_INFINITY;
    for (let bin = 0; bin < count; bin++) {
      const value = logits[start + bin]! - factor * row[bin]!;
      corrected[bin] = value;
      if (value > highest) highest = value;
    }
    // As stored in single precision, or the highest could lie above itself.
    highest = Math.fround(highest);
    let sum = 0;
    let aSum = 0;
    let bSum = 0;
    for (let bin = 0; bin < count; bin++) {
      const below = highest - corrected[bin]!;
      if (below >= reach) continue;
      const place = below * steps;
      const index = place | 0;
      const base = expTable[index]!;
      const weight = base + (place - index) * (expTable[index + 1]! - base);
      sum += weight;
      aSum += weight * a[bin]!;
      bSum += weight * b[bin]!;
    }
    ab[position] = aSum / sum;
    ab[positions + position] = bSum / sum;
  }
  return ab;
}

/** In place. */
function softmax(logits: Float32Array): void {
  let highest = logits[0]!;
  for (let i = 1; i < logits.length; i++) if (logits[i]! > highest) highest = logits[i]!;
  let sum = 0;
  for (let i = 0; i < logits.length; i++) {
    const place = (highest - logits[i]!) * EXP_STEPS;
    // Without interpolation: off by 0.4 % of a probability, where pictures are divided by them.
    const weight = place < EXP_REACH * EXP_STEPS ? expTable[(place + 0.5) | 0]! : 0;
    logits[i] = weight;
    sum += weight;
  }
  for (let i = 0; i < logits.length; i++) logits[i]! /= sum;
}

let blendedRow = new Float32Array(0);

/** The log prior of a lightness, linear between the middles of two bands so that no seam shows. */
function bandRow(
  logPrior: Float32Array,
  count: number,
  bands: number,
  lightness: number,
): Float32Array {
  if (blendedRow.length !== count) blendedRow = new Float32Array(count);
  const place = Math.min(Math.max((lightness / 100) * bands - 0.5, 0), bands - 1);
  const band = Math.min(Math.floor(place), bands - 2);
  const share = place - band;
  const start = band * count;
  for (let bin = 0; bin < count; bin++) {
    const lower = logPrior[start + bin]!;
    blendedRow[bin] = lower + share * (logPrior[start + count + bin]! - lower);
  }
  return blendedRow;
}

/** Means over squares of an odd side; at the borders of what lies inside. */
export function windowMean(
  plane: Float32Array,
  width: number,
  height: number,
  side: number,
): Float32Array {
  const along = new Float32Array(plane.length);
  for (let y = 0; y < height; y++) lineMean(plane, along, y * width, 1, width, side);
  const mean = new Float32Array(plane.length);
  for (let x = 0; x < width; x++) lineMean(along, mean, x, width, height, side);
  return mean;
}

function lineMean(
  from: Float32Array,
  to: Float32Array,
  start: number,
  stride: number,
  length: number,
  side: number,
): void {
  const reach = (side - 1) / 2;
  for (let i = 0; i < length; i++) {
    const [first, last] = [Math.max(i - reach, 0), Math.min(i + reach, length - 1)];
    let sum = 0;
    for (let j = first; j <= last; j++) sum += from[start + j * stride]!;
    to[start + i * stride] = sum / (last - first + 1);
  }
}
