export * from "./classification-loss.js";
export * from "./color-loss.js";
export * from "./hybrid-loss.js";
