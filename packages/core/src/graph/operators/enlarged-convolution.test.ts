import { expect, test } from "vitest";
import { describeOnDevices, numbers, runGraph } from "../../testing/devices.js";
import { expectClose, expectGradients, randomTensor } from "../../testing/gradient-check.js";
import { gradients } from "../gradients.js";
import { Graph, type Value } from "../graph.js";
import { multiply } from "./arithmetic.js";
import { convolution } from "./convolution.js";
import { enlargedConvolution } from "./enlarged-convolution.js";
import { reduceSum } from "./reduction.js";
import { resizeNearest } from "./resizing.js";

type Build = (x: Value, weight: Value, bias: Value) => Value;
const enlargedFirst: Build = (x, weight, bias) =>
  convolution(resizeNearest(x), weight, { bias, padding: 1 });

describeOnDevices("An enlarged convolution", (device) => {
  // The last has pictures so large that the weight gradient keeps them apart.
  test.each([
    { picture: [2, 3, 4, 5], filters: 2 },
    { picture: [1, 5, 1, 1], filters: 3 },
    { picture: [2, 8, 24, 23], filters: 8 },
  ])("of $picture equals enlargement, then convolution", async ({ picture, filters }) => {
    const inputs = {
      x: randomTensor(picture, 1),
      weight: randomTensor([filters, picture[1]!, 3, 3], 2),
      bias: randomTensor([filters], 3),
      // Makes the loss uneven over the output.
      share: randomTensor([picture[0]!, filters, 2 * picture[2]!, 2 * picture[3]!], 4),
    };
    const outcome = async (build: Build) => {
      const graph = new Graph();
      const [x, weight, bias, share] = Object.entries(inputs).map(([name, { shape }]) =>
        graph.input(name, "float32", shape),
      ) as [Value, Value, Value, Value];
      const y = build(x, weight, bias);
      const slopes = gradients(reduceSum(multiply(y, share)), [x, weight, bias]);
      graph.output("y", y);
      slopes.forEach((slope, index) => {
        graph.output(`slope${index}`, slope);
      });
      return runGraph(device, graph, inputs);
    };
    const [ours, expected] = [await outcome(enlargedConvolution), await outcome(enlargedFirst)];
    for (const [name, { shape, data }] of Object.entries(expected)) {
      expect(ours[name]!.shape).toEqual(shape);
      expectClose(numbers(ours[name]), [...(data as Float32Array)], 2e-5, name);
    }
  });

  test("has the gradient of finite differences", async () => {
    await expectGradients(
      device,
      [randomTensor([2, 2, 3, 4], 1), randomTensor([3, 2, 3, 3], 2), randomTensor([3], 3)],
      (x, weight, bias) => enlargedConvolution(x!, weight!, bias!),
    );
  });
});

test("another kernel than 3x3 is refused", () => {
  const graph = new Graph();
  const input = (name: string, shape: readonly number[]) => graph.input(name, "float32", shape);
  const bias = input("bias", [1]);
  expect(() =>
    enlargedConvolution(input("x", [1, 1, 2, 2]), input("weight", [1, 1, 1, 1]), bias),
  ).toThrow("expected a 3x3 kernel but received 1x1");
});
