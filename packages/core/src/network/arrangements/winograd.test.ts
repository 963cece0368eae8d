import { expect, test } from "vitest";
import { Graph, type Shape } from "../../graph/graph.js";
import { winogradArrangement } from "./winograd.js";

interface Layer {
  readonly from: Shape;
  readonly outputs: number;
  readonly kernel?: number;
  readonly stride?: number;
  readonly enlarge?: boolean;
}

/** Operators of a layer's graph, and the shape of its output. */
function arranged({ from, outputs, kernel = 3, stride = 1, enlarge = false }: Layer) {
  const graph = new Graph();
  const x = graph.input("x", "float32", from);
  const shape = [outputs, from[1] as number, kernel, kernel];
  const side = (kernel - 1) / 2;
  const output = winogradArrangement.convolution(x, {
    name: "layer",
    weight: graph.input("weight", "float32", shape),
    bias: graph.input("bias", "float32", [outputs]),
    stride,
    enlarge,
    padding: [side, side, side, side],
    groups: 1,
    finish: (sums) => sums,
  });
  return { operators: graph.nodes.map(({ operator }) => operator), shape: output.shape };
}

// As measured: docs/benchmarks.md.
test.each<[Layer, Shape]>([
  [{ from: [32, 256, 16, 16], outputs: 256 }, [32, 256, 16, 16]],
  [{ from: [32, 64, 32, 32], outputs: 128 }, [32, 128, 32, 32]],
  [{ from: [8, 256, 15, 13], outputs: 256, stride: 2 }, [8, 256, 8, 7]],
  [{ from: [32, 256, 28, 28], outputs: 128, enlarge: true }, [32, 128, 56, 56]],
])("%o is computed by Winograd's algorithm", (layer, shape) => {
  const result = arranged(layer);
  expect(result.operators).not.toContain("Conv");
  expect(result.shape).toEqual(shape);
});

test.each<Layer>([
  { from: [32, 32, 64, 64], outputs: 64 },
  { from: [8, 64, 112, 112], outputs: 128 },
  { from: [32, 128, 32, 32], outputs: 128, stride: 2 },
  { from: [32, 64, 32, 32], outputs: 32, enlarge: true },
  { from: [32, 256, 16, 16], outputs: 256, kernel: 1 },
  { from: ["N", 256, "H", "W"], outputs: 256 },
])("%o is computed directly", (layer) => {
  expect(arranged(layer).operators).toContain("Conv");
});
