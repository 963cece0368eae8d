import { describe, expect, test } from "vitest";
import {
  type ConvolutionLayer,
  expectLayerGradients,
  expectLayerValues,
  layersFor,
} from "../../testing/convolution-layers.js";
import { cpu, describeOnDevices } from "../../testing/devices.js";
import { expectGradients, randomTensor } from "../../testing/gradient-check.js";
import { gradients } from "../gradients.js";
import { Graph } from "../graph.js";
import { type ConvolutionOptions, convolution, transposedConvolution } from "./convolution.js";
import { reduceSum } from "./reduction.js";

// The weight gradient has forms of its own for few input channels (and 1x1 kernels), for few output
// channels, and for all others, with pictures apart or, where they are small, joined.
const convolutions: readonly ConvolutionLayer[] = [
  { title: "1x1", picture: [2, 3, 4, 5], weight: [4, 3, 1, 1], everywhere: true },
  { title: "1x1, padded", picture: [1, 2, 3, 4], weight: [3, 2, 1, 1], options: { padding: 1 } },
  { title: "1x1, stride 2", picture: [2, 3, 5, 6], weight: [4, 3, 1, 1], options: { stride: 2 } },
  {
    title: "3x3, small picture, few inputs",
    picture: [2, 2, 4, 5],
    weight: [3, 2, 3, 3],
    options: { padding: 1 },
    everywhere: true,
  },
  {
    title: "3x3, large picture, few inputs",
    picture: [1, 2, 20, 22],
    weight: [3, 2, 3, 3],
    options: { padding: 1 },
    every: 7,
    everywhere: true,
  },
  {
    title: "3x3, large picture, few outputs",
    picture: [2, 3, 18, 17],
    weight: [2, 3, 3, 3],
    options: { padding: 1 },
    every: 11,
    everywhere: true,
  },
  {
    title: "3x3, large picture, many channels",
    picture: [1, 17, 16, 18],
    weight: [18, 17, 3, 3],
    options: { padding: 1 },
    every: 97,
    everywhere: true,
  },
  {
    title: "3x3, small picture, many channels",
    picture: [2, 17, 3, 4],
    weight: [18, 17, 3, 3],
    options: { padding: 1 },
    every: 41,
  },
  {
    title: "3x3, many outputs, few inputs",
    picture: [1, 3, 5, 4],
    weight: [19, 3, 3, 3],
    options: { padding: 1 },
    every: 3,
  },
  {
    title: "3x3, few outputs, many inputs",
    picture: [1, 19, 16, 16],
    weight: [2, 19, 3, 3],
    options: { padding: 1 },
    every: 61,
  },
  { title: "3x3, no padding", picture: [2, 3, 6, 5], weight: [2, 3, 3, 3] },
  {
    title: "3x3, stride 2",
    picture: [2, 3, 6, 8],
    weight: [4, 3, 3, 3],
    options: { stride: 2, padding: 1 },
    everywhere: true,
  },
  {
    title: "3x3, stride 2, odd sides",
    picture: [1, 2, 7, 5],
    weight: [3, 2, 3, 3],
    options: { stride: 2, padding: 1 },
  },
  {
    title: "3x3, stride 2, many channels",
    picture: [1, 18, 6, 5],
    weight: [17, 18, 3, 3],
    options: { stride: 2, padding: 1 },
    every: 53,
    everywhere: true,
  },
  {
    title: "3x3, stride 3, a remainder that no window covers",
    picture: [1, 2, 11, 10],
    weight: [3, 2, 3, 3],
    options: { stride: 3 },
  },
  {
    title: "2x3 kernel, asymmetric padding",
    picture: [2, 2, 5, 6],
    weight: [3, 2, 2, 3],
    options: { padding: [0, 1, 2, 0] },
    everywhere: true,
  },
  {
    title: "3x3, stride 2, asymmetric padding",
    picture: [1, 2, 6, 6],
    weight: [3, 2, 3, 3],
    options: { stride: 2, padding: [0, 1, 1, 2] },
  },
  {
    title: '3x3, stride 2, "same" padding of even sides',
    picture: [2, 3, 6, 8],
    weight: [4, 3, 3, 3],
    options: { stride: 2, padding: [0, 0, 1, 1] },
    everywhere: true,
  },
  {
    title: "dilation 2",
    picture: [1, 2, 7, 8],
    weight: [2, 2, 3, 3],
    options: { dilation: 2, padding: 2 },
    everywhere: true,
  },
  {
    title: "dilation 2, stride 2",
    picture: [1, 2, 8, 9],
    weight: [2, 2, 3, 3],
    options: { dilation: 2, stride: 2, padding: 1 },
  },
  {
    title: "more padding than the kernel reaches",
    picture: [1, 2, 3, 4],
    weight: [2, 2, 2, 2],
    options: { padding: 2 },
  },
  { title: "a kernel as large as the picture", picture: [2, 2, 3, 4], weight: [3, 2, 3, 4] },
  {
    title: "1x5 kernel",
    picture: [1, 2, 3, 7],
    weight: [2, 2, 1, 5],
    options: { padding: [0, 2, 0, 2] },
  },
];

const transposedConvolutions: readonly ConvolutionLayer[] = [
  { title: "1x1", picture: [2, 3, 3, 4], weight: [3, 2, 1, 1] },
  { title: "3x3", picture: [2, 3, 3, 4], weight: [3, 2, 3, 3], options: { padding: 1 } },
  {
    title: "stride 2, output padding",
    picture: [1, 2, 3, 4],
    weight: [2, 3, 3, 3],
    options: { stride: 2, padding: 1, outputPadding: [1, 1] },
    everywhere: true,
  },
  {
    title: "stride 2, output padding on one side",
    picture: [1, 2, 3, 3],
    weight: [2, 3, 3, 3],
    options: { stride: 2, padding: 1, outputPadding: [1, 0] },
  },
  {
    title: "stride 3, asymmetric padding",
    picture: [1, 2, 3, 2],
    weight: [2, 2, 4, 3],
    options: { stride: 3, padding: [0, 1, 1, 0], outputPadding: [2, 1] },
    everywhere: true,
  },
  {
    title: "dilation 2",
    picture: [1, 2, 4, 3],
    weight: [2, 2, 2, 3],
    options: { dilation: 2, padding: 1 },
  },
  {
    title: "many channels",
    picture: [1, 18, 3, 2],
    weight: [18, 17, 3, 3],
    options: { padding: 1 },
    every: 37,
  },
];

describeOnDevices("Gradients of convolutions", (device) => {
  test.each(layersFor(device, convolutions))("Conv: $title", async (layer) => {
    await expectLayerGradients(device, "Conv", layer);
  });

  test.each(layersFor(device, transposedConvolutions))("ConvTranspose: $title", async (layer) => {
    await expectLayerGradients(device, "ConvTranspose", layer);
  });
});

test("gradients without a bias", async () => {
  const inputs = [randomTensor([1, 2, 4, 4], 1), randomTensor([2, 2, 3, 3], 2)];
  await expectGradients(cpu, inputs, (x, w) => convolution(x!, w!, { padding: 1 }));
  await expectGradients(cpu, inputs, (x, w) => transposedConvolution(x!, w!, { padding: 1 }));
});

describe("values", () => {
  test.each(convolutions)("Conv: $title", async (layer) => {
    await expectLayerValues("Conv", layer);
  });

  test.each(transposedConvolutions)("ConvTranspose: $title", async (layer) => {
    await expectLayerValues("ConvTranspose", layer);
  });
});

describe("shapes known only at run time", () => {
  const shapeAfter = (options: ConvolutionOptions, kernel = 3) => {
    const graph = new Graph();
    const weight = graph.input("w", "float32", [5, 1, kernel, kernel]);
    return convolution(graph.input("x", "float32", ["N", 1, "H", "W"]), weight, options).shape;
  };

  test("keep their names where the size stays", () => {
    expect(shapeAfter({ padding: 1 })).toEqual(["N", 5, "H", "W"]);
    expect(shapeAfter({}, 1)).toEqual(["N", 5, "H", "W"]);
  });

  test("are halved, rounded up, by a stride of 2 with same padding", () => {
    expect(shapeAfter({ stride: 2, padding: 1 })).toEqual(["N", 5, "ceil(H/2)", "ceil(W/2)"]);
  });

  test("say the formula otherwise", () => {
    expect(shapeAfter({})).toEqual(["N", 5, "H-2", "W-2"]);
    expect(shapeAfter({ stride: 3 })).toEqual(["N", 5, "floor(H/3)", "floor(W/3)"]);
    expect(shapeAfter({ stride: 4 })).toEqual(["N", 5, "floor((H-3)/4)+1", "floor((W-3)/4)+1"]);
  });

  test("have no gradient, which the message says", () => {
    const graph = new Graph();
    const weight = graph.input("w", "float32", [2, 1, 3, 3]);
    const y = convolution(graph.input("x", "float32", ["N", 1, 8, 8]), weight);
    expect(() => gradients(reduceSum(y), [weight])).toThrow(
      "needs a shape known in advance but received [N, 2, 6, 6]; give the graph fixed sizes",
    );
  });
});

describe("mistakes", () => {
  const graph = new Graph();
  const picture = graph.input("picture", "float32", [1, 3, 4, 4]);
  const value = (shape: readonly number[]) =>
    graph.constant("float32", shape, new Float32Array(shape.reduce((a, b) => a * b, 1)));

  test("weights for another number of channels", () => {
    expect(() => convolution(picture, value([2, 4, 3, 3]))).toThrow(
      "Conv: weights [2, 4, 3, 3] do not fit a picture [1, 3, 4, 4]",
    );
    expect(() => transposedConvolution(picture, value([2, 3, 3, 3]))).toThrow(
      "ConvTranspose: weights [2, 3, 3, 3] do not fit a picture [1, 3, 4, 4]",
    );
  });

  test("a bias of another length", () => {
    expect(() => convolution(picture, value([2, 3, 3, 3]), { bias: value([3]) })).toThrow(
      "Conv: expected a bias of shape [2] but received [3]",
    );
  });

  test("a window larger than the picture", () => {
    expect(() => convolution(picture, value([2, 3, 5, 5]))).toThrow(/5 taps .* length of 4/);
  });

  test("no picture at all", () => {
    expect(() => convolution(value([3, 4]), value([2, 3, 3, 3]))).toThrow(
      "Conv: expected [N, C, H, W] but received [3, 4]",
    );
  });
});
