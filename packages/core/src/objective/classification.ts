// Scene classification as a part of an objective: its loss and its measures.

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
import type { Measure } from "./measures.js";
import type { JudgedBatch, Judgement } from "./objective.js";

/** Name of the weight that is 1 for pictures with a label. */
export const labelledPictures = "labelled";

/** Cross entropy, and the share of pictures whose class was predicted right. */
export const classificationMeasures: readonly [Measure, Measure] = [
  {
    name: "classLoss",
    title: "Class loss",
    label: "class",
    unit: "nats",
    digits: 3,
    averagedOver: labelledPictures,
  },
  {
    name: "accuracy",
    title: "Accuracy",
    label: "accuracy",
    digits: 1,
    percentage: true,
    averagedOver: labelledPictures,
  },
];

export interface JudgedClasses {
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
export function judgeClasses(logits: Value, labels: Value): JudgedClasses {
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

/**
 * A judgement of colours with that of the classes beside it; as it is for a network without
 * classification.
 *
 * @param alpha factor of the cross entropy in the loss; 0: reported, but no part of it
 */
export function judgeWithClasses(
  { values, weights, loss }: Judgement,
  { sceneLogits, labels }: JudgedBatch,
  alpha: number,
): Judgement {
  if (!sceneLogits) return { values, weights, loss };
  const { crossEntropy, correct, labelled } = judgeClasses(sceneLogits, labels);
  return {
    values: { ...values, classLoss: crossEntropy, accuracy: correct },
    weights: { ...weights, [labelledPictures]: labelled },
    loss: [...loss, { measure: "classLoss", factor: alpha }],
  };
}
