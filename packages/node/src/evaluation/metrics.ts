// The metrics of a whole evaluation, each a function of means over the pictures, so that all of
// them get paired bootstrap intervals in the same way.

import {
  CHROMA_BINS,
  rebalancedShare,
  rebalancingWeights,
} from "@let-there-be-color/core/evaluation";
import type { PictureRow } from "./evaluate.js";

/** Means over the pictures that metrics are made of. */
const SYSTEM_COLUMNS = [
  "psnr",
  "ssim",
  "ciede2000",
  "abError",
  "auc",
  "rebalancedCredit",
  "rebalancedWeight",
  "colorfulness",
  "colorfulnessAbsolute",
  "pictureRatio",
  "pictureDifference",
  "pictureDifferenceAbsolute",
  "sepia",
  "sepiaPicture",
  "bleeding",
  "flatChromaVariation",
  "lightnessDrift",
  "top1",
  "top5",
  "ranked",
] as const;

const TRUTH_COLUMNS = [
  "colorfulness",
  "colorfulnessAbsolute",
  "bleeding",
  "flatChromaVariation",
] as const;

type SystemColumn = (typeof SYSTEM_COLUMNS)[number];
type TruthColumn = (typeof TRUTH_COLUMNS)[number];

/** Means of one resample. */
export interface Means {
  readonly of: (column: SystemColumn) => number;
  readonly truth: (column: TruthColumn) => number;
}

export interface Metric {
  readonly key: string;
  readonly label: string;
  readonly unit: string;
  /** What is best: the highest or lowest value, the truth's own, or neither. */
  readonly best: "high" | "low" | "one" | "truth";
  readonly digits: number;
  /** One sentence for the reader of a report. */
  readonly explanation: string;
  readonly value: (means: Means) => number;
  /** The truth's own value, where a picture alone has one. */
  readonly truth?: TruthColumn;
}

const plain = (column: SystemColumn) => (means: Means) => means.of(column);

/** Variation, CIELAB units a pixel, below which flat places of the truth are plain by design. */
const LEAST_VARIATION = 0.01;

/** Every metric, in the order of the tables. docs/evaluation.md explains each. */
export const METRICS: readonly Metric[] = [
  {
    key: "psnr",
    label: "PSNR",
    unit: "dB",
    best: "high",
    digits: 2,
    explanation: "Peak signal-to-noise ratio on RGB, mean over pictures. Rewards timid colour.",
    value: plain("psnr"),
  },
  {
    key: "ssim",
    label: "SSIM",
    unit: "",
    best: "high",
    digits: 4,
    explanation:
      "Structural similarity on R, G and B, 11 x 11 Gaussian window. High even for grey.",
    value: plain("ssim"),
  },
  {
    key: "ciede2000",
    label: "CIEDE2000",
    unit: "",
    best: "low",
    digits: 2,
    explanation: "Mean perceived colour difference; about 1 is just visible.",
    value: plain("ciede2000"),
  },
  {
    key: "abError",
    label: "ab error",
    unit: "",
    best: "low",
    digits: 2,
    explanation: "Mean distance in the a*b* plane of CIELAB.",
    value: plain("abError"),
  },
  {
    key: "auc",
    label: "AuC",
    unit: "%",
    best: "high",
    digits: 2,
    explanation:
      "Area under the curve of pixels within an ab error of 0 to 150 (Zhang et al. 2016).",
    value: plain("auc"),
  },
  {
    key: "aucRebalanced",
    label: "AuC rebalanced",
    unit: "%",
    best: "high",
    digits: 2,
    explanation: "The same with every pixel weighted by the rarity of its true colour.",
    value: ({ of }) => (100 * of("rebalancedCredit")) / of("rebalancedWeight"),
  },
  {
    key: "colorfulness",
    label: "Colourfulness",
    unit: "",
    best: "truth",
    digits: 2,
    explanation: "Hasler & Süsstrunk 2003, signed as in the paper; best where the truth's is.",
    value: plain("colorfulness"),
    truth: "colorfulness",
  },
  {
    key: "colorfulnessAbsolute",
    label: "Colourfulness, absolute",
    unit: "",
    best: "truth",
    digits: 2,
    explanation: "The variant of later code, as in published CF columns.",
    value: plain("colorfulnessAbsolute"),
    truth: "colorfulnessAbsolute",
  },
  {
    key: "colorfulnessRatio",
    label: "Colourfulness ratio",
    unit: "",
    best: "one",
    digits: 3,
    explanation: "Mean colourfulness over the truth's mean.",
    value: ({ of, truth }) => of("colorfulness") / truth("colorfulness"),
  },
  {
    key: "colorfulnessRatioPerPicture",
    label: "… per picture",
    unit: "",
    best: "one",
    digits: 3,
    explanation: "Mean of each picture's ratio.",
    value: plain("pictureRatio"),
  },
  {
    key: "colorfulnessDifference",
    label: "|ΔCF|",
    unit: "",
    best: "low",
    digits: 2,
    explanation: "Difference of the two means. Too much here and too little there cancel out.",
    value: ({ of, truth }) => Math.abs(of("colorfulness") - truth("colorfulness")),
  },
  {
    key: "colorfulnessDifferenceAbsolute",
    label: "|ΔCF|, absolute",
    unit: "",
    best: "low",
    digits: 2,
    explanation: "The same of the absolute variant: comparable with published ΔCF.",
    value: ({ of, truth }) => Math.abs(of("colorfulnessAbsolute") - truth("colorfulnessAbsolute")),
  },
  {
    key: "colorfulnessDifferencePerPicture",
    label: "|ΔCF| per picture",
    unit: "",
    best: "low",
    digits: 2,
    explanation: "Mean of each picture's |ΔCF|: nothing cancels out.",
    value: plain("pictureDifference"),
  },
  {
    key: "colorfulnessDifferenceAbsolutePerPicture",
    label: "|ΔCF| per picture, absolute",
    unit: "",
    best: "low",
    digits: 2,
    explanation: "Mean of each picture's |ΔCF| of the absolute variant.",
    value: plain("pictureDifferenceAbsolute"),
  },
  {
    key: "sepia",
    label: "Sepia index",
    unit: "",
    best: "low",
    digits: 3,
    explanation: "How far colours collapse to one brownish hue while the truth's do not: 0 to 1.",
    value: plain("sepia"),
  },
  {
    key: "sepiaShare",
    label: "Sepia pictures",
    unit: "%",
    best: "low",
    digits: 1,
    explanation:
      "Share of the pictures whose colourfulness is under 0.4 of their truth's: brown or nearly grey.",
    value: ({ of }) => 100 * of("sepiaPicture"),
  },
  {
    key: "bleeding",
    label: "Bleeding index",
    unit: "",
    best: "truth",
    digits: 3,
    explanation:
      "Share of chroma edges without a lightness edge nearby: 0 to 1; compare the truth's.",
    value: plain("bleeding"),
    truth: "bleeding",
  },
  {
    key: "flatChromaVariation",
    label: "Flat chroma variation",
    unit: "",
    best: "low",
    digits: 3,
    explanation:
      "Mean chroma gradient where the lightness is flat, over the truth's: patches on plain walls.",
    value: ({ of, truth }) =>
      of("flatChromaVariation") / Math.max(truth("flatChromaVariation"), LEAST_VARIATION),
  },
  {
    key: "lightnessDrift",
    label: "Lightness drift",
    unit: "",
    best: "low",
    digits: 3,
    explanation: "Mean change of L*; only the rounding to 8 bits may remain, about 0.1.",
    value: plain("lightnessDrift"),
  },
  {
    key: "top1",
    label: "Top-1",
    unit: "%",
    best: "high",
    digits: 1,
    explanation: "Pictures whose most probable scene class is right.",
    value: ({ of }) => (100 * of("top1")) / of("ranked"),
  },
  {
    key: "top5",
    label: "Top-5",
    unit: "%",
    best: "high",
    digits: 1,
    explanation: "Pictures whose class is among the five most probable.",
    value: ({ of }) => (100 * of("top5")) / of("ranked"),
  },
];

/** Colourfulness below which a picture's ratio would say nothing. */
const LEAST_COLORFULNESS = 1;

/** Share of its truth's colourfulness below which a picture counts as sepia. */
const SEPIA_RATIO = 0.4;

/** The columns of all systems, and where each lies. */
export interface MetricTable {
  /** `[columns][pictures]`. */
  readonly columns: readonly Float64Array[];
  /** The means of a system, of an array of the means of all columns. */
  readonly meansOf: (system: number, means: Float64Array) => Means;
}

/** Lays the rows of an evaluation out in columns. */
export function metricTable(rows: readonly PictureRow[], systems: number): MetricTable {
  const weights = rebalancingWeights(totalPixels(rows));
  const column = (value: (row: PictureRow) => number) => Float64Array.from(rows, value);
  const columns = TRUTH_COLUMNS.map((name) => column(({ truth }) => truth[name]));
  for (let s = 0; s < systems; s++) {
    for (const name of SYSTEM_COLUMNS) columns.push(column((row) => cell(row, s, name, weights)));
  }
  return {
    columns,
    meansOf: (system, means) => ({
      truth: (name) => means[TRUTH_COLUMNS.indexOf(name)]!,
      of: (name) =>
        means[
          TRUTH_COLUMNS.length + system * SYSTEM_COLUMNS.length + SYSTEM_COLUMNS.indexOf(name)
        ]!,
    }),
  };
}

function totalPixels(rows: readonly PictureRow[]): Float64Array {
  const pixels = new Float64Array(CHROMA_BINS);
  for (const { counts } of rows) {
    for (const [i, bin] of counts.bins.entries()) pixels[bin]! += counts.pixels[i]!;
  }
  return pixels;
}

function cell(
  { systems, truth, counts, scenes }: PictureRow,
  system: number,
  column: SystemColumn,
  weights: Float64Array,
): number {
  const measures = systems[system]!;
  const rank = scenes[system]?.rank ?? -1;
  switch (column) {
    case "rebalancedCredit":
      return rebalancedShare(counts, measures.credits, weights).credit;
    case "rebalancedWeight":
      return rebalancedShare(counts, measures.credits, weights).weight;
    case "pictureRatio":
      return measures.colorfulness / Math.max(truth.colorfulness, LEAST_COLORFULNESS);
    case "sepiaPicture":
      return Number(measures.colorfulness < SEPIA_RATIO * truth.colorfulness);
    case "pictureDifference":
      return Math.abs(measures.colorfulness - truth.colorfulness);
    case "pictureDifferenceAbsolute":
      return Math.abs(measures.colorfulnessAbsolute - truth.colorfulnessAbsolute);
    case "top1":
      return Number(rank === 0);
    case "top5":
      return Number(rank >= 0 && rank < 5);
    case "ranked":
      return Number(rank >= 0);
    default:
      return measures[column];
  }
}
