// Training as a library: a whole run on pictures with `trainOnPictures`, or the loop alone with
// `train`, where networks, data and presentation are the caller's.

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
export type { PictureChoices, RunChoices } from "./run/choices.js";
export type {
  ConfiguredPhase,
  DataLocation,
  RunConfiguration,
  TrainingChoices,
  WrittenPhase,
} from "./run/configuration.js";
export type { RunDatasets, SkippedFiles } from "./run/data.js";
export {
  exportedModel,
  type ModelExportOptions,
  modelOfRun,
  type RunModel,
} from "./run/model-export.js";
export { type PresetDefaults, presetDefaults } from "./run/preset-defaults.js";
export { openCheckpoint } from "./run-folder.js";
export {
  readSafetensors,
  type SafeTensor,
  type SafetensorsContent,
  writeSafetensors,
} from "./safetensors.js";
export {
  type OpeningEvent,
  type PreparedEvent,
  type TrainedRun,
  type TrainOnPicturesEvent,
  type TrainOnPicturesOptions,
  trainOnPictures,
} from "./train-on-pictures.js";
export { train } from "./trainer.js";
export type { PhaseData, TrainingOptions } from "./trainer-options.js";
export {
  type TrainingDescription,
  type TrainingExportOptions,
  writeTrainingExport,
} from "./training-export.js";
