// Pictures of any size: padding to what the strides need, and the fixed-size global image.

import type { Dimension, Value } from "../graph/graph.js";
import {
  cast,
  concat,
  divide,
  matMul,
  maximum,
  multiply,
  reduceSum,
  relu,
  reshape,
  subtract,
  transpose,
} from "../graph/operators/index.js";
import { integers, lengths } from "./run-time-lengths.js";

/**
 * Resizes `[N, 1, H, W]` to `[N, 1, side, side]`, bilinearly and antialiased: each target pixel is
 * the mean of the source under a triangle as wide as the reduction, half-pixel centres. As two
 * matrix products, because ONNX's Resize can do this on the CPU only.
 */
export function resizeToSquare(lightness: Value, side: number): Value {
  const rows = triangleWeights(lightness, 2, side);
  const columns = triangleWeights(lightness, 3, side);
  return matMul(matMul(rows, lightness), transpose(columns, [1, 0]));
}

/** `[side, L]`: share of each of the L elements along `axis` in each of `side` targets. */
function triangleWeights(x: Value, axis: number, side: number): Value {
  const graph = x.graph;
  const length = lengths(x, axis, axis + 1);
  const zero = graph.constant("int64", [], BigInt64Array.of(0n));
  const one = graph.constant("int64", [], BigInt64Array.of(1n));
  const positions = cast(
    graph.emitOne(
      "Range",
      [zero, reshape(length, []), one],
      {},
      {
        type: "int64",
        shape: [x.shape[axis]!],
      },
    ),
    "float32",
  );
  const reduction = divide(cast(length, "float32"), graph.scalar(side));
  const targets = Float32Array.from({ length: side }, (_, target) => target + 0.5);
  const centres = subtract(
    multiply(graph.constant("float32", [side, 1], targets), reduction),
    graph.scalar(0.5),
  );
  const offsets = subtract(positions, centres);
  const distances = graph.emitOne("Abs", [offsets], {}, offsets);
  // An enlargement interpolates between neighbours: the triangle is never narrower than that.
  const reach = maximum(reduction, graph.scalar(1));
  const weights = relu(subtract(graph.scalar(1), divide(distances, reach)));
  return divide(weights, reduceSum(weights, [1], { keepDimensions: true }));
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
  const remainder = integers("Mod", sides, step);
  const missing = integers("Mod", integers("Sub", step, remainder), step);
  const pads = concat([graph.integers([0, 0, 0, 0, 0, 0]), missing], 0);
  const [batch, channels, height, width] = x.shape as [Dimension, Dimension, Dimension, Dimension];
  return graph.emitOne(
    "Pad",
    [x, pads],
    { mode: { string: "edge" } },
    {
      type: x.type,
      shape: [batch, channels, `${height}_padded`, `${width}_padded`],
    },
  );
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
