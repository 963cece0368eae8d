export { forCpu } from "./arrangements/cpu/model.js";
export { Int8Calibration } from "./arrangements/int8/calibration.js";
export {
  type ConvolutionLayer,
  type GlobalPooling,
  type NetworkConfig,
  totalStride,
} from "./config.js";
export type { NetworkContext } from "./layers.js";
export { buildNetwork, type NetworkOutputs, predictedAb } from "./network.js";
export {
  type Initialization,
  initialValues,
  ParameterSource,
  type ParameterSpecification,
  type ParameterValues,
  type StoredParameters,
} from "./parameters.js";
export { networkPreset, type PresetName, presetNames } from "./presets.js";
