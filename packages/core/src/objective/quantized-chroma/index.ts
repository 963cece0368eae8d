export { alternativeColors } from "./alternatives.js";
export { ChromaBins, DEFAULT_SPACING } from "./bins.js";
export { ColorDistributions } from "./color-distributions.js";
export { type CountedPictures, countColors } from "./count-colors.js";
export { ChromaEncoding, type EncodingOptions } from "./encoding.js";
export type { QuantizedChromaOptions } from "./objective.js";
export { ChromaPrior, PriorCounts, type PriorOptions } from "./prior.js";
export {
  PRIOR_NAME,
  type QuantizedColors,
  type QuantizedHead,
  quantizedColors,
} from "./quantized-head.js";
export {
  checkReadOuts,
  DEFAULT_READ_OUTS,
  type EntropyRange,
  READ_OUT_NAMES,
  type ReadOut,
  type ReadOutName,
  type ReadOuts,
  type Smoothing,
} from "./read-out.js";
