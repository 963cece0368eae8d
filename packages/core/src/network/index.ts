export { forCpu } from "./arrangements/cpu/model.js";
export { Int8Calibration } from "./arrangements/int8/calibration.js";
export {
  type BackboneNetworkConfig,
  type ConvolutionLayer,
  type GlobalPooling,
  type NetworkConfig,
  type PaperNetworkConfig,
  totalStride,
} from "./config.js";
export type { BackboneConfig } from "./encoders/backbone.js";
export { backboneFeatures, backboneStride } from "./encoders/backbone.js";
export type { MobilenetEdgetpuConfig } from "./encoders/mobilenet-edgetpu.js";
export { type MobilenetV1Config, mobilenetV1Channels } from "./encoders/mobilenet-v1.js";
export {
  type PretrainedBackbone,
  pretrainedBackbone,
  withEncoderWeights,
} from "./encoders/starting-weights.js";
export type { NetworkContext } from "./layers.js";
export { buildNetwork, type NetworkOutputs, predictedAb } from "./network.js";
export { countParameters, parameterSpecifications } from "./parameter-list.js";
export {
  type Initialization,
  initialValues,
  inSinglePrecision,
  ParameterSource,
  type ParameterSpecification,
  type ParameterValues,
  type StoredParameters,
} from "./parameters.js";
export { networkPreset, type PresetName, presetNames } from "./presets.js";
