export * from "./config.js";
export { forCpu } from "./cpu/model.js";
export {
  countParameters,
  type InferenceModelOptions,
  inferenceModel,
  parameterSpecifications,
} from "./inference-model.js";
export { Int8Calibration } from "./int8/calibration.js";
export type { NetworkContext } from "./layers.js";
export * from "./network.js";
export * from "./parameters.js";
export * from "./presets.js";
