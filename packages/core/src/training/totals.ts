import { addMeasures, type MeasureSums, nothingMeasured } from "../objective/measures.js";
import type { StepResult } from "./step.js";

/** Running sums of training steps. Plain numbers: they go into checkpoints as they are. */
export interface StepTotals extends MeasureSums {
  readonly steps: number;
  readonly gradientNorm: number;
}

export const noSteps: StepTotals = { steps: 0, gradientNorm: 0, ...nothingMeasured };

export function addStep(totals: StepTotals, result: StepResult): StepTotals {
  return {
    steps: totals.steps + 1,
    gradientNorm: totals.gradientNorm + result.gradientNorm,
    ...addMeasures(totals, result),
  };
}
