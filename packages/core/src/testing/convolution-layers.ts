// Convolution layers of all kinds, checked in two ways: values by the definition, gradients by finite
// differences.

import { expect } from "vitest";
import { Graph } from "../graph/graph.js";
import {
  convolution,
  type TransposedConvolutionOptions,
  transposedConvolution,
} from "../graph/operators/convolution.js";
import type { TensorValue } from "../graph/session.js";
import { cpu, numbers, runGraph, type TestDevice } from "./devices.js";
import { expectClose, expectGradients, randomTensor } from "./gradient-check.js";
import { slidingWindow, spreading } from "./reference-convolution.js";

export interface ConvolutionLayer {
  readonly title: string;
  readonly picture: readonly [number, number, number, number];
  /** [C_out, C_in / groups, kh, kw], or [C_in, C_out / groups, kh, kw] of a transposed convolution. */
  readonly weight: readonly [number, number, number, number];
  readonly options?: TransposedConvolutionOptions;
  /** Checks every n-th element only, for wide layers. */
  readonly every?: number;
  /** Also on devices that compile every shader anew, which takes a second for each layer. */
  readonly everywhere?: true;
}

export type ConvolutionOperator = "Conv" | "ConvTranspose";

const operators = { Conv: convolution, ConvTranspose: transposedConvolution };
const definitions = { Conv: slidingWindow, ConvTranspose: spreading };

/** The layers that a device is to check. */
export function layersFor(
  device: TestDevice,
  layers: readonly ConvolutionLayer[],
): ConvolutionLayer[] {
  return layers.filter(({ everywhere }) => device.name === "cpu" || everywhere);
}

/** Expects the gradients of picture, weights and bias to agree with finite differences. */
export async function expectLayerGradients(
  device: TestDevice,
  operator: ConvolutionOperator,
  layer: ConvolutionLayer,
): Promise<void> {
  const { options = {}, every = 1 } = layer;
  await expectGradients(
    device,
    Object.values(inputsOf(operator, layer)),
    (x, w, bias) => operators[operator](x!, w!, { ...options, bias: bias! }),
    { every },
  );
}

/** Expects the layer's values on the CPU, for weights that are constants and for ones that are fed. */
export async function expectLayerValues(
  operator: ConvolutionOperator,
  layer: ConvolutionLayer,
): Promise<void> {
  const { options = {} } = layer;
  const inputs = inputsOf(operator, layer);
  const { x, w, bias } = inputs;
  const expected = definitions[operator](x, w, bias, options);
  for (const feeds of [inputs, { x }]) {
    const graph = new Graph();
    const value = (name: keyof typeof inputs) =>
      name in feeds
        ? graph.input(name, "float32", inputs[name].shape)
        : graph.constant("float32", inputs[name].shape, inputs[name].data);
    const y = operators[operator](value("x"), value("w"), { ...options, bias: value("bias") });
    graph.output("y", y);
    expect(y.shape).toEqual(expected.shape);
    expectClose(numbers((await runGraph(cpu, graph, feeds)).y), expected.values, 1e-5, "y");
  }
}

function inputsOf(
  operator: ConvolutionOperator,
  { picture, weight, options = {} }: ConvolutionLayer,
): Readonly<Record<"x" | "w" | "bias", TensorValue>> {
  const outputs = operator === "Conv" ? weight[0] : weight[1] * (options.groups ?? 1);
  return {
    x: randomTensor(picture, 1),
    w: randomTensor(weight, 2),
    bias: randomTensor([outputs], 3),
  };
}
