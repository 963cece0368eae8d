export * from "./config.js";
export * from "./inference-model.js";
export type { NetworkContext } from "./layers.js";
export * from "./network.js";
export * from "./parameters.js";
export * from "./presets.js";
