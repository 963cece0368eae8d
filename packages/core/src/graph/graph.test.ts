import { expect, test } from "vitest";
import { cpu, numbers, runGraph, tensor } from "../testing/devices.js";
import { elementCount, Graph, GraphError, normalizeAxis, staticShape } from "./graph.js";
import { add } from "./operators/index.js";

test("a name can be used once only, for inputs, constants and outputs alike", () => {
  const graph = new Graph();
  const x = graph.input("x", "float32", [1]);
  graph.output("y", x);
  const message = (name: string) => `The name ${name} is used twice in one graph`;
  expect(() => graph.input("x", "float32", [1])).toThrow(new GraphError(message("x")));
  expect(() => graph.constant("float32", [1], Float32Array.of(1), "x")).toThrow(message("x"));
  expect(() => graph.output("y", x)).toThrow(message("y"));
  expect(() => graph.output("x", x)).toThrow(message("x"));
});

test("made-up names give way to chosen ones", async () => {
  const graph = new Graph();
  const x = graph.input("Add_2", "float32", [2]);
  const y = graph.input("Add_3", "float32", [2]);
  graph.output("sum", add(add(x, y), y));
  const feeds = { Add_2: tensor([2], [1, 2]), Add_3: tensor([2], [10, 20]) };
  expect(numbers((await runGraph(cpu, graph, feeds)).sum)).toEqual([21, 42]);
});

test("a constant must have as many elements as its shape", () => {
  expect(() => new Graph().constant("float32", [2, 3], new Float32Array(5))).toThrow(
    "Expected 6 elements for a constant of shape [2, 3] but received 5",
  );
});

test("equal scalars and equal lists of whole numbers are stored once", () => {
  const graph = new Graph();
  expect(graph.scalar(0.5)).toBe(graph.scalar(0.5));
  expect(graph.scalar(0.5)).not.toBe(graph.scalar(0.25));
  expect(graph.integers([1, 2])).toBe(graph.integers([1, 2]));
  expect(graph.integers([12])).not.toBe(graph.integers([1, 2]));
  expect(graph.constants.size).toBe(4);
});

test("values of two graphs do not mix", () => {
  const x = new Graph().input("x", "float32", [1]);
  const y = new Graph().input("y", "float32", [1]);
  expect(() => add(x, y)).toThrow("Add: the input y belongs to another graph");
});

test("shapes that must be known say who needs them", () => {
  expect(staticShape([2, 3], "Test")).toEqual([2, 3]);
  expect(elementCount([2, 3], "Test")).toBe(6);
  expect(elementCount([], "Test")).toBe(1);
  expect(() => staticShape(["N", 3], "The gradient of Test")).toThrow(
    "The gradient of Test needs a shape known in advance but received [N, 3]; give the graph fixed sizes",
  );
});

test("axes count from the end if negative", () => {
  expect(normalizeAxis(-1, 3, "Test")).toBe(2);
  expect(normalizeAxis(0, 3, "Test")).toBe(0);
  for (const axis of [3, -4, 0.5]) {
    expect(() => normalizeAxis(axis, 3, "Test")).toThrow(
      `Test: the axis ${axis} is not one of a tensor of rank 3`,
    );
  }
});
