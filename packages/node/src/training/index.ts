// Training as a library: networks, data and presentation are the caller's, the loop is here.

export type { Averages, Measure, MeasureSet } from "@let-there-be-color/core/objective";
export type {
  PhasePlan,
  StepResult,
  StepTotals,
  TrainableNetwork,
  TrainingPhase,
  TrainingPosition,
  TrainingState,
} from "@let-there-be-color/core/training";
export {
  type Decay,
  describeSchedule,
  type LearningRateSchedule,
  learningRateAt,
  type SchedulePosition,
} from "@let-there-be-color/core/training";
export {
  type BestModel,
  type Checkpoint,
  checkpointPath,
  findNewestCheckpoint,
  type RejectedCheckpoint,
  readCheckpoint,
  saveCheckpoint,
  type TrainingProgress,
} from "./checkpoint.js";
export { drawCurves, writeCurves } from "./curves.js";
export type * from "./events.js";
export {
  type JournalRecord,
  type ResumeRecord,
  readJournal,
  type StartRecord,
  type StepsRecord,
  type ValidationRecord,
} from "./journal.js";
export { ProgressReporter, type ProgressStream } from "./progress.js";
export { openCheckpoint } from "./run-folder.js";
export {
  readSafetensors,
  type SafeTensor,
  type SafetensorsContent,
  writeSafetensors,
} from "./safetensors.js";
export { type PhaseData, type TrainingOptions, train } from "./trainer.js";
