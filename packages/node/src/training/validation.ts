// What a validation says of a run: how it compares with those before, and which model is the best.

import {
  allPictures,
  averages,
  isBetter,
  type MeasureSet,
  type MeasureSums,
  selectingMeasure,
  trainingMeasures,
} from "@let-there-be-color/core/objective";
import { globalEpoch } from "@let-there-be-color/core/training";
import { UserError } from "@let-there-be-color/core/user-error";
import type { BestModel, TrainingProgress } from "./checkpoint.js";
import type { ValidationRecord } from "./journal.js";

/**
 * Names the selecting measure if it is NaN or infinite; null if it is finite.
 * @param sums over the validation pictures
 * @throws UserError if no validation picture counts for it
 */
export function nonFiniteSelection(objective: MeasureSet, sums: MeasureSums): string | null {
  const { title } = selectingMeasure(objective);
  const value = selectionValue(objective, sums);
  return Number.isFinite(value) ? null : `${title.toLowerCase()} is ${value}`;
}

/**
 * The record of the validation that ends an epoch, and the best model from then on. A new phase, or
 * another selecting measure, starts a new comparison.
 *
 * @param sums over the validation pictures
 * @param progress when the epoch's last step is done
 * @param crop side of the pictures in pixels
 */
export function validationOutcome(
  objective: MeasureSet,
  sums: MeasureSums,
  { step, plan, position, epochTotals, best: previous }: TrainingProgress,
  crop: number,
): { record: ValidationRecord; best: BestModel } {
  const { name: measure } = selectingMeasure(objective);
  const value = selectionValue(objective, sums);
  const comparable =
    previous?.phase === position.phase && previous.measure === measure ? previous : null;
  const improved = comparable === null || isBetter(objective.selection, value, comparable.value);
  const epoch = globalEpoch(plan, position) + 1;
  const record: ValidationRecord = {
    type: "validation",
    step,
    epoch,
    phase: position.phase + 1,
    crop,
    pictures: sums.weights[allPictures] ?? 0,
    measures: averages(objective.measures, sums),
    training: averages(trainingMeasures(objective), epochTotals),
    improved,
  };
  return {
    record,
    best: improved ? { step, phase: position.phase, epoch, measure, value } : comparable,
  };
}

function selectionValue(objective: MeasureSet, sums: MeasureSums): number {
  const { name, title } = selectingMeasure(objective);
  const value = averages(objective.measures, sums)[name] ?? null;
  if (value !== null) return value;
  throw new UserError(
    "data-invalid",
    `No validation picture counts for the ${title.toLowerCase()}, which chooses the best model. Validate on other pictures.`,
  );
}
