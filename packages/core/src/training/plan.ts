import type { SchedulePosition } from "./schedule.js";

/** A stretch of training at one picture size; progressive resizing has several. */
export interface TrainingPhase {
  /** Side of the square training crops, in pixels. */
  readonly crop: number;
  /** Passes over the training pictures, 1 or more. */
  readonly epochs: number;
  /** Pictures in a step. */
  readonly batchSize: number;
}

/** A phase with its length. */
export interface PhasePlan extends TrainingPhase {
  /** Steps in an epoch, 1 or more. */
  readonly batchesPerEpoch: number;
}

/** How far a run has come: the next batch to train on. All counts start from 0. */
export interface TrainingPosition {
  readonly phase: number;
  /** Epoch within the phase. */
  readonly epoch: number;
  /**
   * Batch within the epoch. `batchesPerEpoch` means that the validation at the epoch's end is
   * still to do.
   */
  readonly batch: number;
}

/** Epochs of the whole plan. */
export function totalEpochs(plan: readonly TrainingPhase[]): number {
  return plan.reduce((sum, phase) => sum + phase.epochs, 0);
}

/** Steps of the whole plan. */
export function totalSteps(plan: readonly PhasePlan[]): number {
  return plan.reduce((sum, phase) => sum + phase.epochs * phase.batchesPerEpoch, 0);
}

/** Epoch counted from the start of the run, from 0. */
export function globalEpoch(plan: readonly TrainingPhase[], position: TrainingPosition): number {
  return totalEpochs(plan.slice(0, position.phase)) + position.epoch;
}

/**
 * Where the position stands in the planned run. An early stop of a phase leaves steps out, so this
 * may run ahead of the number of steps made.
 */
export function schedulePosition(
  plan: readonly PhasePlan[],
  position: TrainingPosition,
): SchedulePosition {
  const phase = plan[position.phase];
  const inPhase = phase ? position.epoch * phase.batchesPerEpoch + position.batch : 0;
  return {
    step: totalSteps(plan.slice(0, position.phase)) + inPhase,
    totalSteps: totalSteps(plan),
    epoch: globalEpoch(plan, position),
  };
}

/** Pixels still to be trained on: what the time left is proportional to. */
export function remainingPixels(plan: readonly PhasePlan[], position: TrainingPosition): number {
  let pixels = 0;
  for (const [index, phase] of plan.entries()) {
    if (index < position.phase) continue;
    let steps = phase.epochs * phase.batchesPerEpoch;
    if (index === position.phase) {
      steps -= position.epoch * phase.batchesPerEpoch + position.batch;
    }
    pixels += steps * pixelsPerStep(phase);
  }
  return pixels;
}

/** Pixels in the crops of one step. */
export function pixelsPerStep(phase: TrainingPhase): number {
  return phase.batchSize * phase.crop ** 2;
}

/** The same position, moved on to the next phase with epochs left if its own phase has none. */
export function settle(
  plan: readonly TrainingPhase[],
  position: TrainingPosition,
): TrainingPosition {
  const phase = plan[position.phase];
  if (!phase || position.epoch < phase.epochs) return position;
  return settle(plan, { phase: position.phase + 1, epoch: 0, batch: 0 });
}
