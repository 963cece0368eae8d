import { fromBinary } from "@bufbuild/protobuf";
import {
  AttributeProto_AttributeType as AttributeType,
  TensorProto_DataType as ElementType,
  ModelProtoSchema,
} from "onnx-buf";
import { describe, expect, test } from "vitest";
import { cpu, numbers, runGraph, tensor } from "../testing/devices.js";
import { Graph } from "./graph.js";
import { add, averagePool, cast, leakyRelu, relu, resizeNearest } from "./operators/index.js";
import { type SerializeOptions, serialize } from "./serialize.js";
import type { DataType, TensorArray } from "./session.js";

function readBack(graph: Graph, options?: SerializeOptions) {
  const model = fromBinary(ModelProtoSchema, serialize(graph, options));
  return { model, graph: model.graph! };
}

test("the file declares what it is", () => {
  const { model, graph } = readBack(new Graph(), {
    name: "net",
    metadata: { licence: "MIT", note: "grün" },
  });
  expect(model.irVersion).toBe(9n);
  expect(model.opsetImport.map(({ domain, version }) => [domain, version])).toEqual([["", 18n]]);
  expect(model.producerName).toBe("let-there-be-color");
  expect(graph.name).toBe("net");
  expect(model.metadataProps.map(({ key, value }) => [key, value])).toEqual([
    ["licence", "MIT"],
    ["note", "grün"],
  ]);
});

test("nodes, attributes of every kind, and left-out inputs read back as they were", () => {
  const graph = new Graph();
  const x = graph.input("x", "float32", ["N", 3, 8, 8]);
  const pooled = averagePool(x, { kernel: 3, stride: 2, padding: 1 });
  const y = resizeNearest(leakyRelu(pooled, 0.25));
  graph.output("y", y);
  const [pool, leaky, resize, identity] = readBack(graph).graph.node;
  const attributes = (node: typeof pool) =>
    Object.fromEntries(node!.attribute.map((each) => [each.name, each]));

  expect(pool!.opType).toBe("AveragePool");
  expect(pool!.input).toEqual(["x"]);
  expect(attributes(pool).kernel_shape).toMatchObject({ type: AttributeType.INTS, ints: [3n, 3n] });
  expect(attributes(pool).pads).toMatchObject({ ints: [1n, 1n, 1n, 1n] });
  expect(attributes(pool).count_include_pad).toMatchObject({ type: AttributeType.INT, i: 1n });
  expect(attributes(leaky).alpha).toMatchObject({ type: AttributeType.FLOAT, f: 0.25 });
  expect(leaky!.input).toEqual(pool!.output);
  expect(attributes(resize).mode).toMatchObject({
    type: AttributeType.STRING,
    s: new TextEncoder().encode("nearest"),
  });
  // The region of interest, which only cropping needs, is left out.
  expect(resize!.input.slice(0, 2)).toEqual([leaky!.output[0], ""]);
  expect(identity).toMatchObject({ opType: "Identity", input: resize!.output, output: ["y"] });
});

test("inputs and outputs carry their types and shapes, lengths by name included", () => {
  const graph = new Graph();
  const x = graph.input("x", "float32", ["N", 3, "H", 8]);
  graph.input("unused", "int64", []);
  graph.output("y", relu(x));
  const shapes = (values: ReturnType<typeof readBack>["graph"]["input"]) =>
    values.map(({ name, type }) => {
      if (type?.value.case !== "tensorType") throw new TypeError("no tensor");
      const { elemType, shape } = type.value.value;
      return [name, elemType, shape?.dim.map(({ value }) => value.value)];
    });
  const { graph: file } = readBack(graph);
  expect(shapes(file.input)).toEqual([
    ["x", ElementType.FLOAT, ["N", 3n, "H", 8n]],
    ["unused", ElementType.INT64, []],
  ]);
  expect(shapes(file.output)).toEqual([["y", ElementType.FLOAT, ["N", 3n, "H", 8n]]]);
});

test("ONNX Runtime accepts any length where a name stands", async () => {
  const graph = new Graph();
  graph.output("y", relu(graph.input("x", "float32", ["N", "W"])));
  const session = await cpu.createSession(serialize(graph));
  expect(session.outputs.y).toEqual(["N", "W"]);
  for (const shape of [
    [1, 3],
    [2, 1],
  ]) {
    const values = Array.from({ length: shape[0]! * shape[1]! }, (_, index) => 1 - index);
    const { y } = await session.run({ x: tensor(shape, values) });
    expect(y!.shape).toEqual(shape);
    expect(numbers(y)).toEqual(values.map((value) => Math.max(value, 0)));
  }
  await session.release();
});

describe("constants of every type", () => {
  test.each<[DataType, ElementType, TensorArray, number[]]>([
    ["float32", ElementType.FLOAT, Float32Array.of(1.5, -2, 3e38), [1.5, -2, Math.fround(3e38)]],
    [
      "float16",
      ElementType.FLOAT16,
      Uint16Array.of(0x3c00, 0xc000, 0x3555),
      [1, -2, 0.333251953125],
    ],
    ["int64", ElementType.INT64, BigInt64Array.of(1n, -(2n ** 40n), 7n), [1, -(2 ** 40), 7]],
    ["int32", ElementType.INT32, Int32Array.of(1, -2, 2 ** 30), [1, -2, 2 ** 30]],
    ["uint8", ElementType.UINT8, Uint8Array.of(0, 128, 255), [0, 128, 255]],
    ["bool", ElementType.BOOL, Uint8Array.of(0, 1, 1), [0, 1, 1]],
  ])("%s", async (type, code, data, values) => {
    const graph = new Graph();
    const constant = graph.constant(type, [3], data, "constant");
    graph.output("y", cast(constant, "float32"));
    const [stored] = readBack(graph).graph.initializer;
    expect(stored).toMatchObject({ name: "constant", dataType: code, dims: [3n] });
    expect(stored!.rawData.length).toBe(data.byteLength);
    expect(numbers((await runGraph(cpu, graph)).y)).toEqual(values);
  });

  test("taken from the middle of a larger buffer", async () => {
    const graph = new Graph();
    const buffer = Float32Array.of(0, 1, 2, 3, 4);
    graph.output("y", graph.constant("float32", [2], buffer.subarray(2, 4)));
    expect(numbers((await runGraph(cpu, graph)).y)).toEqual([2, 3]);
  });
});

test("what no output depends on is left out", () => {
  const graph = new Graph();
  const x = graph.input("x", "float32", [2]);
  const used = graph.constant("float32", [2], Float32Array.of(1, 2), "used");
  const dead = relu(add(x, graph.constant("float32", [2], Float32Array.of(3, 4), "dead")));
  graph.output("y", add(x, used));
  add(dead, used);
  const { graph: file } = readBack(graph);
  expect(file.node.map(({ opType }) => opType)).toEqual(["Add", "Identity"]);
  expect(file.initializer.map(({ name }) => name)).toEqual(["used"]);
});

test("one value can leave under several names, and so can inputs and constants", async () => {
  const graph = new Graph();
  const x = graph.input("x", "float32", [1]);
  const y = add(x, x);
  graph.output("first", y);
  graph.output("second", y);
  graph.output("same", x);
  graph.output("fixed", graph.scalar(9));
  const results = await runGraph(cpu, graph, { x: tensor([1], [4]) });
  const values = Object.entries(results).map(([name, value]) => [name, numbers(value)]);
  expect(Object.fromEntries(values)).toEqual({ first: [8], second: [8], same: [4], fixed: [9] });
});
