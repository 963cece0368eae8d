// ReduceSum, ReduceMean: sums and means over axes.

import { elementCount, type Graph, normalizeAxis, type Shape, type Value } from "../graph.js";
import { scale } from "./arithmetic.js";
import type { GradientRule } from "./gradient-rule.js";
import { expand, reshape } from "./layout.js";

export interface ReductionOptions {
  /** Keep reduced axes with length 1. Default false. */
  readonly keepDimensions?: boolean;
}

/** Sum over `axes` (all, if left out). */
export function reduceSum(
  x: Value,
  axes: readonly number[] = allAxes(x),
  options: ReductionOptions = {},
): Value {
  return reduce("ReduceSum", x, axes, options);
}

/** Mean over `axes` (all, if left out). */
export function reduceMean(
  x: Value,
  axes: readonly number[] = allAxes(x),
  options: ReductionOptions = {},
): Value {
  return reduce("ReduceMean", x, axes, options);
}

function reduce(
  operator: string,
  x: Value,
  axes: readonly number[],
  { keepDimensions = false }: ReductionOptions,
): Value {
  const reduced = axes.map((axis) => normalizeAxis(axis, x.shape.length, operator));
  // ONNX reads an empty list of axes as "all".
  if (reduced.length === 0) return x;
  const kept = x.shape.map((length, axis) => (reduced.includes(axis) ? 1 : length));
  const shape = keepDimensions ? kept : kept.filter((_, axis) => !reduced.includes(axis));
  return x.graph.emitOne(
    operator,
    [x, x.graph.integers(reduced)],
    { keepdims: { int: keepDimensions ? 1 : 0 } },
    { type: x.type, shape },
  );
}

function allAxes(x: Value): number[] {
  return x.shape.map((_, axis) => axis);
}

export const reduceSumGradient: GradientRule = ({ node, outputGradients: [gradient] }) => {
  const x = node.inputs[0]!;
  return [spread(gradient!, x, reducedShape(x.graph, node.inputs[1]!, x.shape))];
};

export const reduceMeanGradient: GradientRule = ({ node, outputGradients: [gradient] }) => {
  const x = node.inputs[0]!;
  const kept = reducedShape(x.graph, node.inputs[1]!, x.shape);
  const ratio =
    elementCount(kept, "The gradient of ReduceMean") /
    elementCount(x.shape, "The gradient of ReduceMean");
  return [spread(scale(gradient!, ratio), x, kept)];
};

function reducedShape(graph: Graph, axes: Value, shape: Shape): Shape {
  const reduced = Array.from(graph.constantData(axes) as BigInt64Array, Number);
  return shape.map((length, axis) => (reduced.includes(axis) ? 1 : length));
}

function spread(gradient: Value, x: Value, keptShape: Shape): Value {
  return expand(reshape(gradient, keptShape), x.shape);
}
