import type { Value } from "../graph/graph.js";
import {
  argMax,
  cast,
  equal,
  logSoftmax,
  multiply,
  negate,
  reduceSum,
  reshape,
} from "../graph/operators/index.js";

export interface ClassificationTerms {
  /** Cross entropy in nats of every picture, 0 where it has no label: `[N]`. */
  readonly crossEntropy: Value;
  /** 1 where the most probable class is the label, else 0: `[N]`. */
  readonly correct: Value;
  /** 1 where the picture has a label, else 0: `[N]`. */
  readonly labelled: Value;
}

/**
 * Cross entropy of scene logits (paper, equation 6).
 *
 * @param logits `[N, classes]`
 * @param labels class indices, -1 where unknown; int64 `[N]`
 */
export function classificationTerms(logits: Value, labels: Value): ClassificationTerms {
  const graph = logits.graph;
  const [count, classes] = logits.shape as [number, number];
  const indices = graph.constant(
    "int64",
    [1, classes],
    BigInt64Array.from({ length: classes }, (_, index) => BigInt(index)),
  );
  // A label of -1 equals no index: its row is all zeros.
  const oneHot = cast(equal(reshape(labels, [count, 1]), indices), "float32");
  return {
    crossEntropy: negate(reduceSum(multiply(logSoftmax(logits), oneHot), [1])),
    correct: cast(equal(argMax(logits, 1), labels), "float32"),
    labelled: reduceSum(oneHot, [1]),
  };
}
