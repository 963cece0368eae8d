export {
  classificationMeasures,
  type JudgedClasses,
  judgeClasses,
  labelledPictures,
} from "./classification.js";
export type { Head, HeadState } from "./head.js";
export { type ChromaHead, headOf } from "./heads.js";
export type { HybridOptions } from "./hybrid/hybrid.js";
export type { RegressionHead } from "./hybrid/regression-head.js";
export {
  type Averages,
  addMeasures,
  allPictures,
  averages,
  isBetter,
  type Measure,
  type MeasureSet,
  type MeasureSums,
  measureText,
  nothingMeasured,
  type Selection,
  selectingMeasure,
  trainingMeasures,
} from "./measures.js";
export type { JudgedBatch, JudgedNetwork, Judgement, LossTerm, Objective } from "./objective.js";
export { type ObjectiveOptions, objectiveOf } from "./objectives.js";
export {
  checkParameterGroups,
  learningRateFactor,
  matchesPattern,
  type ParameterGroup,
} from "./parameter-groups.js";
export * from "./quantized-chroma/index.js";
