export {
  type AugmentationOptions,
  augmentationNames,
} from "./augmentation/augmentation.js";
export type { Batch } from "./batch.js";
export {
  estimateEncoderStatistics,
  type StatisticsOptions,
  type StatisticsRuntime,
} from "./encoder-statistics.js";
export {
  type ExportedGraphOptions,
  judgementGraph,
  type LossGraph,
  lossGraph,
  type NetworkBoundary,
} from "./exported-graphs.js";
export { type ForwardPassOptions, parameterGroups } from "./forward-pass.js";
export { averagedParameters } from "./moving-average.js";
export {
  globalEpoch,
  type PhasePlan,
  pixelsPerStep,
  remainingPixels,
  schedulePosition,
  settle,
  type TrainingPhase,
  type TrainingPosition,
  totalEpochs,
  totalSteps,
} from "./plan.js";
export {
  type Decay,
  describeSchedule,
  type LearningRateSchedule,
  learningRateAt,
  type SchedulePosition,
} from "./schedule.js";
export type { StepResult, TrainableNetwork, TrainingState } from "./step.js";
export { addStep, noSteps, type StepTotals } from "./totals.js";
export {
  createTrainableNetwork,
  initialState,
  type TrainableNetworkOptions,
} from "./trainable-network.js";
export {
  evaluationGraph,
  type NoiseInput,
  stateName,
  type TrainingGraph,
  type TrainingGraphOptions,
  trainingGraph,
} from "./training-graph.js";
