// Arithmetic on lengths that are known only at run time: int64 values of one axis.

import type { Value } from "../graph/graph.js";
import { cast, reshape } from "../graph/operators/index.js";

/** Lengths of the axes `start` up to (not including) `end`: `[end - start]`. */
export function lengths(x: Value, start: number, end: number): Value {
  return x.graph.emitOne(
    "Shape",
    [x],
    { start: { int: start }, end: { int: end } },
    { type: "int64", shape: [end - start] },
  );
}

/** `a op b`, element by element; one of them may have a single element. Div rounds towards 0. */
export function integers(operator: "Add" | "Sub" | "Mul" | "Div" | "Mod", a: Value, b: Value) {
  const shape = a.shape[0] === 1 ? b.shape : a.shape;
  return a.graph.emitOne(operator, [a, b], {}, { type: "int64", shape });
}

/** 1 if both elements of `a` are those of `b`, else 0: `[2], [2] -> [1]`. */
export function bothEqual(a: Value, b: Value): Value {
  const graph = a.graph;
  const equal = graph.emitOne("Equal", [a, b], {}, { type: "bool", shape: a.shape });
  const smallest = graph.emitOne(
    "ReduceMin",
    [cast(equal, "int64"), graph.integers([0])],
    { keepdims: { int: 0 } },
    { type: "int64", shape: [] },
  );
  return reshape(smallest, [1]);
}

/** The elements of `x` whose index along `axis` is below `end` (int64 `[1]`), as `length` names it. */
export function firstElements(x: Value, axis: number, end: Value, length: string): Value {
  const graph = x.graph;
  return graph.emitOne(
    "Slice",
    [x, graph.integers([0]), end, graph.integers([axis])],
    {},
    { type: x.type, shape: x.shape.map((each, index) => (index === axis ? length : each)) },
  );
}
