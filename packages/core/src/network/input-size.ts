// Pictures of any size: padding to what the strides need, and the fixed-size global image.

import type { Dimension, Graph, Value } from "../graph/graph.js";
import { concat } from "../graph/operators/index.js";

/** Bilinear resize (antialiased) of `[N, 1, H, W]` to `[N, 1, side, side]`. Has no gradient. */
export function resizeToSquare(luminance: Value, side: number): Value {
  const graph = luminance.graph;
  const [batch, channels] = luminance.shape;
  const sizes = concat(
    [
      lengths(luminance, 0, 2),
      graph.integers([side, side]),
    ],
    0,
  );
  return graph.emitOne(
    "Resize",
    [luminance, undefined, undefined, sizes],
    {
      mode: { string: "linear" },
      antialias: { int: 1 },
      coordinate_transformation_mode: { string: "half_pixel" },
    },
    { type: "float32", shape: [batch!, channels!, side, side] },
  );
}

/**
 * Repeats the last row and column until both sides are multiples of `multiple`.
 * @param x `[N, C, H, W]` with H and W known only at run time
 */
export function padToMultiple(x: Value, multiple: number): Value {
  const graph = x.graph;
  const sides = lengths(x, 2, 4);
  const step = graph.integers([multiple]);
  // (multiple - side mod multiple) mod multiple
  const remainder = integerNode(graph, "Mod", sides, step);
  const missing = integerNode(graph, "Mod", integerNode(graph, "Sub", step, remainder), step);
  const pads = concat([graph.integers([0, 0, 0, 0, 0, 0]), missing], 0);
  const [batch, channels, height, width] = x.shape as [Dimension, Dimension, Dimension, Dimension];
  return graph.emitOne("Pad", [x, pads], { mode: { string: "edge" } }, {
    type: x.type,
    shape: [batch, channels, `${height}_padded`, `${width}_padded`],
  });
}

/** Cuts `x [N, C, H', W']` at the bottom and right to the height and width of `like`. */
export function cropLike(x: Value, like: Value): Value {
  const graph = x.graph;
  const [batch, channels] = x.shape;
  return graph.emitOne(
    "Slice",
    [x, graph.integers([0, 0]), lengths(like, 2, 4), graph.integers([2, 3])],
    {},
    { type: x.type, shape: [batch!, channels!, like.shape[2]!, like.shape[3]!] },
  );
}

/** Lengths of the axes `start` up to (not including) `end`, int64. */
function lengths(x: Value, start: number, end: number): Value {
  return x.graph.emitOne(
    "Shape",
    [x],
    { start: { int: start }, end: { int: end } },
    { type: "int64", shape: [end - start] },
  );
}

function integerNode(graph: Graph, operator: string, a: Value, b: Value): Value {
  const shape = a.shape[0] === 1 ? b.shape : a.shape;
  return graph.emitOne(operator, [a, b], {}, { type: "int64", shape });
}
