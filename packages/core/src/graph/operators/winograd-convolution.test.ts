import { describe, expect, test } from "vitest";
import { cpu, numbers, runGraph } from "../../testing/devices.js";
import { expectClose, expectGradients, randomTensor } from "../../testing/gradient-check.js";
import { gradients } from "../gradients.js";
import { Graph, type Value } from "../graph.js";
import { multiply } from "./arithmetic.js";
import { convolution } from "./convolution.js";
import type { Sampling } from "./minimal-filtering.js";
import { reduceSum } from "./reduction.js";
import { resizeNearest } from "./resizing.js";
import { winogradConvolution, winogradCost } from "./winograd-convolution.js";

type Build = (x: Value, weight: Value) => Value;
const direct: Record<Sampling, Build> = {
  same: (x, weight) => convolution(x, weight, { padding: 1 }),
  halved: (x, weight) => convolution(x, weight, { padding: 1, stride: 2 }),
  doubled: (x, weight) => convolution(resizeNearest(x), weight, { padding: 1 }),
};
const samplings = Object.keys(direct) as Sampling[];

// Whole tiles; pictures that end within one; fewer pixels than a tile; so many channels that the
// sum over tiles is one of joined tiles.
const pictures = [
  [2, 3, 8, 16],
  [1, 4, 9, 6],
  [3, 2, 1, 3],
  [1, 20, 16, 12],
] as const;

describe("A Winograd convolution", () => {
  test.each(samplings.flatMap((sampling) => pictures.map((picture) => ({ sampling, picture }))))(
    "($sampling) of $picture equals the direct one",
    async ({ sampling, picture }) => {
      const [batch, channels, height, width] = picture;
      const filters = channels + 1;
      const scale = { same: 1, halved: 1 / 2, doubled: 2 }[sampling];
      const sides = [Math.ceil(height * scale), Math.ceil(width * scale)];
      const inputs = {
        x: randomTensor(picture, 1),
        weight: randomTensor([filters, channels, 3, 3], 2),
        // Makes the loss uneven over the output.
        share: randomTensor([batch, filters, ...sides], 3),
      };
      const outcome = async (build: Build) => {
        const graph = new Graph();
        const [x, weight, share] = Object.entries(inputs).map(([name, { shape }]) =>
          graph.input(name, "float32", shape),
        ) as [Value, Value, Value];
        const y = build(x, weight);
        const [dX, dWeight] = gradients(reduceSum(multiply(y, share)), [x, weight]);
        graph.output("y", y);
        graph.output("dX", dX!);
        graph.output("dWeight", dWeight!);
        return runGraph(cpu, graph, inputs);
      };
      const ours = await outcome((x, weight) => winogradConvolution(x, weight, sampling));
      const expected = await outcome(direct[sampling]);
      for (const [name, { shape, data }] of Object.entries(expected)) {
        expect(ours[name]!.shape).toEqual(shape);
        expectClose(numbers(ours[name]), [...(data as Float32Array)], 1e-4, name);
      }
    },
  );

  test.each(samplings)("(%s) has the gradient of finite differences", async (sampling) => {
    await expectGradients(
      cpu,
      [randomTensor([2, 2, 5, 4], 1), randomTensor([3, 2, 3, 3], 2)],
      (x, weight) => winogradConvolution(x!, weight!, sampling),
    );
  });
});

test("another kernel than 3x3 is refused", () => {
  const graph = new Graph();
  const x = graph.input("x", "float32", [1, 4, 8, 8]);
  const weight = graph.input("weight", "float32", [4, 4, 1, 1]);
  expect(() => winogradConvolution(x, weight)).toThrow(
    "expected weights [C_out, 4, 3, 3] but received [4, 4, 1, 1]",
  );
});

test("unknown sides are refused", () => {
  const graph = new Graph();
  const x = graph.input("x", "float32", ["N", 4, "H", "W"]);
  const weight = graph.input("weight", "float32", [4, 4, 3, 3]);
  expect(() => winogradConvolution(x, weight)).toThrow("[N, 4, H, W]");
});

test("costs what the shapes of its products say", () => {
  const graph = new Graph();
  const x = graph.input("x", "float32", [1, 5, 10, 8]);
  const weight = graph.input("weight", "float32", [7, 5, 3, 3]);
  winogradConvolution(x, weight);
  const multiplications = graph.nodes
    .filter(({ operator }) => operator === "MatMul")
    .map(({ inputs, outputs }) => {
      const size = (outputs[0]!.shape as number[]).reduce((product, each) => product * each, 1);
      return size * (inputs[0]!.shape.at(-1) as number);
    });
  const cost = winogradCost({ inputs: 5, outputs: 7, height: 10, width: 8 }, "same");
  // 3 x 2 tiles of 36 products each.
  expect(cost.products).toBe(3 * 2 * 36 * 5 * 7);
  expect(cost.transforms + cost.products).toBe(
    multiplications.reduce((sum, each) => sum + each, 0),
  );
});
