// The gradient rules of Conv and ConvTranspose, each the other's adjoint.

import { type Node, staticShape, type Value } from "../graph.js";
import { bandedInputGradient, bandsPay, depthwiseLayer } from "./banded-depthwise-gradient.js";
import { convolution, transposedConvolution } from "./convolution.js";
import {
  type ConvolutionGeometry,
  convolutionWeightGradient,
} from "./convolution-weight-gradient.js";
import { type GradientContext, type GradientRule, intsAttribute } from "./gradient-rule.js";
import { flip, reshape, transpose } from "./layout.js";
import { reduceSum } from "./reduction.js";

type Quad = [number, number, number, number];
type Pair = readonly [number, number];

function nodeGeometry(node: Node): ConvolutionGeometry {
  const { group } = node.attributes;
  return {
    strides: intsAttribute(node, "strides") as Pair,
    pads: intsAttribute(node, "pads") as Quad,
    dilations: intsAttribute(node, "dilations") as Pair,
    groups: group && "int" in group ? group.int : 1,
  };
}

export const convolutionGradient: GradientRule = (context) => {
  const { node, needed } = context;
  const [x, weight, bias] = node.inputs as [Value, Value, Value | undefined];
  const dY = context.outputGradients[0]!;
  return [
    needed[0] ? convolutionInputGradient(dY, x, weight, nodeGeometry(node)) : undefined,
    needed[1] ? convolutionWeightGradient(x, dY, weight.shape, nodeGeometry(node)) : undefined,
    bias && needed[2] ? reduceSum(dY, [0, 2, 3]) : undefined,
  ];
};

/** d loss / d x of `convolution(x, weight)`, in the shape of `x`. */
export function convolutionInputGradient(
  dY: Value,
  x: Value,
  weight: Value,
  geometry: ConvolutionGeometry,
): Value {
  const { strides, pads, dilations, groups = 1 } = geometry;
  const purpose = "The gradient of Conv";
  // Constant kernels have faster convolutions still at stride 1: 8x8x384 in 0.4 ms, by bands in 1.2.
  const strided = strides.some((stride) => stride !== 1);
  if (groups !== 1 && (strided || !isConstant(weight))) {
    const layer = depthwiseLayer(x.shape, dY.shape, weight.shape, geometry);
    if (layer && bandsPay(layer)) return bandedInputGradient(dY, weight, layer);
  }
  const [, , kernelHeight, kernelWidth] = staticShape(weight.shape, purpose) as Quad;
  const reach: Pair = [dilations[0] * (kernelHeight - 1), dilations[1] * (kernelWidth - 1)];
  const flipped = pads.map((side, index) => reach[index % 2]! - side) as Quad;
  if (strides[0] === 1 && strides[1] === 1 && flipped.every((side) => side >= 0)) {
    // A convolution with the kernel turned by 180 degrees and its channels swapped: faster than
    // ConvTranspose on every engine measured.
    const turned = kernelHeight === 1 && kernelWidth === 1 ? weight : flip(weight, [2, 3]);
    return convolution(dY, swapChannels(turned, groups), {
      padding: flipped,
      dilation: dilations[0],
      groups,
    });
  }
  // In groups, too: 64x64x48 to 32x32 in 20 ms, where a grouped convolution of the four phases
  // takes 17 and one between inserted zeros 29; 32x32x96 to 16x16 in 5 ms (8, 14).
  const [, , height, width] = staticShape(x.shape, purpose) as Quad;
  const [, , outHeight, outWidth] = staticShape(dY.shape, purpose) as Quad;
  const missing = (axis: 0 | 1, length: number, outLength: number) =>
    length - ((outLength - 1) * strides[axis] + reach[axis] + 1 - pads[axis] - pads[axis + 2]!);
  return transposedConvolution(dY, weight, {
    stride: strides[0],
    padding: pads,
    dilation: dilations[0],
    outputPadding: [missing(0, height, outHeight), missing(1, width, outWidth)],
    groups,
  });
}

/** Whether a value is known when the graph is loaded: a constant, or computed from nothing else. */
function isConstant({ graph, name, producer }: Value): boolean {
  if (!producer) return graph.constants.has(name);
  return producer.inputs.every((input) => !input || isConstant(input));
}

/** `[C_out, C_in / groups, kh, kw] -> [C_in, C_out / groups, kh, kw]`, each group by itself. */
function swapChannels(weight: Value, groups: number): Value {
  if (groups === 1) return transpose(weight, [1, 0, 2, 3]);
  const [outputs, inputsOfGroup, ...kernel] = weight.shape as Quad;
  const outputsOfGroup = outputs / groups;
  const byGroup = reshape(weight, [groups, outputsOfGroup, inputsOfGroup, ...kernel]);
  return reshape(transpose(byGroup, [0, 2, 1, 3, 4]), [
    groups * inputsOfGroup,
    outputsOfGroup,
    ...kernel,
  ]);
}

export const transposedConvolutionGradient: GradientRule = (context: GradientContext) => {
  const { node, needed } = context;
  const [x, weight, bias] = node.inputs as [Value, Value, Value | undefined];
  const dY = context.outputGradients[0]!;
  const geometry = nodeGeometry(node);
  const { strides, pads, dilations, groups = 1 } = geometry;
  return [
    needed[0]
      ? convolution(dY, weight, {
          stride: strides[0],
          padding: pads,
          dilation: dilations[0],
          groups,
        })
      : undefined,
    // The roles of input and output swap: the weight is that of the convolution dY -> x.
    needed[1] ? convolutionWeightGradient(dY, x, weight.shape, geometry) : undefined,
    bias && needed[2] ? reduceSum(dY, [0, 2, 3]) : undefined,
  ];
};
