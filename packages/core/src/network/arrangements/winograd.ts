// How a network is laid out for training on the CPU: by Winograd's algorithm where sizes are known and
// it takes less time than the operators of the paper, forward and backward.

import type { Value } from "../../graph/graph.js";
import {
  add,
  reshape,
  type Sampling,
  winogradConvolution,
  winogradCost,
} from "../../graph/operators/index.js";
import type { ArrangedConvolution, Arrangement } from "./arrangement.js";
import { convolveDirectly } from "./plain.js";

export const winogradArrangement: Arrangement = {
  startFrom() {},

  convolution(x: Value, layer: ArrangedConvolution): Value {
    const { weight, bias, finish } = layer;
    if (!pays(x, layer)) return finish(convolveDirectly(x, layer));
    const sums = winogradConvolution(x, weight, sampling(layer));
    return finish(bias ? add(sums, reshape(bias, [1, bias.shape[0]!, 1, 1])) : sums);
  },
};

function sampling({ stride, enlarge }: ArrangedConvolution): Sampling {
  if (enlarge) return "doubled";
  return stride === 2 ? "halved" : "same";
}

/**
 * Multiplications that reading and writing a number of the transforms is worth, as measured on two
 * cores (docs/benchmarks.md).
 */
const MOVE = 16;

function pays(x: Value, layer: ArrangedConvolution): boolean {
  if (x.shape.some((length) => typeof length === "string")) return false;
  const [, inputs, height, width] = x.shape as Quad;
  const [outputs, , kernel] = layer.weight.shape as Quad;
  if (kernel !== 3 || (layer.enlarge && layer.stride !== 1)) return false;
  if (layer.groups !== 1 || layer.padding.some((side) => side !== 1)) return false;
  const { products, transforms, moved } = winogradCost(
    { inputs, outputs, height, width },
    sampling(layer),
  );
  // An enlarged convolution takes 16 products for the four pixels that come of one.
  const pixels = layer.enlarge
    ? (16 / 9) * (height + 1) * (width + 1)
    : Math.ceil(height / layer.stride) * Math.ceil(width / layer.stride);
  return 9 * inputs * outputs * pixels > products + transforms + MOVE * moved;
}

type Quad = [number, number, number, number];
