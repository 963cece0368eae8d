export { forCpu } from "./arrangements/cpu/model.js";
export { Int8Calibration } from "./arrangements/int8/calibration.js";
export * from "./config.js";
export type { BackboneConfig } from "./encoders/backbone.js";
export { backboneFeatures } from "./encoders/backbone.js";
export type { MobilenetEdgetpuConfig } from "./encoders/mobilenet-edgetpu.js";
export { type MobilenetV1Config, mobilenetV1Channels } from "./encoders/mobilenet-v1.js";
export {
  type PretrainedBackbone,
  pretrainedBackbone,
  withEncoderWeights,
} from "./encoders/starting-weights.js";
export type { NetworkContext } from "./layers.js";
export * from "./network.js";
export * from "./parameter-list.js";
export * from "./parameters.js";
export * from "./presets.js";
