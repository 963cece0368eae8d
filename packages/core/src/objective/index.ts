export * from "./classification.js";
export type { Head, HeadState } from "./head.js";
export * from "./heads.js";
export type { HybridOptions } from "./hybrid/hybrid.js";
export type { RegressionHead } from "./hybrid/regression-head.js";
export * from "./measures.js";
export type * from "./objective.js";
export * from "./objectives.js";
export * from "./parameter-groups.js";
