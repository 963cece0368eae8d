import type { MeasureSums } from "../objective/measures.js";
import type { Batch } from "./batch.js";

/** What one optimisation step measured, before the update was applied: sums over the batch. */
export interface StepResult extends MeasureSums {
  /** Global L2 norm of the gradient, before clipping. */
  readonly gradientNorm: number;
}

/** Parameters, optimizer state and moving averages by name. Every value is float32. */
export type TrainingState = Map<string, { shape: readonly number[]; data: Float32Array }>;

/** A network being trained: what the training loop drives. */
export interface TrainableNetwork {
  /** One optimizer step. `step` counts from 1 (Adam's bias correction needs it). */
  step(batch: Batch, learningRate: number, step: number): Promise<StepResult>;
  /** Sums over a validation batch (only its first `count` pictures), without an update. */
  evaluate(batch: Batch): Promise<MeasureSums>;
  /** Copies parameters, optimizer state and moving averages to host memory. */
  readState(): Promise<TrainingState>;
  release(): Promise<void>;
}
