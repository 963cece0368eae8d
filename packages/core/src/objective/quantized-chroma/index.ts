export { alternativeColors } from "./alternatives.js";
export { ChromaBins, DEFAULT_SPACING } from "./bins.js";
export { ColorDistributions } from "./color-distributions.js";
export { ChromaEncoding, type EncodingOptions } from "./encoding.js";
export { ChromaPrior, PriorCounts, type PriorOptions, rarityWeights } from "./prior.js";
export {
  DEFAULT_READ_OUTS,
  type EntropyRange,
  parseReadOuts,
  READ_OUT_NAMES,
  type ReadOut,
  type ReadOutName,
  type ReadOuts,
  readOutAt,
  type Smoothing,
} from "./read-out.js";
