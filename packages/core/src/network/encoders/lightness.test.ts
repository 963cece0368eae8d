import { expect, test } from "vitest";
import { lightnessOfY, linearToSrgb } from "../../color/index.js";
import { Graph } from "../../graph/graph.js";
import { cpu, numbers, runGraph, tensor } from "../../testing/devices.js";
import { grayCodes } from "./lightness.js";

test("the grey of a lightness is within 0.4 of an 8-bit code", async () => {
  const light = Array.from({ length: 1001 }, (_, index) => (index / 1000) ** 3);
  const graph = new Graph();
  graph.output("y", grayCodes(graph.input("x", "float32", [1, 1, 1, light.length])));
  const x = tensor([1, 1, 1, light.length], light.map(lightnessOfY));
  const codes = numbers((await runGraph(cpu, graph, { x })).y).map((value) => (value + 1) * 127.5);
  const errors = codes.map((code, index) => Math.abs(code - 255 * linearToSrgb(light[index]!)));
  expect(Math.max(...errors)).toBeLessThan(0.4);
  expect(codes[0]).toBeCloseTo(0, 3);
  expect(codes.at(-1)).toBeCloseTo(255, 3);
});
