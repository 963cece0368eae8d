// Exponential and logarithm, comparison, selection and conversion.

import { GraphError, normalizeAxis, type Value } from "../graph.js";
import type { DataType } from "../session.js";
import { broadcastShape, divide, multiply, unbroadcast } from "./arithmetic.js";
import type { GradientRule } from "./gradient-rule.js";

export function exponential(x: Value): Value {
  return x.graph.emitOne("Exp", [x], {}, x);
}

/** Natural logarithm; the argument must be positive. */
export function logarithm(x: Value): Value {
  return x.graph.emitOne("Log", [x], {}, x);
}

/** The nearest whole number, halves to the even one. Has no gradient. */
export function round(x: Value): Value {
  return x.graph.emitOne("Round", [x], {}, x);
}

/** 1 where `a > b`, broadcast; bool. Has no gradient. */
export function greater(a: Value, b: Value): Value {
  const shape = broadcastShape(a.shape, b.shape, "Greater");
  return a.graph.emitOne("Greater", [a, b], {}, { type: "bool", shape });
}

/** 1 where `a >= b`, broadcast; bool. Has no gradient. */
export function greaterOrEqual(a: Value, b: Value): Value {
  const shape = broadcastShape(a.shape, b.shape, "GreaterOrEqual");
  return a.graph.emitOne("GreaterOrEqual", [a, b], {}, { type: "bool", shape });
}

/** 1 where `a = b`, broadcast; bool. Has no gradient. */
export function equal(a: Value, b: Value): Value {
  const shape = broadcastShape(a.shape, b.shape, "Equal");
  return a.graph.emitOne("Equal", [a, b], {}, { type: "bool", shape });
}

/** The larger of `a` and `b`, broadcast. Has no gradient. */
export function maximum(a: Value, b: Value): Value {
  const shape = broadcastShape(a.shape, b.shape, "Max");
  return a.graph.emitOne("Max", [a, b], {}, { type: a.type, shape });
}

/** The smaller of `a` and `b`, broadcast. Has no gradient. */
export function minimum(a: Value, b: Value): Value {
  const shape = broadcastShape(a.shape, b.shape, "Min");
  return a.graph.emitOne("Min", [a, b], {}, { type: a.type, shape });
}

/** `a` where `condition` holds, else `b`; all three broadcast. */
export function where(condition: Value, a: Value, b: Value): Value {
  if (condition.type !== "bool") {
    throw new GraphError(`Where: expected a bool condition but received ${condition.type}`);
  }
  const shape = broadcastShape(broadcastShape(a.shape, b.shape, "Where"), condition.shape, "Where");
  return a.graph.emitOne("Where", [condition, a, b], {}, { type: a.type, shape });
}

const elementTypeCodes: Readonly<Record<DataType, number>> = {
  float32: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
};

/** Converts the element type. Has no gradient. */
export function cast(x: Value, type: DataType): Value {
  if (x.type === type) return x;
  const attributes = { to: { int: elementTypeCodes[type] } };
  return x.graph.emitOne("Cast", [x], attributes, { type, shape: x.shape });
}

/** Index of the largest element along `axis`, which is dropped; int64. Has no gradient. */
export function argMax(x: Value, axis: number): Value {
  const along = normalizeAxis(axis, x.shape.length, "ArgMax");
  return x.graph.emitOne(
    "ArgMax",
    [x],
    { axis: { int: along }, keepdims: { int: 0 } },
    { type: "int64", shape: x.shape.filter((_, index) => index !== along) },
  );
}

export const exponentialGradient: GradientRule = ({ node, outputGradients: [gradient] }) => [
  multiply(gradient!, node.outputs[0]!),
];

export const logarithmGradient: GradientRule = ({ node, outputGradients: [gradient] }) => [
  divide(gradient!, node.inputs[0]!),
];

export const whereGradient: GradientRule = ({ node, outputGradients: [gradient], needed }) => {
  const [condition, a, b] = node.inputs as [Value, Value, Value];
  const zero = condition.graph.scalar(0);
  return [
    undefined,
    needed[1] ? unbroadcast(where(condition, gradient!, zero), a.shape) : undefined,
    needed[2] ? unbroadcast(where(condition, zero, gradient!), b.shape) : undefined,
  ];
};
