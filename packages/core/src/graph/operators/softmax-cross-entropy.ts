// Cross entropy between a softmax and a target on the last axis, with one formula as gradient: the
// probabilities less the target, times the weight. At 100,000 rows of 247 classes a full-size tensor
// has 99 MB, so that passes over them are what costs.

import { formatShape, GraphError, type Shape, type Value } from "../graph.js";
import { logSoftmax } from "./activation.js";
import { multiply, negate, subtract } from "./arithmetic.js";
import { exponential } from "./elementwise.js";
import { reshape, unsqueeze } from "./layout.js";
import { reduceSum } from "./reduction.js";

export interface SoftmaxCrossEntropyOptions {
  /**
   * Shares of the classes named by a target of indices `[.., k]`, float32 `[.., k]`, at least 0. Each
   * row's sum is taken as it is: 1 makes a distribution.
   */
  readonly shares?: Value;
  /** Factor of each row's loss, float32 `[..]`, such as a rebalancing of rare classes. Default 1. */
  readonly weights?: Value;
}

/**
 * `-weight * sum over classes of target * log softmax(logits)`, row by row. It has a gradient with
 * respect to the logits only.
 *
 * @param logits `[.., classes]`
 * @param target one of: the class of each row, int64 `[..]`; a few classes of each row, int64
 *   `[.., k]`, none twice, with `shares`; or a distribution, float32 `[.., classes]`
 * @returns losses `[..]`
 */
export function softmaxCrossEntropy(
  logits: Value,
  target: Value,
  options: SoftmaxCrossEntropyOptions = {},
): Value {
  const rows = logits.shape.slice(0, -1);
  const { shares, weights } = options;
  checkShapes(logits, target, options);
  const { graph } = logits;
  const judge = target.type === "int64" ? ofClasses(target, shares, rows) : ofDistribution(target);
  let logarithms: Value;
  const [losses] = graph.composite(
    [logits],
    () => {
      logarithms = logSoftmax(logits);
      const each = negate(judge.product(logarithms));
      return [weights ? multiply(each, weights) : each];
    },
    ([gradient]) => {
      const factors = unsqueeze(weights ? multiply(gradient!, weights) : gradient!, rows.length);
      const total = judge.total();
      const scales = total ? multiply(factors, total) : factors;
      return [judge.without(multiply(exponential(logarithms), scales), factors)];
    },
  );
  return losses!;
}

/** What the loss needs of a target `t` of each row. */
interface Target {
  /** `sum over classes of t * x`, `[.., classes] -> [..]` */
  product(x: Value): Value;
  /** `sum over classes of t`, `[.., 1]`; undefined where it is 1. */
  total(): Value | undefined;
  /** `x - factor t`, `[.., classes]`, with factors `[.., 1]`. */
  without(x: Value, factors: Value): Value;
}

/** Never a dense one-hot: the few elements are read and changed where they lie. */
function ofClasses(target: Value, shares: Value | undefined, rows: Shape): Target {
  const axis = rows.length;
  const classes = shares ? target : unsqueeze(target, axis);
  return {
    product(x) {
      const taken = x.graph.emitOne(
        "GatherElements",
        [x, classes],
        { axis: { int: axis } },
        { type: x.type, shape: classes.shape },
      );
      return shares ? reduceSum(multiply(taken, shares), [axis]) : reshape(taken, rows);
    },
    total: () => shares && reduceSum(shares, [axis], { keepDimensions: true }),
    without: (x, factors) =>
      x.graph.emitOne(
        "ScatterElements",
        [x, classes, negate(shares ? multiply(shares, factors) : factors)],
        { axis: { int: axis }, reduction: { string: "add" } },
        x,
      ),
  };
}

function ofDistribution(target: Value): Target {
  const axis = target.shape.length - 1;
  return {
    product: (x) => reduceSum(multiply(target, x), [axis]),
    total: () => reduceSum(target, [axis], { keepDimensions: true }),
    without: (x, factors) => subtract(x, multiply(target, factors)),
  };
}

function checkShapes(
  logits: Value,
  target: Value,
  { shares, weights }: SoftmaxCrossEntropyOptions,
): void {
  const rows = logits.shape.slice(0, -1);
  const fits = (value: Value, type: Value["type"], shape: Shape) =>
    value.type === type && formatShape(value.shape) === formatShape(shape);
  const few = [...rows, target.shape.at(-1) ?? 0];
  const targetFits = shares
    ? fits(target, "int64", few)
    : fits(target, "int64", rows) || fits(target, "float32", logits.shape);
  if (!targetFits || logits.shape.length === 0) {
    const expected = shares
      ? `int64 ${formatShape([...rows, "k"])}`
      : `int64 ${formatShape(rows)} or float32 ${formatShape(logits.shape)}`;
    throw new GraphError(
      `softmaxCrossEntropy: expected a target ${expected} but received ${target.type} ${formatShape(target.shape)}`,
    );
  }
  if (shares && !fits(shares, "float32", few)) {
    throw new GraphError(
      `softmaxCrossEntropy: expected shares float32 ${formatShape(few)} but received ${shares.type} ${formatShape(shares.shape)}`,
    );
  }
  if (weights && !fits(weights, "float32", rows)) {
    throw new GraphError(
      `softmaxCrossEntropy: expected weights float32 ${formatShape(rows)} but received ${weights.type} ${formatShape(weights.shape)}`,
    );
  }
}
