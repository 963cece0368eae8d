import { describe, expect, test } from "vitest";
import { cpu, numbers, runGraph, tensor } from "../testing/devices.js";
import { dependencies, gradients } from "./gradients.js";
import { Graph, type Value } from "./graph.js";
import {
  add,
  argMax,
  cast,
  exponential,
  greater,
  multiply,
  reduceSum,
  relu,
  reshape,
  scale,
  softmax,
} from "./operators/index.js";

/** d loss / d x, where `build` makes the loss from x. */
async function derivative(x: readonly number[], build: (x: Value) => Value): Promise<number[]> {
  const graph = new Graph();
  const input = graph.input("x", "float32", [x.length]);
  const [gradient] = gradients(build(input), [input]);
  graph.output("gradient", gradient!);
  return numbers((await runGraph(cpu, graph, { x: tensor([x.length], x) })).gradient);
}

describe("a value used several times", () => {
  test("gathers the gradients of all its uses", async () => {
    // d (x^2 + 3 x + x) / dx = 2 x + 4
    const loss = (x: Value) => reduceSum(add(add(multiply(x, x), scale(x, 3)), x));
    expect(await derivative([1, -2, 0.5], loss)).toEqual([6, 0, 5]);
  });

  test("through branches of different lengths", async () => {
    // y = 2 x is used early and late: d (y + (y y) x) / dx = 2 + 12 x^2
    const loss = (x: Value) => {
      const y = scale(x, 2);
      return reduceSum(add(y, multiply(multiply(y, y), x)));
    };
    expect(await derivative([1, -2], loss)).toEqual([14, 50]);
  });
});

describe("a composite", () => {
  const tripled = (x: Value, gradient: (dY: Value) => Value) =>
    x.graph.composite(
      [x],
      () => [scale(scale(x, 6), 0.5)],
      ([dY]) => [gradient(dY!)],
    )[0]!;

  test("is differentiated by its own rule, once", async () => {
    // A rule that says 10 where the parts would say 3 shows which one was taken.
    const loss = (x: Value) =>
      reduceSum(
        add(
          tripled(x, (dY) => scale(dY, 10)),
          multiply(x, x),
        ),
      );
    expect(await derivative([1, -2], loss)).toEqual([12, 6]);
  });

  test("passes gradients on through its neighbours", async () => {
    const loss = (x: Value) => {
      const y = tripled(scale(x, 2), (dY) => scale(dY, 3));
      return reduceSum(multiply(y, y));
    };
    // d (6 x)^2 / dx = 72 x
    expect(await derivative([1, -0.5], loss)).toEqual([72, -36]);
  });
});

test("gradients can be differentiated again", async () => {
  // d^2 (x^3) / dx^2 = 6 x
  const second = (x: Value) => {
    const [first] = gradients(reduceSum(multiply(multiply(x, x), x)), [x]);
    return reduceSum(first!);
  };
  expect(await derivative([1, -2, 0.5], second)).toEqual([6, -12, 3]);
});

test("intermediate values can be targets, whatever made them", async () => {
  const graph = new Graph();
  const x = graph.input("x", "int32", [2]);
  const y = cast(x, "float32");
  const z = multiply(y, y);
  const [byY, byZ] = gradients(reduceSum(scale(z, 5)), [y, z]);
  graph.output("by y", byY!);
  graph.output("by z", byZ!);
  const feeds = { x: { type: "int32", shape: [2], data: Int32Array.of(3, -1) } } as const;
  const results = await runGraph(cpu, graph, feeds);
  expect(numbers(results["by y"])).toEqual([30, -10]);
  expect(numbers(results["by z"])).toEqual([5, 5]);
});

test("the gradient of a loss by itself is 1", async () => {
  const graph = new Graph();
  const loss = graph.input("loss", "float32", [1, 1]);
  graph.output("gradient", gradients(loss, [loss])[0]!);
  const { gradient } = await runGraph(cpu, graph, { loss: tensor([1, 1], [7]) });
  expect(gradient).toMatchObject({ shape: [1, 1], data: Float32Array.of(1) });
});

test("nothing is computed for inputs whose gradient nobody wants", () => {
  const graph = new Graph();
  const x = graph.input("x", "float32", [4]);
  const y = graph.input("y", "float32", [4]);
  const loss = reduceSum(multiply(exponential(x), y));
  const before = graph.nodes.length;
  gradients(loss, [y]);
  const added = graph.nodes.slice(before).map(({ operator }) => operator);
  // Reshape and Expand from ReduceSum, one product: nothing for exp(x).
  expect(added).toEqual(["Reshape", "Expand", "Mul"]);
});

describe("mistakes", () => {
  const graph = new Graph();
  const x = graph.input("x", "float32", [2, 3]);

  test("a loss of several elements", () => {
    const y = relu(x);
    expect(() => gradients(y, [x])).toThrow(
      `gradients: expected a loss with one element but ${y.name} has shape [2, 3]`,
    );
  });

  test("a target the loss does not depend on", () => {
    const other = graph.input("other", "float32", [1]);
    expect(() => gradients(reduceSum(x), [x, other])).toThrow(
      "gradients: the loss does not depend on other",
    );
  });

  test("a way through an operator without a derivative", () => {
    const steps = cast(greater(x, graph.scalar(0)), "float32");
    expect(() => gradients(reduceSum(multiply(x, steps)), [x])).toThrow(
      "gradients: the operator Cast has no gradient rule",
    );
  });
});

test("a comparison beside the way does no harm", async () => {
  const loss = (x: Value) => {
    const best = cast(argMax(reshape(softmax(x), [1, 3]), 1), "float32");
    x.graph.output("best", best);
    return reduceSum(multiply(x, x));
  };
  expect(await derivative([1, 2, 3], loss)).toEqual([2, 4, 6]);
});

test("dependencies: what a value is computed from", () => {
  const graph = new Graph();
  const [a, b, c] = ["a", "b", "c"].map((name) => graph.input(name, "float32", [1]));
  const sum = add(a!, relu(c!));
  multiply(sum, b!);
  expect(dependencies(sum, [a!, b!, c!])).toEqual([a, c]);
  expect(dependencies(sum, [sum, b!])).toEqual([sum]);
});
