export { forCpu } from "./arrangements/cpu/model.js";
export { Int8Calibration } from "./arrangements/int8/calibration.js";
export * from "./config.js";
export type { NetworkContext } from "./layers.js";
export * from "./network.js";
export * from "./parameters.js";
export * from "./presets.js";
