// The operators that graphs are built from. Gradient rules and what only they need stay inside.

export { leakyRelu, logSoftmax, relu, relu6, sigmoid, softmax, tanh } from "./activation.js";
export { add, divide, multiply, negate, scale, squareRoot, subtract } from "./arithmetic.js";
export {
  type ConvolutionOptions,
  convolution,
  convolvedLength,
  type TransposedConvolutionOptions,
  transposedConvolution,
} from "./convolution.js";
export { dropout } from "./dropout.js";
export {
  argMax,
  cast,
  equal,
  exponential,
  greater,
  greaterOrEqual,
  logarithm,
  maximum,
  minimum,
  round,
  where,
} from "./elementwise.js";
export { enlargedConvolution, phaseKernels } from "./enlarged-convolution.js";
export {
  concat,
  expand,
  flip,
  gather,
  pad,
  reshape,
  type SliceRange,
  slice,
  transpose,
  unsqueeze,
  withAxes,
} from "./layout.js";
export { type GemmOptions, gemm, matMul, transposeLastTwo } from "./matrix.js";
export { type MaxPoolOptions, maxPool } from "./max-pooling.js";
export { filteringAlgorithm, type Sampling } from "./minimal-filtering.js";
export {
  type BatchNormalizationOptions,
  type BatchNormalizationParameters,
  batchNormalizationEpsilon,
  batchNormalizeInference,
  batchNormalizeTraining,
} from "./normalization.js";
export { type ReductionOptions, reduceMean, reduceSum } from "./reduction.js";
export {
  type AveragePoolOptions,
  averagePool,
  depthToSpace,
  globalAveragePool,
  resizeBilinear,
  resizeNearest,
  spaceToDepth,
} from "./resizing.js";
export { type SoftmaxCrossEntropyOptions, softmaxCrossEntropy } from "./softmax-cross-entropy.js";
export { type WinogradCost, winogradConvolution, winogradCost } from "./winograd-convolution.js";
