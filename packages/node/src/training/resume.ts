import type { PhasePlan } from "@let-there-be-color/core/training";
import { UserError } from "@let-there-be-color/core/user-error";
import type { TrainingProgress } from "./checkpoint.js";

/**
 * A resumed run may get more (or fewer) epochs from its current phase on; the rest of the plan
 * must be as it was, or its batches would not be the same.
 * @throws UserError
 */
export function checkPlanUnchanged(
  { plan: before, position, step }: TrainingProgress,
  plan: readonly PhasePlan[],
): void {
  for (const [index, old] of before.entries()) {
    const phase = plan[index];
    const started = index <= position.phase;
    if (!phase && !started) continue;
    const number = `phase ${index + 1}`;
    if (!phase) {
      throw new UserError(
        "option-invalid",
        `The run is already in ${number}; the phases given now end before it.`,
      );
    }
    if (!started) continue;
    if (phase.crop !== old.crop || phase.batchSize !== old.batchSize) {
      throw new UserError(
        "option-invalid",
        `The checkpoint was made with crop ${old.crop} and batch ${old.batchSize} in ${number}, ` +
          `not crop ${phase.crop} and batch ${phase.batchSize}. Use the same, or start a new run.`,
      );
    }
    if (phase.batchesPerEpoch !== old.batchesPerEpoch) {
      throw new UserError(
        "data-invalid",
        `The data set has changed: an epoch had ${old.batchesPerEpoch} batches, now ` +
          `${phase.batchesPerEpoch}. Use the same pictures, or start a new run.`,
      );
    }
    const done = index < position.phase ? old.epochs : position.epoch;
    const fixed = index < position.phase && phase.epochs !== old.epochs;
    if (fixed || phase.epochs < done) {
      throw new UserError(
        "option-invalid",
        `At step ${step} the run has done ${done} epochs of ${number}; ` +
          `${phase.epochs} cannot be asked for any more.`,
      );
    }
  }
}
