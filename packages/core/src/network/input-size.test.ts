import { describe, expect, test } from "vitest";
import { Graph } from "../graph/graph.js";
import { cpu, describeOnDevices, numbers, runGraph, tensor } from "../testing/devices.js";
import { expectClose, randomTensor } from "../testing/gradient-check.js";
import { cropLike, padToMultiple, resizeToSquare } from "./input-size.js";

describeOnDevices("resizeToSquare", (device) => {
  const sizes = [
    [37, 53, 8],
    [1, 1, 8],
    [8, 8, 8],
    [5, 6, 8],
    [16, 24, 8],
    [9, 100, 7],
    [3, 12, 6],
  ] as const;
  // One is enough where every size compiles its shaders anew.
  const here = device.name === "cpu" ? sizes : sizes.slice(0, 1);

  test.each(here)(
    "%d x %d to %d agrees with ONNX's own Resize inside",
    async (height, width, side) => {
      const x = randomTensor([2, 1, height, width], 1, 0, 100);
      const graph = new Graph();
      graph.output("y", resizeToSquare(graph.input("x", "float32", ["N", 1, "H", "W"]), side));
      const { y } = await runGraph(device, graph, { x });
      expect(y!.shape).toEqual([2, 1, side, side]);

      const reference = new Graph();
      const inputs = [
        reference.input("x", "float32", x.shape),
        undefined,
        undefined,
        reference.integers([2, 1, side, side]),
      ];
      const attributes = {
        mode: { string: "linear" },
        antialias: { int: 1 },
        coordinate_transformation_mode: { string: "half_pixel" },
      };
      const declaration = { type: "float32", shape: [2, 1, side, side] } as const;
      reference.output("y", reference.emitOne("Resize", inputs, attributes, declaration));
      const expected = numbers((await runGraph(cpu, reference, { x })).y);
      // At the borders of a reduction, Resize repeats the last pixel where ours leaves out what is
      // not there.
      const whole = (target: number, length: number) => {
        const reach = Math.max(length / side, 1);
        const centre = ((target + 0.5) * length) / side - 0.5;
        return length <= side || (centre - reach >= -1 && centre + reach <= length);
      };
      const inside = expected
        .map((_, index) => index)
        .filter(
          (index) => whole(index % side, width) && whole(Math.floor(index / side) % side, height),
        );
      const at = (values: readonly number[]) => inside.map((index) => values[index]!);
      expect(inside.length).toBeGreaterThanOrEqual(2 * (side - 2) ** 2);
      expectClose(at(numbers(y)), at(expected), 1e-5, "y");
    },
  );

  test("a reduction by whole numbers weighs with a triangle of twice that width", async () => {
    const graph = new Graph();
    graph.output("y", resizeToSquare(graph.input("x", "float32", [1, 1, 1, 8]), 2));
    const x = tensor([1, 1, 1, 8], [0, 0, 0, 0, 1, 0, 0, 0]);
    // Centres at 1.5 and 5.5, half width 4. Cut at the border, the weights .625 .875 .875 .625
    // .375 .125 (left) sum to 3.5.
    const expected = [0.375 / 3.5, 0.625 / 3.5];
    const values = numbers((await runGraph(device, graph, { x })).y);
    expectClose(values, [...expected, ...expected], 1e-5, "y");
  });
});

describeOnDevices("padToMultiple and cropLike", (device) => {
  const sizes = [
    [5, 7],
    [1, 1],
    [4, 8],
    [3, 9],
  ] as const;

  test.each(device.name === "cpu" ? sizes : sizes.slice(0, 1))("%d x %d", async (height, width) => {
    const x = randomTensor([2, 1, height, width], 1, 0, 100);
    const graph = new Graph();
    const input = graph.input("x", "float32", ["N", 1, "H", "W"]);
    const padded = padToMultiple(input, 4);
    graph.output("padded", padded);
    graph.output("cropped", cropLike(padded, input));
    const results = await runGraph(device, graph, { x });
    const [rows, columns] = [Math.ceil(height / 4) * 4, Math.ceil(width / 4) * 4];
    expect(results.padded!.shape).toEqual([2, 1, rows, columns]);
    const expected = numbers(results.padded).map((_, index) => {
      const row = Math.min(Math.floor(index / columns) % rows, height - 1);
      const column = Math.min(index % columns, width - 1);
      const picture = Math.floor(index / (rows * columns));
      return numbers(x)[(picture * height + row) * width + column]!;
    });
    expect(numbers(results.padded)).toEqual(expected);
    expect(results.cropped).toMatchObject({ shape: x.shape, data: x.data });
  });
});

describe("sizes known in advance", () => {
  test("crop to the very same shape", () => {
    const graph = new Graph();
    const like = graph.input("like", "float32", [1, 1, 5, 7]);
    expect(cropLike(graph.input("x", "float32", [1, 2, 8, 8]), like).shape).toEqual([1, 2, 5, 7]);
  });
});
