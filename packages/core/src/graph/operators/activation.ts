// Relu, LeakyRelu, Sigmoid, Tanh, Softmax, LogSoftmax. Rules use the outputs, not the inputs, so
// that the inputs need not be kept.

import { GraphError, normalizeAxis, type Value } from "../graph.js";
import { multiply, scale, subtract } from "./arithmetic.js";
import { exponential, greater, where } from "./elementwise.js";
import { floatAttribute, type GradientRule, intAttribute } from "./gradient-rule.js";
import { reduceSum } from "./reduction.js";

/** `max(x, 0)`. */
export function relu(x: Value): Value {
  return x.graph.emitOne("Relu", [x], {}, x);
}

/** `x` where positive, `slope * x` elsewhere; `slope` in (0, 1). */
export function leakyRelu(x: Value, slope: number): Value {
  if (!(slope > 0 && slope < 1)) {
    throw new GraphError(`LeakyRelu: expected a slope between 0 and 1 but received ${slope}`);
  }
  return x.graph.emitOne("LeakyRelu", [x], { alpha: { float: slope } }, x);
}

/** `1 / (1 + exp(-x))`. */
export function sigmoid(x: Value): Value {
  return x.graph.emitOne("Sigmoid", [x], {}, x);
}

export function tanh(x: Value): Value {
  return x.graph.emitOne("Tanh", [x], {}, x);
}

/** Probabilities along `axis`. */
export function softmax(x: Value, axis = -1): Value {
  const along = normalizeAxis(axis, x.shape.length, "Softmax");
  return x.graph.emitOne("Softmax", [x], { axis: { int: along } }, x);
}

/** Logarithms of the probabilities along `axis`, computed without overflow. */
export function logSoftmax(x: Value, axis = -1): Value {
  const along = normalizeAxis(axis, x.shape.length, "LogSoftmax");
  return x.graph.emitOne("LogSoftmax", [x], { axis: { int: along } }, x);
}

export const reluGradient: GradientRule = ({ node, outputGradients: [gradient] }) => {
  const y = node.outputs[0]!;
  // 1 where y > 0, else 0, as a hard sigmoid so steep that it is a step: one pass over the memory
  // where a comparison and a conversion need two, and a choice (Where) is slower still.
  const steepness = { alpha: { float: 1e38 }, beta: { float: 0 } };
  return [multiply(gradient!, y.graph.emitOne("HardSigmoid", [y], steepness, y))];
};

export const leakyReluGradient: GradientRule = ({ node, outputGradients: [gradient] }) => {
  // A slope above 0 keeps the sign, so the output tells on which side the input was.
  const positive = greater(node.outputs[0]!, node.outputs[0]!.graph.scalar(0));
  return [where(positive, gradient!, scale(gradient!, floatAttribute(node, "alpha")))];
};

export const sigmoidGradient: GradientRule = ({ node, outputGradients: [gradient] }) => {
  const y = node.outputs[0]!;
  return [multiply(gradient!, multiply(y, subtract(y.graph.scalar(1), y)))];
};

export const tanhGradient: GradientRule = ({ node, outputGradients: [gradient] }) => {
  const y = node.outputs[0]!;
  return [multiply(gradient!, subtract(y.graph.scalar(1), multiply(y, y)))];
};

export const softmaxGradient: GradientRule = ({ node, outputGradients: [gradient] }) => {
  const y = node.outputs[0]!;
  const axis = intAttribute(node, "axis");
  const weighted = reduceSum(multiply(gradient!, y), [axis], { keepDimensions: true });
  return [multiply(y, subtract(gradient!, weighted))];
};

export const logSoftmaxGradient: GradientRule = ({ node, outputGradients: [gradient] }) => {
  const y = node.outputs[0]!;
  const total = reduceSum(gradient!, [intAttribute(node, "axis")], { keepDimensions: true });
  return [subtract(gradient!, multiply(exponential(y), total))];
};
