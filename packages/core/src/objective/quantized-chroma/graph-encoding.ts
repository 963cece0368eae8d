// The encoding of targets in a training graph: a rounding and a lookup in the tables.

import type { Value } from "../../graph/graph.js";
import {
  add,
  cast,
  gather,
  maximum,
  minimum,
  multiply,
  reshape,
  scale,
  slice,
} from "../../graph/operators/index.js";
import type { FineGrid } from "./bins.js";
import type { ChromaEncoding } from "./encoding.js";

export interface EncodedTarget {
  /** Bins, nearest first; int64 `[N, h, w, neighbours]`. */
  readonly bins: Value;
  /** Their weights, of sum 1: `[N, h, w, neighbours]`. */
  readonly weights: Value;
}

/** @param ab CIELAB units, of known sizes: `[N, 2, h, w]` */
export function encodeInGraph(ab: Value, encoding: ChromaEncoding): EncodedTarget {
  const graph = ab.graph;
  const { fineGrid } = encoding.bins;
  const table = [fineGrid.side ** 2, encoding.neighbours];
  const cells = cellsInGraph(ab, fineGrid);
  const indices = BigInt64Array.from(encoding.indices, BigInt);
  return {
    bins: gather(graph.constant("int64", table, indices), cells, 0),
    weights: gather(graph.constant("float32", table, encoding.weights), cells, 0),
  };
}

/** As `cellOf`: `[N, 2, h, w] -> int64 [N, h, w]`. */
function cellsInGraph(ab: Value, { step, side }: FineGrid): Value {
  const graph = ab.graph;
  const [count, , height, width] = ab.shape as readonly number[];
  const places = add(scale(ab, 1 / step), graph.scalar(side / 2));
  const inside = minimum(maximum(places, graph.scalar(0)), graph.scalar(side - 1));
  // A conversion to whole numbers rounds towards zero, which is down here. Numbers up to the count of
  // cells are exact in float32, the only type that every device computes with.
  const whole = cast(cast(inside, "int64"), "float32");
  const [rows, columns] = [0, 1].map((start) => {
    const plane = slice(whole, [{ axis: 1, start, length: 1 }]);
    return reshape(plane, [count!, height!, width!]);
  }) as [Value, Value];
  return cast(add(multiply(rows, graph.scalar(side)), columns), "int64");
}
