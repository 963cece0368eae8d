// What earlier versions wrote into checkpoints, as it would be written today.

import { noSteps, type StepTotals } from "@let-there-be-color/core/training";
import type { BestModel, TrainingProgress } from "./checkpoint.js";
import type { RunConfiguration } from "./run/configuration.js";

/** Progress in a checkpoint of format 1: five fixed measures, the best model by its colour loss. */
export interface FirstProgress
  extends Omit<TrainingProgress, "best" | "epochTotals" | "windowTotals"> {
  readonly best: (Omit<BestModel, "measure" | "value"> & { readonly colorLoss: number }) | null;
  readonly epochTotals?: FirstTotals;
  readonly windowTotals?: FirstTotals;
}

interface FirstTotals {
  readonly steps: number;
  readonly pictures: number;
  readonly colorLoss: number;
  readonly classLoss: number;
  readonly correct: number;
  readonly labelled: number;
  readonly gradientNorm: number;
}

/** Progress of format 1 in today's. */
export function progressOfFormat1(progress: FirstProgress): TrainingProgress {
  const { best, epochTotals, windowTotals, ...rest } = progress;
  return {
    ...rest,
    best: best && bestOfFormat1(best),
    epochTotals: totalsOfFormat1(epochTotals),
    windowTotals: totalsOfFormat1(windowTotals),
  };
}

function bestOfFormat1({ colorLoss, ...rest }: NonNullable<FirstProgress["best"]>): BestModel {
  return { ...rest, measure: "colorLoss", value: colorLoss };
}

function totalsOfFormat1(totals: FirstTotals | undefined): StepTotals {
  if (!totals || totals.steps === 0) return noSteps;
  const { steps, gradientNorm, pictures, labelled, colorLoss, classLoss, correct } = totals;
  return {
    steps,
    gradientNorm,
    sums: { colorLoss, classLoss, accuracy: correct },
    weights: { pictures, labelled },
  };
}

/** Configurations had the options of the hybrid loss under `loss`, and neither groups nor average. */
interface FirstConfiguration extends Partial<RunConfiguration> {
  readonly loss?: Omit<RunConfiguration["objective"], "type">;
}

/** The configuration that a checkpoint records, whoever wrote it; null if it says no network. */
export function recordedConfiguration({
  configuration,
}: Pick<TrainingProgress, "configuration">): RunConfiguration | null {
  const { loss, ...recorded } = (configuration ?? {}) as FirstConfiguration;
  if (!recorded.network) return null;
  return {
    parameterGroups: [],
    movingAverage: 0,
    ...(loss ? { objective: { type: "hybrid", ...loss } } : {}),
    ...recorded,
  } as RunConfiguration;
}
