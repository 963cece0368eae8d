import { fromBinary } from "@bufbuild/protobuf";
import { ModelProtoSchema } from "onnx-buf";
import { expect, test } from "vitest";
import { Graph } from "../graph/graph.js";
import { add, multiply } from "../graph/operators/index.js";
import { serialize } from "../graph/serialize.js";
import { cpu, numbers, tensor } from "../testing/devices.js";
import { keepOutputs } from "./keep-outputs.js";

function twoOutputs(): Uint8Array {
  const graph = new Graph();
  const x = graph.input("x", "float32", [3]);
  const both = add(x, graph.scalar(1));
  graph.output("first", multiply(both, graph.constant("float32", [3], Float32Array.of(1, 2, 3))));
  const large = graph.constant(
    "float32",
    [3, 3],
    Float32Array.from({ length: 9 }, (_, i) => i),
  );
  graph.output("second", add(large, both));
  return serialize(graph, { metadata: { licence: "MIT" } });
}

test("what only other outputs needed is left out, and the rest computes the same", async () => {
  const model = twoOutputs();
  const kept = keepOutputs(model, ["first"]);
  const before = fromBinary(ModelProtoSchema, model);
  const after = fromBinary(ModelProtoSchema, kept);
  expect(after.graph!.output.map(({ name }) => name)).toEqual(["first"]);
  // An addition and the output's Identity are gone, with the constant of nine.
  expect(after.graph!.node.length).toBe(before.graph!.node.length - 2);
  expect(after.graph!.initializer.map(({ dims }) => Number(dims[0] ?? 0)).sort()).toEqual([0, 3]);
  expect({ ...after, graph: undefined }).toEqual({ ...before, graph: undefined });
  const session = await cpu.createSession(kept);
  const outputs = await session.run({ x: tensor([3], [1, 2, 3]) });
  expect(Object.keys(outputs)).toEqual(["first"]);
  expect(numbers(outputs.first)).toEqual([2, 6, 12]);
  await session.release();
});

test("a model with none of the others stays the very bytes", () => {
  const model = twoOutputs();
  expect(keepOutputs(model, ["second", "first", "third"])).toBe(model);
});
