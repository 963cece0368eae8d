// Gradients of a depthwise convolution of small maps. Written out over the pixels of a map, each
// channel's convolution is a product with a matrix, which is the sum of its taps times fixed
// matrices of 0 and 1:
//   y_n = x_n T,  T = sum over taps of w[tap] B[tap],  B[tap][pixel seen, output pixel] = 1.
// So dX = dY T^T and dT = X^T dY over all pictures of a batch, dW[tap] = <dT, B[tap]>.

import { type Shape, staticShape, type Value } from "../graph.js";
import type { ConvolutionGeometry } from "./convolution-weight-gradient.js";
import { reshape, transpose } from "./layout.js";
import { matMul, transposeLastTwo } from "./matrix.js";

type Quad = [number, number, number, number];

/** A depthwise convolution of fixed sizes; pairs are rows (down) and columns (across). */
export interface DepthwiseLayer {
  readonly batch: number;
  readonly channels: number;
  readonly kernel: readonly [number, number];
  /** Pixels of the input and of the output. */
  readonly input: readonly [number, number];
  readonly output: readonly [number, number];
  readonly geometry: ConvolutionGeometry;
}

/** Undefined if groups have more than one input or output channel. */
export function depthwiseLayer(
  inputShape: Shape,
  outputShape: Shape,
  weightShape: Shape,
  geometry: ConvolutionGeometry,
): DepthwiseLayer | undefined {
  const purpose = "The gradient of Conv";
  const [batch, channels, ...input] = staticShape(inputShape, purpose) as Quad;
  const [, outputs, ...output] = staticShape(outputShape, purpose) as Quad;
  const [, , ...kernel] = staticShape(weightShape, purpose) as Quad;
  if (geometry.groups !== channels || geometry.groups !== outputs) return undefined;
  return { batch, channels, kernel, input, output, geometry };
}

/**
 * Whether the products pay. Milliseconds on two cores, 32 pictures, 3x3, beside a convolution with
 * the output gradients as kernels (weight) and ConvTranspose or Conv (input):
 * 8x8x384: weight 1.2 and 5.6, input 1.2 and 2.4; 8x8 to 4x4: 0.5 and 1.8, 0.5 and 3.1;
 * 4x4x768: 0.4 and 3.7, 0.4 and 2.9; but 16x16x192: weight 11.7 and 9.8.
 */
export function bandsPay({ input, output }: DepthwiseLayer): boolean {
  return input[0] * input[1] * output[0] * output[1] <= 64 * 64;
}

/** d loss / d x, `[N, C, H, W]`, of `dY [N, C, H', W']` and `weight [C, 1, kh, kw]`. */
export function bandedInputGradient(dY: Value, weight: Value, layer: DepthwiseLayer): Value {
  const { batch, channels, kernel, input, output } = layer;
  const taps = reshape(weight, [channels, kernel[0] * kernel[1]]);
  const matrices = reshape(matMul(taps, tapMatrices(dY, layer)), [
    channels,
    input[0] * input[1],
    output[0] * output[1],
  ]);
  const pixels = matMul(channelsFirst(dY), transposeLastTwo(matrices));
  return transpose(reshape(pixels, [channels, batch, ...input]), [1, 0, 2, 3]);
}

/** d loss / d weight, `[C, 1, kh, kw]`, of `x [N, C, H, W]` and `dY [N, C, H', W']`. */
export function bandedWeightGradient(x: Value, dY: Value, layer: DepthwiseLayer): Value {
  const { channels, kernel, input, output } = layer;
  const matrices = matMul(transposeLastTwo(channelsFirst(x)), channelsFirst(dY));
  const flat = reshape(matrices, [channels, input[0] * input[1] * output[0] * output[1]]);
  const taps = matMul(flat, transposeLastTwo(tapMatrices(x, layer)));
  return reshape(taps, [channels, 1, ...kernel]);
}

/** `[N, C, H, W] -> [C, N, H W]` */
function channelsFirst(x: Value): Value {
  const [batch, channels, height, width] = x.shape as Quad;
  return reshape(transpose(x, [1, 0, 2, 3]), [channels, batch, height * width]);
}

/** B: `[kh kw, H W H' W']`. */
function tapMatrices({ graph }: Value, { kernel, input, output, geometry }: DepthwiseLayer): Value {
  const { strides, pads, dilations } = geometry;
  const outputPixels = output[0] * output[1];
  const size = input[0] * input[1] * outputPixels;
  const matrices = new Float32Array(kernel[0] * kernel[1] * size);
  for (let u = 0; u < kernel[0]; u++) {
    for (let v = 0; v < kernel[1]; v++) {
      const tap = (u * kernel[1] + v) * size;
      for (let pixel = 0; pixel < outputPixels; pixel++) {
        const row = Math.floor(pixel / output[1]) * strides[0] + u * dilations[0] - pads[0];
        const column = (pixel % output[1]) * strides[1] + v * dilations[1] - pads[1];
        if (row < 0 || column < 0 || row >= input[0] || column >= input[1]) continue;
        matrices[tap + (row * input[1] + column) * outputPixels + pixel] = 1;
      }
    }
  }
  return graph.constant("float32", [kernel[0] * kernel[1], size], matrices);
}
