import { expect, test } from "vitest";
import { describeOnDevices, numbers, runGraph, tensor } from "../testing/devices.js";
import { expectClose, randomTensor } from "../testing/gradient-check.js";
import { slidingWindow } from "../testing/reference-convolution.js";
import { assertRunsOn } from "./device-limits.js";
import { gradients } from "./gradients.js";
import { Graph } from "./graph.js";
import { type ConvolutionOptions, cast, convolution, reduceSum } from "./operators/index.js";
import { serialize } from "./serialize.js";

interface Layer extends ConvolutionOptions {
  readonly inputs: number;
  readonly outputs: number;
  readonly kernel: number;
}

function withLayer({ inputs, outputs, kernel, ...options }: Layer): Graph {
  const graph = new Graph();
  const x = graph.input("x", "float32", [1, inputs, 6, 5]);
  const shape = [outputs, inputs / (options.groups ?? 1), kernel, kernel];
  const weight = graph.constant("float32", shape, randomTensor(shape, 2).data);
  graph.output("y", convolution(x, weight, options));
  return graph;
}

const wrong: readonly Layer[] = [
  { inputs: 6, outputs: 4, kernel: 3, padding: 1 },
  { inputs: 9, outputs: 8, kernel: 2 },
  { inputs: 21, outputs: 12, kernel: 3, stride: 2, padding: 1 },
  { inputs: 15, outputs: 16, kernel: 5, padding: 2 },
  { inputs: 6, outputs: 4, kernel: 1, stride: 2 },
];

const right: readonly Layer[] = [
  { inputs: 3, outputs: 8, kernel: 3, padding: 1 },
  { inputs: 6, outputs: 6, kernel: 3, padding: 1 },
  { inputs: 12, outputs: 8, kernel: 3, padding: 1 },
  { inputs: 10, outputs: 8, kernel: 3, padding: 1 },
  { inputs: 6, outputs: 4, kernel: 1 },
  { inputs: 12, outputs: 4, kernel: 3, padding: 1, groups: 2 },
];

test.each(wrong)("$inputs to $outputs channels, $kernel taps, are refused on WebGPU", (layer) => {
  const model = serialize(withLayer(layer));
  expect(() => assertRunsOn("webgpu", model)).toThrow(
    `a convolution of ${layer.inputs} to ${layer.outputs} channels, which comes out wrong on WebGPU`,
  );
  for (const device of ["cpu", "cuda", "wasm"] as const) assertRunsOn(device, model);
});

describeOnDevices("Convolutions that are not refused", (device) => {
  test.each(right)("$inputs to $outputs channels, $kernel taps", async (layer) => {
    const graph = withLayer(layer);
    assertRunsOn("webgpu", serialize(graph));
    const x = randomTensor([1, layer.inputs, 6, 5], 1);
    const weight = graph.constants.values().next().value!;
    const { values } = slidingWindow(
      x,
      { type: "float32", shape: weight.value.shape as number[], data: weight.data },
      tensor([layer.outputs], new Float32Array(layer.outputs)),
      layer,
    );
    expectClose(numbers((await runGraph(device, graph, { x })).y), values, 1e-5, "y");
  });
});

test("kernels that are inputs, converted, or turned for a gradient are seen, too", () => {
  const half = new Graph();
  const stored = half.constant("float16", [4, 6, 3, 3], new Uint16Array(4 * 6 * 9));
  half.output(
    "y",
    convolution(half.input("x", "float32", ["N", 6, "H", "W"]), cast(stored, "float32")),
  );
  expect(() => assertRunsOn("webgpu", serialize(half))).toThrow("of 6 to 4 channels");

  // Forward, 4 to 6 channels are right.
  const training = new Graph();
  const x = training.input("x", "float32", [1, 4, 6, 5]);
  const weight = training.input("weight", "float32", [6, 4, 3, 3]);
  const y = convolution(x, weight, { padding: 1 });
  training.output("y", y);
  assertRunsOn("webgpu", serialize(training));
  training.output("slope", gradients(reduceSum(y), [x])[0]!);
  expect(() => assertRunsOn("webgpu", serialize(training))).toThrow("of 6 to 4 channels");
});
