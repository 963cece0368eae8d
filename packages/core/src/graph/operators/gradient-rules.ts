// The gradient rule of every differentiable ONNX operator that our operators emit.

import * as activation from "./activation.js";
import * as arithmetic from "./arithmetic.js";
import * as convolution from "./convolution-gradient.js";
import * as elementwise from "./elementwise.js";
import type { GradientRule } from "./gradient-rule.js";
import * as layout from "./layout.js";
import * as matrix from "./matrix.js";
import * as maxPooling from "./max-pooling.js";
import * as reduction from "./reduction.js";
import * as resizing from "./resizing.js";

export const gradientRules: Readonly<Record<string, GradientRule>> = {
  Add: arithmetic.addGradient,
  AveragePool: resizing.averagePoolGradient,
  Clip: activation.clipGradient,
  Concat: layout.concatGradient,
  Conv: convolution.convolutionGradient,
  ConvTranspose: convolution.transposedConvolutionGradient,
  DepthToSpace: resizing.depthToSpaceGradient,
  Div: arithmetic.divideGradient,
  Exp: elementwise.exponentialGradient,
  Expand: layout.expandGradient,
  Gather: layout.gatherGradient,
  Gemm: matrix.gemmGradient,
  LeakyRelu: activation.leakyReluGradient,
  Log: elementwise.logarithmGradient,
  LogSoftmax: activation.logSoftmaxGradient,
  MatMul: matrix.matMulGradient,
  MaxPool: maxPooling.maxPoolGradient,
  Mul: arithmetic.multiplyGradient,
  Neg: arithmetic.negateGradient,
  Pad: layout.padGradient,
  ReduceMean: reduction.reduceMeanGradient,
  ReduceSum: reduction.reduceSumGradient,
  Relu: activation.reluGradient,
  Reshape: layout.reshapeGradient,
  Resize: resizing.resizeGradient,
  Sigmoid: activation.sigmoidGradient,
  Slice: layout.sliceGradient,
  Softmax: activation.softmaxGradient,
  SpaceToDepth: resizing.spaceToDepthGradient,
  Sqrt: arithmetic.squareRootGradient,
  Sub: arithmetic.subtractGradient,
  Tanh: activation.tanhGradient,
  Transpose: layout.transposeGradient,
  Unsqueeze: layout.reshapeGradient,
  Where: elementwise.whereGradient,
};
