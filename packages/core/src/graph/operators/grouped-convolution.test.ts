// Convolutions in groups, most of them depthwise, against their definition and finite differences.

import { describe, expect, test } from "vitest";
import {
  type ConvolutionLayer,
  expectLayerGradients,
  expectLayerValues,
  layersFor,
} from "../../testing/convolution-layers.js";
import { describeOnDevices } from "../../testing/devices.js";
import { expectGradients, randomTensor } from "../../testing/gradient-check.js";
import { Graph } from "../graph.js";
import { type ConvolutionOptions, convolution } from "./convolution.js";

// The gradients of depthwise convolutions have forms of their own for small maps, for rows that
// divide into tiles (stride 1), and for all others.
const layers: readonly ConvolutionLayer[] = [
  {
    title: "depthwise 3x3",
    picture: [2, 3, 5, 6],
    weight: [3, 1, 3, 3],
    options: { groups: 3, padding: 1 },
    everywhere: true,
  },
  {
    title: "depthwise 3x3, two tiles a row",
    picture: [2, 3, 6, 32],
    weight: [3, 1, 3, 3],
    options: { groups: 3, padding: 1 },
    every: 29,
    everywhere: true,
  },
  {
    title: "depthwise 2x3, three tiles a row, padding on three sides, dilation 2",
    picture: [2, 2, 7, 48],
    weight: [2, 1, 2, 3],
    options: { groups: 2, padding: [0, 1, 2, 3], dilation: 2 },
    every: 31,
  },
  {
    title: "depthwise 3x3, a width without tiles",
    picture: [2, 2, 5, 37],
    weight: [2, 1, 3, 3],
    options: { groups: 2, padding: 1 },
    every: 17,
  },
  {
    title: 'depthwise 3x3, stride 2, "same" of even sides',
    picture: [2, 3, 6, 8],
    weight: [3, 1, 3, 3],
    options: { groups: 3, stride: 2, padding: [0, 0, 1, 1] },
    everywhere: true,
  },
  {
    title: 'depthwise 3x3, stride 2, "same" of larger even sides',
    picture: [2, 2, 34, 36],
    weight: [2, 1, 3, 3],
    options: { groups: 2, stride: 2, padding: [0, 0, 1, 1] },
    every: 53,
    everywhere: true,
  },
  {
    title: 'depthwise 3x3, stride 2, "same" of odd sides',
    picture: [1, 2, 7, 9],
    weight: [2, 1, 3, 3],
    options: { groups: 2, stride: 2, padding: 1 },
  },
  {
    title: "depthwise 3x3, stride 2, a column that no window covers",
    picture: [1, 2, 7, 8],
    weight: [2, 1, 3, 3],
    options: { groups: 2, stride: 2 },
  },
  {
    title: 'depthwise 5x5, stride 2, "same" of even sides',
    picture: [2, 2, 8, 6],
    weight: [2, 1, 5, 5],
    options: { groups: 2, stride: 2, padding: [1, 1, 2, 2] },
    everywhere: true,
  },
  {
    title: "depthwise 5x5",
    picture: [1, 3, 6, 5],
    weight: [3, 1, 5, 5],
    options: { groups: 3, padding: 2 },
  },
  {
    title: "depthwise, kernel and sides unequal",
    picture: [2, 2, 5, 7],
    weight: [2, 1, 2, 3],
    options: { groups: 2, padding: [1, 0, 0, 2] },
  },
  {
    title: "depthwise, stride 3",
    picture: [1, 2, 11, 10],
    weight: [2, 1, 3, 3],
    options: { groups: 2, stride: 3, padding: [0, 1, 2, 0] },
  },
  {
    title: "depthwise, dilation 2",
    picture: [1, 2, 7, 8],
    weight: [2, 1, 3, 3],
    options: { groups: 2, dilation: 2, padding: 2 },
  },
  {
    title: "depthwise on a single pixel",
    picture: [3, 4, 1, 1],
    weight: [4, 1, 3, 3],
    options: { groups: 4, padding: 1 },
  },
  {
    title: "two outputs for each channel",
    picture: [2, 3, 4, 5],
    weight: [6, 1, 3, 3],
    options: { groups: 3, padding: 1 },
    everywhere: true,
  },
  {
    title: "groups of two to three",
    picture: [2, 4, 5, 4],
    weight: [6, 2, 3, 3],
    options: { groups: 2, padding: 1 },
    everywhere: true,
  },
  {
    title: "groups of two to three, stride 2",
    picture: [2, 4, 6, 8],
    weight: [6, 2, 3, 3],
    options: { groups: 2, stride: 2, padding: [0, 0, 1, 1] },
  },
];

const transposedLayer: ConvolutionLayer = {
  title: "transposed, groups of two to three, stride 2",
  picture: [2, 4, 3, 2],
  weight: [4, 3, 3, 3],
  options: { groups: 2, stride: 2, padding: 1, outputPadding: [1, 0] },
};

describeOnDevices("Gradients of convolutions in groups", (device) => {
  test.each(layersFor(device, layers))("$title", async (layer) => {
    await expectLayerGradients(device, "Conv", layer);
  });

  test("of the picture alone, the kernels constant", async () => {
    const kernels = randomTensor([3, 1, 3, 3], 2);
    for (const stride of [1, 2]) {
      await expectGradients(device, [randomTensor([2, 3, 4, 6], 1)], (x) =>
        convolution(x!, x!.graph.constant("float32", kernels.shape, kernels.data), {
          groups: 3,
          stride,
          padding: stride === 1 ? 1 : [0, 0, 1, 1],
        }),
      );
    }
  });

  test("of a transposed convolution", async () => {
    await expectLayerGradients(device, "ConvTranspose", transposedLayer);
  });
});

describe("values", () => {
  test.each(layers)("$title", async (layer) => {
    await expectLayerValues("Conv", layer);
  });

  test("of a transposed convolution", async () => {
    await expectLayerValues("ConvTranspose", transposedLayer);
  });
});

describe("mistakes", () => {
  const graph = new Graph();
  const picture = graph.input("picture", "float32", [1, 6, 4, 4]);
  const weight = (shape: readonly number[]) =>
    graph.constant("float32", shape, new Float32Array(shape.reduce((a, b) => a * b, 1)));

  test("weights for ungrouped channels", () => {
    expect(() => convolution(picture, weight([6, 6, 3, 3]), { groups: 6 })).toThrow(
      "Conv: weights [6, 6, 3, 3] do not fit a picture [1, 6, 4, 4] in 6 groups",
    );
  });

  test("outputs that do not fall into the groups", () => {
    expect(() => convolution(picture, weight([4, 2, 3, 3]), { groups: 3 })).toThrow(
      "Conv: 4 channels do not fall into 3 equal groups",
    );
  });
});

test('the "same" padding of TensorFlow at stride 2 halves lengths known only at run time', () => {
  const graph = new Graph();
  const shapeAfter = (kernel: number, padding: ConvolutionOptions["padding"]) =>
    convolution(
      graph.input(`x${kernel}`, "float32", ["N", 4, "H", "W"]),
      graph.input(`w${kernel}`, "float32", [4, 1, kernel, kernel]),
      { groups: 4, stride: 2, padding: padding! },
    ).shape;
  expect(shapeAfter(3, [0, 0, 1, 1])).toEqual(["N", 4, "floor(H/2)", "floor(W/2)"]);
  expect(shapeAfter(5, [1, 1, 2, 2])).toEqual(["N", 4, "floor(H/2)", "floor(W/2)"]);
});
