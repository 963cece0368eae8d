export {
  type AugmentationOptions,
  augmentationNames,
} from "./augmentation/augmentation.js";
export type { Batch } from "./batch.js";
export * from "./encoder-statistics.js";
export * from "./exported-graphs.js";
export { parameterGroups } from "./forward-pass.js";
export { averagedParameters } from "./moving-average.js";
export * from "./plan.js";
export * from "./schedule.js";
export type * from "./step.js";
export * from "./totals.js";
export * from "./trainable-network.js";
export * from "./training-graph.js";
