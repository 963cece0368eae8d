import type { Batch } from "./batch.js";
import type { EvaluationResult, StepResult } from "./step.js";

/** Means over some pictures. */
export interface Averages {
  /** Mean colour loss, as the network optimises it (normalised chroma units). */
  readonly colorLoss: number;
  /** Mean cross entropy of the labelled pictures in nats; null if none was labelled. */
  readonly classLoss: number | null;
  /** Share of the labelled pictures whose class was predicted right, 0..1; null if none. */
  readonly accuracy: number | null;
}

/** Running sums of training steps. Plain numbers: they go into checkpoints as they are. */
export interface StepTotals {
  readonly steps: number;
  readonly pictures: number;
  readonly colorLoss: number;
  readonly classLoss: number;
  readonly correct: number;
  readonly labelled: number;
  readonly gradientNorm: number;
}

export const noSteps: StepTotals = {
  steps: 0,
  pictures: 0,
  colorLoss: 0,
  classLoss: 0,
  correct: 0,
  labelled: 0,
  gradientNorm: 0,
};

export function addStep(totals: StepTotals, result: StepResult, batch: Batch): StepTotals {
  return {
    steps: totals.steps + 1,
    pictures: totals.pictures + batch.count,
    colorLoss: totals.colorLoss + result.colorLoss * batch.count,
    classLoss: totals.classLoss + result.classLoss * result.labelled,
    correct: totals.correct + result.correct,
    labelled: totals.labelled + result.labelled,
    gradientNorm: totals.gradientNorm + result.gradientNorm,
  };
}

export const nothingEvaluated: EvaluationResult = {
  colorLoss: 0,
  abSquaredError: 0,
  classLoss: 0,
  correct: 0,
  labelled: 0,
  count: 0,
};

export function addEvaluation(one: EvaluationResult, other: EvaluationResult): EvaluationResult {
  return {
    colorLoss: one.colorLoss + other.colorLoss,
    abSquaredError: one.abSquaredError + other.abSquaredError,
    classLoss: one.classLoss + other.classLoss,
    correct: one.correct + other.correct,
    labelled: one.labelled + other.labelled,
    count: one.count + other.count,
  };
}

/** Means of sums over `pictures` pictures (1 or more). */
export function averages(
  sums: { colorLoss: number; classLoss: number; correct: number; labelled: number },
  pictures: number,
): Averages {
  return {
    colorLoss: sums.colorLoss / pictures,
    classLoss: sums.labelled > 0 ? sums.classLoss / sums.labelled : null,
    accuracy: sums.labelled > 0 ? sums.correct / sums.labelled : null,
  };
}
