// d loss / d weight of a convolution in groups, above all a depthwise one. The matrix products of
// ./convolution-weight-gradient.ts would be too thin here.

import { type Shape, staticShape, type Value } from "../graph.js";
import { convolution } from "./convolution.js";
import type { ConvolutionGeometry } from "./convolution-weight-gradient.js";
import { reshape, slice, transpose } from "./layout.js";
import { reduceSum } from "./reduction.js";

type Quad = [number, number, number, number];

/**
 * @param x input `[N, C_in, H, W]`
 * @param dY gradient of the output `[N, C_out, H', W']`
 * @param weightShape `[C_out, C_in / groups, kh, kw]`
 * @returns gradient of the weight, in its shape
 */
export function groupedWeightGradient(
  x: Value,
  dY: Value,
  weightShape: Shape,
  geometry: ConvolutionGeometry,
  groups: number,
): Value {
  const purpose = "The gradient of Conv";
  const [batch, inputs, height, width] = staticShape(x.shape, purpose) as Quad;
  const [, outputs, outputHeight, outputWidth] = staticShape(dY.shape, purpose) as Quad;
  const [, inputsOfGroup, ...kernel] = staticShape(weightShape, purpose) as Quad;
  return fromPicturesAsKernels();

  /**
   * One convolution in `N groups` groups whose kernels are the output gradients; stride and
   * dilation change places. Every input channel of a group is a picture of its own.
   */
  function fromPicturesAsKernels(): Value {
    const byGroup = reshape(x, [batch * groups, inputsOfGroup, height, width]);
    const pictures = inputs === groups ? byGroup : transpose(byGroup, [1, 0, 2, 3]);
    const kernels = reshape(dY, [batch * outputs, 1, outputHeight, outputWidth]);
    const all = convolution(
      reshape(pictures, [inputsOfGroup, batch * groups, height, width]),
      kernels,
      {
        padding: geometry.pads,
        stride: geometry.dilations[0],
        dilation: geometry.strides[0],
        groups: batch * groups,
      },
    );
    // Windows at a stride may leave a remainder of the picture, which taps beyond the kernel see.
    const taps = slice(all, [
      { axis: 2, start: 0, length: kernel[0]! },
      { axis: 3, start: 0, length: kernel[1]! },
    ]);
    const byPicture = reshape(taps, [inputsOfGroup, batch, outputs, ...kernel]);
    return transpose(reduceSum(byPicture, [1]), [1, 0, 2, 3]);
  }
}
