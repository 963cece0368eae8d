// Relu, ReLU6 (Clip), LeakyRelu, Sigmoid, Tanh, Softmax, LogSoftmax. Rules use the outputs, not the
// inputs, so that the inputs need not be kept.

import { GraphError, normalizeAxis, type Value } from "../graph.js";
import { multiply, scale, subtract } from "./arithmetic.js";
import { exponential, greater, where } from "./elementwise.js";
import { floatAttribute, type GradientRule, intAttribute } from "./gradient-rule.js";
import { reduceSum } from "./reduction.js";

/** `max(x, 0)`. */
export function relu(x: Value): Value {
  return x.graph.emitOne("Relu", [x], {}, x);
}

/** `x` between 0 and 6, else the nearer of the two (Krizhevsky 2010). */
export function relu6(x: Value): Value {
  return x.graph.emitOne("Clip", [x, x.graph.scalar(0), x.graph.scalar(6)], {}, x);
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

export const reluGradient: GradientRule = ({ node, outputGradients: [gradient] }) => [
  multiply(gradient!, step(node.outputs[0]!, 1e38, 0)),
];

export const clipGradient: GradientRule = ({ node, outputGradients: [gradient] }) => {
  const y = node.outputs[0]!;
  const [low, high] = [1, 2].map((index) => y.graph.constantData(node.inputs[index]!)?.[0]);
  if (low === undefined || high === undefined) {
    throw new GraphError("The gradient of Clip: its bounds must be known in advance");
  }
  // A power of two, so that its product with a bound is exact. Two products with steps take hardly
  // longer than one; one with a step of y (6 - y) or 3 - |y - 3| takes 1.6 times as long, and
  // Equal(x, y) is no faster and keeps the input in memory.
  const above = multiply(gradient!, step(y, STEEP, -STEEP * Number(low)));
  return [multiply(above, step(y, -STEEP, STEEP * Number(high)))];
};

const STEEP = 2 ** 100;

/**
 * 1 where `slope y + offset > 0`, else 0, as a hard sigmoid so steep that it is a step: one pass
 * over the memory where a comparison and a conversion need two, and a choice (Where) is slower still.
 */
function step(y: Value, slope: number, offset: number): Value {
  const attributes = { alpha: { float: slope }, beta: { float: offset } };
  return y.graph.emitOne("HardSigmoid", [y], attributes, y);
}

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
