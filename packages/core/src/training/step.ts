import type { Batch } from "./batch.js";

/** What one optimisation step measured, before the update was applied. */
export interface StepResult {
  /** Colour loss in the network's normalised chroma units, as optimised. */
  readonly colorLoss: number;
  /** Mean cross entropy of the labelled pictures, in nats; 0 if none is labelled. */
  readonly classLoss: number;
  /** Labelled pictures whose class was predicted right, and how many were labelled. */
  readonly correct: number;
  readonly labelled: number;
  /** Global L2 norm of the gradient, before clipping. */
  readonly gradientNorm: number;
}

/** Sums over a validation batch (only its first `count` pictures). */
export interface EvaluationResult {
  /** Sum over the pictures of their colour losses. */
  readonly colorLoss: number;
  /** Sum over the pictures of the squared a*b* error per pixel and channel, CIELAB units squared. */
  readonly abSquaredError: number;
  /** Sum over the labelled pictures of the cross entropy, in nats. */
  readonly classLoss: number;
  readonly correct: number;
  readonly labelled: number;
  readonly count: number;
}

/** Parameters and optimizer state by name. Every value is float32. */
export type TrainingState = Map<string, { shape: readonly number[]; data: Float32Array }>;

/** A network being trained: what the training loop drives. */
export interface TrainableNetwork {
  /** One optimizer step. `step` counts from 1 (Adam's bias correction needs it). */
  step(batch: Batch, learningRate: number, step: number): Promise<StepResult>;
  /** Losses without an update. */
  evaluate(batch: Batch): Promise<EvaluationResult>;
  /** Copies parameters and optimizer state to host memory. */
  readState(): Promise<TrainingState>;
  release(): Promise<void>;
}
