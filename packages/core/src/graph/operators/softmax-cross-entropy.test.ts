// The cross entropy of a softmax against its definition in double precision and finite differences.

import { describe, expect, test } from "vitest";
import { describeOnDevices, numbers, runGraph } from "../../testing/devices.js";
import { expectClose, expectGradients, randomTensor } from "../../testing/gradient-check.js";
import { gradients } from "../gradients.js";
import { Graph, type Value } from "../graph.js";
import { reduceSum } from "./reduction.js";
import { type SoftmaxCrossEntropyOptions, softmaxCrossEntropy } from "./softmax-cross-entropy.js";

/** Targets of six rows of five classes; the same as distributions. */
const classes = [4, 0, 2, 2, 1, 3];
const neighbours = [
  [4, 0, 2, 2, 1, 3],
  [0, 1, 3, 4, 2, 4],
];
const shares = [0.75, 0.5, 1, 0.6, 0.2, 0.9].flatMap((first) => [first, 1 - first]);
/** Sums other than 1 are taken as they are. */
const unevenShares = shares.map((share, index) => share * (1 + Math.floor(index / 2) / 4));
const weights = [1, 0, 2.5, 0.5, 1, 3];

const pairs = neighbours[0]!.flatMap((first, row) => [first, neighbours[1]![row]!]);
const dense = (parts: readonly number[]) => {
  const rows = new Array<number>(30).fill(0);
  pairs.forEach((each, index) => {
    rows[5 * Math.floor(index / 2) + each]! += parts[index]!;
  });
  return rows;
};

type Target = [Value, SoftmaxCrossEntropyOptions];

const integer = (graph: Graph, shape: readonly number[], values: readonly number[]) =>
  graph.constant("int64", shape, BigInt64Array.from(values, BigInt));
const real = (graph: Graph, shape: readonly number[], values: readonly number[]) =>
  graph.constant("float32", shape, Float32Array.from(values));

interface Case {
  readonly title: string;
  readonly target: (graph: Graph, rows: readonly number[]) => Target;
  /** The same target, `[6, 5]`, and weights. */
  readonly distribution: readonly number[];
  readonly weights?: readonly number[];
}

const oneHot = classes.flatMap((each) => [0, 1, 2, 3, 4].map((other) => (each === other ? 1 : 0)));
const cases: readonly Case[] = [
  {
    title: "classes",
    target: (graph, rows) => [integer(graph, rows, classes), {}],
    distribution: oneHot,
  },
  {
    title: "classes, weighted",
    target: (graph, rows) => [
      integer(graph, rows, classes),
      { weights: real(graph, rows, weights) },
    ],
    distribution: oneHot,
    weights,
  },
  {
    title: "shares of neighbours, weighted",
    target: (graph, rows) => [
      integer(graph, [...rows, 2], pairs),
      { shares: real(graph, [...rows, 2], shares), weights: real(graph, rows, weights) },
    ],
    distribution: dense(shares),
    weights,
  },
  {
    title: "shares that do not sum to 1",
    target: (graph, rows) => [
      integer(graph, [...rows, 2], pairs),
      { shares: real(graph, [...rows, 2], unevenShares) },
    ],
    distribution: dense(unevenShares),
  },
  {
    title: "a distribution, weighted",
    target: (graph, rows) => [
      real(graph, [...rows, 5], dense(unevenShares)),
      { weights: real(graph, rows, weights) },
    ],
    distribution: dense(unevenShares),
    weights,
  },
];

/** By definition, in double precision. */
function definition(logits: readonly number[], { distribution, weights: factors }: Case): number[] {
  return classes.map((_, row) => {
    const z = logits.slice(5 * row, 5 * row + 5);
    const largest = Math.max(...z);
    const total = Math.log(z.reduce((sum, each) => sum + Math.exp(each - largest), 0)) + largest;
    const loss = z.reduce((sum, each, c) => sum - distribution[5 * row + c]! * (each - total), 0);
    return loss * (factors?.[row] ?? 1);
  });
}

describeOnDevices("The cross entropy of a softmax", (device) => {
  describe.each(cases)("with $title", (each) => {
    test.each([{ rows: [6] }, { rows: [2, 3] }])("of rows $rows", async ({ rows }) => {
      // Logits so large that exponentials of them overflow.
      for (const size of [3, 200]) {
        const logits = randomTensor([...rows, 5], 7, -size, size);
        const graph = new Graph();
        const losses = softmaxCrossEntropy(
          graph.input("logits", "float32", logits.shape),
          ...each.target(graph, rows),
        );
        graph.output("losses", losses);
        expect(losses.shape).toEqual(rows);
        const result = (await runGraph(device, graph, { logits })).losses!;
        expect(result.shape).toEqual(rows);
        expectClose(numbers(result), definition(numbers(logits), each), 1e-5, "losses");
      }
    });

    test("has the gradient of finite differences", async () => {
      await expectGradients(device, [randomTensor([2, 3, 5], 3, -2, 2)], (logits) =>
        softmaxCrossEntropy(logits!, ...each.target(logits!.graph, [2, 3])),
      );
    });
  });
});

test("the gradient is four passes, with no dense target", () => {
  const graph = new Graph();
  const logits = graph.input("logits", "float32", [6, 5]);
  const target = graph.input("target", "int64", [6, 2]);
  const parts = graph.input("shares", "float32", [6, 2]);
  const losses = softmaxCrossEntropy(logits, target, { shares: parts });
  graph.output("gradient", gradients(reduceSum(losses), [logits])[0]!);
  const full = graph.nodes.filter(({ outputs }) => outputs[0]!.shape.join() === "6,5");
  expect(full.map(({ operator }) => operator)).toEqual([
    "LogSoftmax",
    "Exp",
    "Mul",
    "ScatterElements",
  ]);
});

describe("mistakes", () => {
  const graph = new Graph();
  const logits = graph.input("logits", "float32", [6, 5]);
  const few = integer(graph, [6, 2], pairs);

  test("a target of another shape", () => {
    expect(() => softmaxCrossEntropy(logits, few)).toThrow(
      "expected a target int64 [6] or float32 [6, 5] but received int64 [6, 2]",
    );
  });

  test("shares of another shape, or of classes that are not listed", () => {
    expect(() => softmaxCrossEntropy(logits, few, { shares: real(graph, [6], weights) })).toThrow(
      "expected shares float32 [6, 2] but received float32 [6]",
    );
    expect(() =>
      softmaxCrossEntropy(logits, integer(graph, [6], classes), {
        shares: real(graph, [6], weights),
      }),
    ).toThrow("expected a target int64 [6, k] but received int64 [6]");
  });

  test("weights of another shape", () => {
    expect(() =>
      softmaxCrossEntropy(logits, integer(graph, [6], classes), {
        weights: real(graph, [6, 1], weights),
      }),
    ).toThrow("expected weights float32 [6] but received float32 [6, 1]");
  });
});
