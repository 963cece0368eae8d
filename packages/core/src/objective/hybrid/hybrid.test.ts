import { describe, expect, test } from "vitest";
import { gradients } from "../../graph/gradients.js";
import { Graph, type Value } from "../../graph/graph.js";
import { resizeNearest } from "../../graph/operators/index.js";
import type { TensorValue } from "../../graph/session.js";
import { cpu, numbers, runGraph, tensor } from "../../testing/devices.js";
import { expectClose, expectGradients, randomTensor } from "../../testing/gradient-check.js";
import { meansOfTerms, totalLoss } from "../../training/loss.js";
import { judgeClasses } from "../classification.js";
import { colorLossPerPicture, type Reduction } from "./color-loss.js";
import { type HybridOptions, hybrid } from "./hybrid.js";
import type { RegressionHead } from "./regression-head.js";

// Three pictures of 1 x 2 pixels: a then b.
const predicted = tensor([3, 2, 1, 2], [0.5, 0.25, 0, 1, 1, 1, 1, 1, 0, 0, 0, 0.5]);
const target = tensor([3, 2, 1, 2], [0, 0.25, 0.5, 1, 1, 1, 1, 1, 1, 0, 0, 0]);
/** Sums of squares: .25 + .25, 0, 1 + .25. */
const sums = [0.5, 0, 1.25];
// Probabilities 1/2 1/4 1/4, 1/3 each, 1/10 1/10 8/10.
const logits = tensor([3, 3], [Math.log(2), 0, 0, 5, 5, 5, Math.log(1), Math.log(1), Math.log(8)]);

function labelsOf(...labels: number[]): TensorValue {
  return { type: "int64", shape: [labels.length], data: BigInt64Array.from(labels, BigInt) };
}

const head: RegressionHead = { activation: "linear", offset: 0, scale: 1 };
type Options = Omit<HybridOptions, "type">;

/** Judges the predictions above; the pictures' a*b* has the target's colours at twice its size. */
function judged(graph: Graph, options: Options, sceneLogits: Value | undefined, labels: Value) {
  const objective = hybrid({ type: "hybrid", ...options }, { head, classes: sceneLogits ? 3 : 0 });
  const judgement = objective.judge({
    prediction: graph.input("predicted", "float32", predicted.shape),
    headState: new Map(),
    sceneLogits,
    ab: resizeNearest(graph.input("target", "float32", target.shape)),
    labels,
  });
  const means = meansOfTerms(graph, judgement, objective);
  return { judgement, means, total: totalLoss(means, judgement) };
}

async function evaluate(labels: TensorValue, options: Options, classified = true) {
  const graph = new Graph();
  const sceneLogits = graph.input("logits", "float32", logits.shape);
  const { judgement, means, total } = judged(
    graph,
    options,
    classified ? sceneLogits : undefined,
    graph.input("labels", "int64", labels.shape),
  );
  graph.output("total", total);
  for (const [name, value] of means) graph.output(`mean ${name}`, value);
  for (const [name, value] of Object.entries(judgement.values)) graph.output(name, value);
  for (const [name, value] of Object.entries(judgement.weights)) graph.output(name, value);
  const results = await runGraph(cpu, graph, { predicted, target, logits, labels });
  return Object.fromEntries(
    Object.entries(results).map(([name, value]) => [
      name,
      value.shape.length === 0 ? numbers(value)[0]! : numbers(value),
    ]),
  ) as Record<string, number | number[]>;
}

describe("colour loss", () => {
  test.each<[Reduction, number]>([
    ["sum", 1],
    ["mean", 1 / 4],
  ])("%s of the squares of a picture, mean over the batch", async (reduction, factor) => {
    const results = await evaluate(labelsOf(0, 1, 2), { alpha: 0, reduction });
    const expected = sums.map((sum) => sum * factor);
    expectClose(results.colorLoss as number[], expected, 1e-6, "per picture");
    expect(results["mean colorLoss"]).toBeCloseTo((factor * 1.75) / 3, 6);
  });

  test("the ab error is in CIELAB units, whatever the head's", async () => {
    const results = await evaluate(labelsOf(0, 1, 2), { alpha: 0, reduction: "sum" });
    const squares = sums.map((sum) => sum / 4);
    expectClose(results.abError as number[], squares, 1e-6, "squared ab error");
  });

  test("gradient", async () => {
    const inputs = [randomTensor([2, 2, 2, 3], 1), randomTensor([2, 2, 2, 3], 2)];
    for (const reduction of ["mean", "sum"] as const) {
      await expectGradients(cpu, inputs, (x, y) => colorLossPerPicture(x!, y!, reduction));
    }
  });
});

describe("class loss", () => {
  const options = { alpha: 1 / 300, reduction: "mean" } as const;

  test("is the mean cross entropy in nats, weighed by alpha", async () => {
    const results = await evaluate(labelsOf(0, 1, 2), options);
    const entropies = [Math.log(2), Math.log(3), -Math.log(0.8)];
    expectClose(results.classLoss as number[], entropies, 1e-6, "cross entropy");
    const mean = entropies.reduce((a, b) => a + b) / 3;
    expect(results["mean classLoss"]).toBeCloseTo(mean, 6);
    expect(results.total).toBeCloseTo(1.75 / 12 + mean / 300, 6);
  });

  test("counts labelled pictures only", async () => {
    const results = await evaluate(labelsOf(1, -1, 2), options);
    expectClose(
      results.classLoss as number[],
      [Math.log(4), 0, -Math.log(0.8)],
      1e-6,
      "cross entropy",
    );
    expect(results.labelled).toEqual([1, 0, 1]);
    expect(results.accuracy).toEqual([0, 0, 1]);
    expect(results["mean classLoss"]).toBeCloseTo((Math.log(4) - Math.log(0.8)) / 2, 6);
    // The unlabelled picture's colour counts all the same.
    expect(results["mean colorLoss"]).toBeCloseTo(1.75 / 12, 6);
  });

  test("is 0 where nothing is labelled", async () => {
    const results = await evaluate(labelsOf(-1, -1, -1), options);
    expect(results["mean classLoss"]).toBe(0);
    expect(results.total).toBe(results["mean colorLoss"]);
    expect(results.labelled).toEqual([0, 0, 0]);
  });

  test("is left out of the total by alpha 0 but still reported", async () => {
    const results = await evaluate(labelsOf(0, 1, 2), { alpha: 0, reduction: "mean" });
    expect(results.total).toBe(results["mean colorLoss"]);
    expect(results["mean classLoss"]).toBeGreaterThan(0.6);
  });

  test("does not exist for a network without classification", async () => {
    const results = await evaluate(labelsOf(0, 1, 2), options, false);
    expect(results.total).toBe(results["mean colorLoss"]);
    expect(results).not.toHaveProperty("classLoss");
  });

  test("pulls up the logit of the label, and none of an unlabelled picture", async () => {
    const graph = new Graph();
    const input = graph.input("logits", "float32", logits.shape);
    const labels = graph.constant("int64", [3], BigInt64Array.of(0n, -1n, 2n));
    const { total } = judged(graph, { alpha: 2, reduction: "mean" }, input, labels);
    graph.output("gradient", gradients(total, [input])[0]!);
    const { gradient } = await runGraph(cpu, graph, { logits, predicted, target });
    // alpha / labelled (probability - one hot)
    expectClose(numbers(gradient), [-0.5, 0.25, 0.25, 0, 0, 0, 0.1, 0.1, -0.2], 1e-6, "gradient");
  });

  test("gradient of the cross entropy", async () => {
    await expectGradients(cpu, [randomTensor([3, 4], 1, -2, 2)], (x) => {
      const labels = x!.graph.constant("int64", [3], BigInt64Array.of(3n, -1n, 0n));
      return judgeClasses(x!, labels).crossEntropy;
    });
  });
});
