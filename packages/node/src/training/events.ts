import type { Averages, MeasureSet } from "@let-there-be-color/core/objective";
import type { PhasePlan } from "@let-there-be-color/core/training";
import type { BestModel } from "./checkpoint.js";
import type { ValidationRecord } from "./journal.js";

/** Why a run came to its end. */
export type EndReason =
  /** All phases are done (some perhaps ended early). */
  | "finished"
  /** The time limit was reached. */
  | "time"
  /** The abort signal was given. */
  | "interrupted";

/** Training starts, or continues when `resumedFrom` is the path of a checkpoint. */
export interface StartEvent {
  readonly type: "start";
  readonly plan: readonly PhasePlan[];
  readonly step: number;
  readonly resumedFrom: string | null;
  /** What the run reports, and what chooses its best model. */
  readonly objective: MeasureSet;
}

export interface PhaseEvent {
  readonly type: "phase";
  /** From 1. */
  readonly phase: number;
  readonly phases: number;
  readonly crop: number;
  readonly epochs: number;
  readonly batchSize: number;
  readonly batchesPerEpoch: number;
}

/** One optimizer step was made. */
export interface StepEvent {
  readonly type: "step";
  /** From 1. */
  readonly step: number;
  readonly totalSteps: number;
  /** Epoch of the run, from 1. */
  readonly epoch: number;
  readonly epochs: number;
  /** Step within the epoch, from 1. */
  readonly batch: number;
  readonly batchesPerEpoch: number;
  readonly learningRate: number;
  /** Means over the pictures of this step. */
  readonly measures: Averages;
  /** Global L2 norm of the gradient, before clipping. */
  readonly gradientNorm: number;
  /** Means over the steps of the epoch so far. */
  readonly epochMeans: Averages;
  /** Speed over the last steps of this process. */
  readonly imagesPerSecond: number;
  /** Estimate from the speed so far, validation included; null until there is one. */
  readonly secondsLeft: number | null;
}

export interface ValidationEvent extends Omit<ValidationRecord, "type"> {
  readonly type: "validation";
  readonly epochs: number;
  readonly best: BestModel;
}

export interface CheckpointEvent {
  readonly type: "checkpoint";
  readonly step: number;
  /** Path of its JSON file. */
  readonly path: string;
}

/** The measure that chooses the best model did not improve for `patience` epochs; the phase ends here. */
export interface EarlyStopEvent {
  readonly type: "early-stop";
  readonly phase: number;
  readonly epoch: number;
  readonly best: BestModel;
}

export interface EndEvent {
  readonly type: "end";
  readonly reason: EndReason;
  readonly step: number;
  readonly totalSteps: number;
  readonly best: BestModel | null;
  readonly validations: readonly ValidationRecord[];
  /** Path of the JSON file of the last checkpoint. */
  readonly checkpoint: string;
  /** Time spent training, over all processes of the run. */
  readonly seconds: number;
}

export type TrainingEvent =
  | StartEvent
  | PhaseEvent
  | StepEvent
  | ValidationEvent
  | CheckpointEvent
  | EarlyStopEvent
  | EndEvent;
