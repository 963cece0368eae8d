// Intervals by the percentile bootstrap (B. Efron, R. Tibshirani, "An Introduction to the
// Bootstrap", 1993, chapter 13): pictures are drawn with replacement, the same draws for every
// column, so that differences between systems are paired.

import { randomUint32 } from "../random.js";

/** A value with its 95 % interval. */
export interface Interval {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** What {@link bootstrap} computes, from the means of the columns. */
export type Statistic = (means: Float64Array) => number;

export interface BootstrapOptions {
  /** Number of resamples. Default 1000. */
  readonly resamples?: number;
  /** Default 0. */
  readonly seed?: number;
}

/**
 * 95 % intervals of statistics that are functions of column means: means, differences of means,
 * ratios of means.
 *
 * @param columns a value for each picture: `[columns][pictures]`
 * @returns an interval for each statistic; NaN where a statistic is not defined
 */
export function bootstrap(
  columns: readonly Float64Array[],
  statistics: readonly Statistic[],
  { resamples = 1000, seed = 0 }: BootstrapOptions = {},
): Interval[] {
  const pictures = columns[0]?.length ?? 0;
  const means = Float64Array.from(columns, mean);
  const values = statistics.map((statistic) => statistic(means));
  const draws = statistics.map(() => new Float64Array(resamples));
  const times = new Float64Array(pictures);
  const resampled = new Float64Array(columns.length);
  for (let resample = 0; resample < resamples; resample++) {
    times.fill(0);
    for (let i = 0; i < pictures; i++) {
      times[Math.floor((randomUint32(seed, resample, i) / 4294967296) * pictures)]! += 1;
    }
    for (const [c, column] of columns.entries()) {
      let sum = 0;
      for (let i = 0; i < pictures; i++) sum += times[i]! * column[i]!;
      resampled[c] = sum / pictures;
    }
    for (const [s, statistic] of statistics.entries()) draws[s]![resample] = statistic(resampled);
  }
  return values.map((value, s) => {
    const sorted = draws[s]!.filter(Number.isFinite).sort();
    return { value, low: quantile(sorted, 0.025), high: quantile(sorted, 0.975) };
  });
}

/** Arithmetic mean; NaN of nothing. */
export function mean(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}

/**
 * Quantile by linear interpolation between order statistics (type 7 of Hyndman & Fan 1996, numpy's
 * default).
 *
 * @param sorted ascending
 * @param share 0..1
 */
export function quantile(sorted: Float64Array, share: number): number {
  if (sorted.length === 0) return Number.NaN;
  const position = share * (sorted.length - 1);
  const below = Math.floor(position);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below]! + (position - below) * (sorted[above]! - sorted[below]!);
}
