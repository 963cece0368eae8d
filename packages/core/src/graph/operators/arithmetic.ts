// Add, Sub, Mul, Div and Pow-like unary functions with numpy broadcasting. The gradient of a
// broadcast input is summed over the axes along which it was repeated.

import { type Dimension, formatShape, GraphError, type Shape, type Value } from "../graph.js";
import type { GradientRule } from "./gradient-rule.js";
import { reshape } from "./layout.js";
import { reduceSum } from "./reduction.js";

/** `a + b`, broadcast. */
export function add(a: Value, b: Value): Value {
  return binary("Add", a, b);
}

/** `a - b`, broadcast. */
export function subtract(a: Value, b: Value): Value {
  return binary("Sub", a, b);
}

/** `a * b` element by element, broadcast. */
export function multiply(a: Value, b: Value): Value {
  return binary("Mul", a, b);
}

/** `a / b`, broadcast. */
export function divide(a: Value, b: Value): Value {
  return binary("Div", a, b);
}

/** `x * factor` for a number. */
export function scale(x: Value, factor: number): Value {
  return multiply(x, x.graph.scalar(factor));
}

/** Square root; the argument must be positive where a gradient is wanted. */
export function squareRoot(x: Value): Value {
  return x.graph.emitOne("Sqrt", [x], {}, x);
}

export function negate(x: Value): Value {
  return x.graph.emitOne("Neg", [x], {}, x);
}

/** Shape of `a op b` under numpy broadcasting. */
export function broadcastShape(a: Shape, b: Shape, operator: string): Shape {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, axis) => {
    const first = a[axis - (rank - a.length)] ?? 1;
    const second = b[axis - (rank - b.length)] ?? 1;
    return broadcastDimension(first, second) ?? incompatible(a, b, operator);
  });
}

function broadcastDimension(first: Dimension, second: Dimension): Dimension | undefined {
  if (first === second || second === 1) return first;
  if (first === 1) return second;
  // Lengths known only at run time are trusted to agree; a known one tells more than a name.
  if (typeof first === "string") return second;
  if (typeof second === "string") return first;
  return undefined;
}

function incompatible(a: Shape, b: Shape, operator: string): never {
  throw new GraphError(`${operator}: ${formatShape(a)} and ${formatShape(b)} do not broadcast`);
}

function binary(operator: string, a: Value, b: Value): Value {
  if (a.type !== b.type) {
    throw new GraphError(`${operator}: expected equal element types but got ${a.type}, ${b.type}`);
  }
  const shape = broadcastShape(a.shape, b.shape, operator);
  return a.graph.emitOne(operator, [a, b], {}, { type: a.type, shape });
}

/** Sums `gradient` over the axes along which a value of `shape` was broadcast to it. */
export function unbroadcast(gradient: Value, shape: Shape): Value {
  const added = gradient.shape.length - shape.length;
  const axes = gradient.shape
    .map((_, axis) => axis)
    .filter((axis) => axis < added || (shape[axis - added] === 1 && gradient.shape[axis] !== 1));
  const summed = axes.length === 0 ? gradient : reduceSum(gradient, axes, { keepDimensions: true });
  return added === 0 ? summed : reshape(summed, shape);
}

export const addGradient: GradientRule = ({ node, outputGradients: [gradient], needed }) =>
  node.inputs.map((input, index) =>
    needed[index] ? unbroadcast(gradient!, input!.shape) : undefined,
  );

export const subtractGradient: GradientRule = ({ node, outputGradients: [gradient], needed }) => [
  needed[0] ? unbroadcast(gradient!, node.inputs[0]!.shape) : undefined,
  needed[1] ? negate(unbroadcast(gradient!, node.inputs[1]!.shape)) : undefined,
];

export const multiplyGradient: GradientRule = ({ node, outputGradients: [gradient], needed }) => {
  const [a, b] = node.inputs as [Value, Value];
  return [
    needed[0] ? unbroadcast(multiply(gradient!, b), a.shape) : undefined,
    needed[1] ? unbroadcast(multiply(gradient!, a), b.shape) : undefined,
  ];
};

export const divideGradient: GradientRule = ({ node, outputGradients: [gradient], needed }) => {
  const [a, b] = node.inputs as [Value, Value];
  const quotient = node.outputs[0]!;
  const overDivisor = divide(gradient!, b);
  return [
    needed[0] ? unbroadcast(overDivisor, a.shape) : undefined,
    // d(a/b)/db = -(a/b)/b
    needed[1] ? negate(unbroadcast(multiply(overDivisor, quotient), b.shape)) : undefined,
  ];
};

export const negateGradient: GradientRule = ({ outputGradients: [gradient] }) => [
  negate(gradient!),
];

export const squareRootGradient: GradientRule = ({ node, outputGradients: [gradient] }) => [
  // d sqrt(x)/dx = 1 / (2 sqrt(x))
  divide(scale(gradient!, 0.5), node.outputs[0]!),
];
