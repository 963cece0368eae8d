// From the rows of an evaluation to what is printed and written.

import {
  bootstrap,
  type Interval,
  mean,
  type Statistic,
} from "@let-there-be-color/core/evaluation";
import type { EvaluationFailure, EvaluationTime, PictureRow } from "./evaluate.js";
import { METRICS, metricTable } from "./metrics.js";

export interface SummaryOptions {
  /** Names of the candidates, then of the baselines. */
  readonly systemNames: readonly string[];
  readonly candidates: number;
  /** Default 1000. */
  readonly resamples?: number;
  /** Of the bootstrap. Default 0. */
  readonly seed?: number;
}

/** Metrics by key. */
export type MetricValues = Readonly<Record<string, Interval>>;

/** One system less another, over the same pictures. */
export interface PairedDifference {
  readonly of: string;
  readonly minus: string;
  readonly metrics: MetricValues;
}

/** Means over the pictures of one class, of the first candidate. */
export interface ClassSummary {
  readonly name: string;
  readonly pictures: number;
  readonly psnr: number;
  readonly ciede2000: number;
  readonly abError: number;
  readonly colorfulnessRatio: number;
  readonly sepia: number;
  /** Per cent; null where the class is not one of the model's. */
  readonly top1: number | null;
  readonly top5: number | null;
  /** CIEDE2000 of the second candidate less that of the first; null for one candidate. */
  readonly difference: number | null;
}

/** How often pictures of one class were taken for another. */
export interface Confusion {
  readonly truth: string;
  readonly predicted: string;
  readonly pictures: number;
}

export interface Summary {
  readonly pictures: number;
  readonly systems: readonly { readonly name: string; readonly metrics: MetricValues }[];
  readonly truth: MetricValues;
  readonly differences: readonly PairedDifference[];
  readonly classes: readonly ClassSummary[];
  /** Of the first candidate, right ones included; most frequent first. */
  readonly confusions: readonly Confusion[];
}

/** The whole result, as it is written to `summary.json`. */
export interface EvaluationResult extends Summary {
  readonly format: "let-there-be-color evaluation";
  readonly formatVersion: 1;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly failures: readonly EvaluationFailure[];
  readonly grey: readonly string[];
  readonly time: EvaluationTime;
}

/**
 * Summarises an evaluation: 95 % intervals over resamples of the pictures, the same resamples for
 * all systems.
 *
 * @param rows at least one
 */
export function summarize(rows: readonly PictureRow[], options: SummaryOptions): Summary {
  const { systemNames, candidates, resamples = 1000, seed = 0 } = options;
  const table = metricTable(rows, systemNames.length);
  const pairs = pairsOf(systemNames.length, candidates);
  const withTruth = METRICS.filter(({ truth }) => truth);
  const statistics: Statistic[] = [
    ...systemNames.flatMap((_, s) =>
      METRICS.map(
        ({ value }): Statistic =>
          (means) =>
            value(table.meansOf(s, means)),
      ),
    ),
    ...withTruth.map(
      ({ truth }): Statistic =>
        (means) =>
          table.meansOf(0, means).truth(truth!),
    ),
    ...pairs.flatMap(([first, second]) =>
      METRICS.map(
        ({ value }): Statistic =>
          (means) =>
            value(table.meansOf(first, means)) - value(table.meansOf(second, means)),
      ),
    ),
  ];
  const intervals = bootstrap(table.columns, statistics, { resamples, seed });
  const take = (keys: readonly { readonly key: string }[]): MetricValues =>
    Object.fromEntries(keys.map(({ key }) => [key, intervals.shift()!]));
  return {
    pictures: rows.length,
    systems: systemNames.map((name) => ({ name, metrics: take(METRICS) })),
    truth: take(withTruth),
    differences: pairs.map(([first, second]) => ({
      of: systemNames[first]!,
      minus: systemNames[second]!,
      metrics: take(METRICS),
    })),
    classes: classSummaries(rows, candidates),
    confusions: confusionsOf(rows),
  };
}

/** Each candidate against those behind it, the first two first, then each against each baseline. */
function pairsOf(systems: number, candidates: number): [number, number][] {
  const pairs: [number, number][] = [];
  for (let first = 0; first < candidates; first++) {
    for (let second = first + 1; second < candidates; second++) pairs.push([first, second]);
  }
  for (let c = 0; c < candidates; c++) {
    for (let b = candidates; b < systems; b++) pairs.push([c, b]);
  }
  return pairs;
}

function classSummaries(rows: readonly PictureRow[], candidates: number): ClassSummary[] {
  const groups = new Map<string, PictureRow[]>();
  for (const row of rows) {
    if (row.className === null) continue;
    const group = groups.get(row.className);
    if (group) group.push(row);
    else groups.set(row.className, [row]);
  }
  return [...groups].map(([name, group]) => {
    const average = (value: (row: PictureRow) => number) => mean(Float64Array.from(group, value));
    const ranked = group.filter(({ scenes }) => (scenes[0]?.rank ?? -1) >= 0);
    const within = (places: number) =>
      ranked.length === 0
        ? null
        : (100 * ranked.filter(({ scenes }) => scenes[0]!.rank < places).length) / ranked.length;
    const ciede = (system: number) => average(({ systems }) => systems[system]!.ciede2000);
    return {
      name,
      pictures: group.length,
      psnr: average(({ systems }) => systems[0]!.psnr),
      ciede2000: ciede(0),
      abError: average(({ systems }) => systems[0]!.abError),
      colorfulnessRatio:
        average(({ systems }) => systems[0]!.colorfulness) /
        average(({ truth }) => truth.colorfulness),
      sepia: average(({ systems }) => systems[0]!.sepia),
      top1: within(1),
      top5: within(5),
      difference: candidates > 1 ? ciede(1) - ciede(0) : null,
    };
  });
}

function confusionsOf(rows: readonly PictureRow[]): Confusion[] {
  const counts = new Map<string, { truth: string; predicted: string; pictures: number }>();
  for (const { className, scenes } of rows) {
    const scene = scenes[0];
    if (className === null || !scene || scene.rank < 0) continue;
    const key = JSON.stringify([className, scene.best]);
    const entry = counts.get(key) ?? { truth: className, predicted: scene.best, pictures: 0 };
    entry.pictures++;
    counts.set(key, entry);
  }
  return [...counts.values()].sort((a, b) => b.pictures - a.pictures);
}
