export {
  CHROMA_BINS,
  type ChromaError,
  chromaBins,
  chromaError,
  LARGEST_THRESHOLD,
  rebalancedShare,
  rebalancingWeights,
} from "./ab-accuracy.js";
export { bleedingIndex, nearLightnessEdges } from "./bleeding.js";
export { type ChromaCounts, countChroma } from "./chroma-counts.js";
export { ciede2000, meanCiede2000 } from "./ciede2000.js";
export { bestClass, rankOfClass } from "./classification.js";
export { type Colorfulness, colorfulness } from "./colorfulness.js";
export { flatChromaVariation } from "./flat-chroma-variation.js";
export {
  meanChromaDistance,
  type OwnMeasures,
  type PictureMeasures,
  TruePicture,
} from "./picture-comparison.js";
export { SEPIA_HUE, sepiaIndex, sepiaTone } from "./sepia.js";
export { HIGHEST_PSNR, peakSignalToNoise } from "./signal-to-noise.js";
export {
  type BootstrapOptions,
  bootstrap,
  type Interval,
  mean,
  quantile,
  type Statistic,
} from "./statistics.js";
export {
  SMALLEST_SIDE,
  StructuralReference,
  structuralSimilarity,
} from "./structural-similarity.js";
