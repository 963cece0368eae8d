export * from "./forward-graph.js";
export * from "./training-graph.js";
