export * from "./training-graph.js";
