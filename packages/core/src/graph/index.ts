export * from "./device-limits.js";
export * from "./gradients.js";
export * from "./graph.js";
export * from "./operators/index.js";
export * from "./optimizers.js";
export * from "./serialize.js";
export * from "./session.js";
