// What the training loop is given: a plan, and where its batches and networks come from.

import type { MeasureSet } from "@let-there-be-color/core/objective";
import type {
  Batch,
  LearningRateSchedule,
  PhasePlan,
  TrainableNetwork,
  TrainingState,
} from "@let-there-be-color/core/training";
import type { Checkpoint } from "./checkpoint.js";

/** The batches of one phase. Every batch has at least one picture that counts. */
export interface PhaseData {
  /**
   * The training batches of an epoch of the run (from 0), from a batch index to the phase's
   * `batchesPerEpoch`. The same indices must always give the same batches.
   */
  training(epoch: number, startBatch: number): AsyncIterable<Batch>;
  /** All validation pictures (one or more), the same in every epoch. */
  validation(): AsyncIterable<Batch>;
  close(): Promise<void>;
}

export interface TrainingOptions {
  /** Folder for journal, curves and checkpoints: empty or missing unless the run is resumed. */
  readonly runFolder: string;
  readonly phases: readonly PhasePlan[];
  readonly openData: (phase: PhasePlan) => Promise<PhaseData>;
  /** A network for the phase's crop and batch size, with the given or initial parameters. */
  readonly createNetwork: (phase: PhasePlan, state?: TrainingState) => Promise<TrainableNetwork>;
  readonly learningRate: LearningRateSchedule;
  /** What the networks measure, and which of it chooses the best model. */
  readonly objective: MeasureSet;
  /** Recorded in checkpoints; `openData` and `createNetwork` are expected to use the same one. */
  readonly seed: number;
  /** Continue from this checkpoint of `runFolder`; later ones in the folder are deleted. */
  readonly resume?: Checkpoint;
  /** Epochs without a better validation after which a phase ends; 0 for never. */
  readonly patience?: number;
  /** Minutes after which training stops with a checkpoint; no limit by default. */
  readonly maxMinutes?: number;
  /** Minutes between checkpoints within an epoch; 10 by default. */
  readonly checkpointMinutes?: number;
  /** Newest checkpoints to keep, beside the best model; 2 by default. */
  readonly keepCheckpoints?: number;
  /** Steps in a line of the journal; 20 by default. */
  readonly journalSteps?: number;
  /** Stops training after the current step, with a checkpoint. */
  readonly signal?: AbortSignal;
  /** Recorded in the journal. */
  readonly versions?: Readonly<Record<string, string>>;
  /** Recorded in journal and checkpoints; any JSON. */
  readonly configuration?: unknown;
}
