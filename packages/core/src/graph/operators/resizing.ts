// Resize (nearest and bilinear enlargement), AveragePool, global average pooling, and pixels taken
// to channels and back.

import { type Dimension, GraphError, staticShape, type Value } from "../graph.js";
import { scale } from "./arithmetic.js";
import { convolvedLength, transposedConvolution } from "./convolution.js";
import { type GradientRule, intsAttribute } from "./gradient-rule.js";
import { reshape, transpose } from "./layout.js";
import { matMul } from "./matrix.js";
import { reduceMean } from "./reduction.js";

/** Enlarges `[N, C, H, W]` by a whole factor, each pixel becoming a square. */
export function resizeNearest(x: Value, factor = 2): Value {
  return enlarge(x, factor, "nearest", "asymmetric");
}

/** Enlarges `[N, C, H, W]` by a whole factor, bilinearly between pixel centres. */
export function resizeBilinear(x: Value, factor = 2): Value {
  return enlarge(x, factor, "linear", "half_pixel");
}

function enlarge(x: Value, factor: number, mode: string, coordinates: string): Value {
  if (!Number.isInteger(factor) || factor < 1) {
    throw new GraphError(`Resize: expected a whole factor of at least 1 but received ${factor}`);
  }
  const [batch, channels, height, width] = x.shape as [Dimension, Dimension, Dimension, Dimension];
  const times = (length: Dimension) =>
    typeof length === "number" ? length * factor : `${factor}*${length}`;
  const scales = x.graph.constant("float32", [4], Float32Array.of(1, 1, factor, factor));
  return x.graph.emitOne(
    "Resize",
    [x, undefined, scales],
    {
      mode: { string: mode },
      coordinate_transformation_mode: { string: coordinates },
      nearest_mode: { string: "floor" },
    },
    { type: x.type, shape: [batch, channels, times(height), times(width)] },
  );
}

export interface AveragePoolOptions {
  /** Window side in pixels. */
  readonly kernel: number;
  /** Step in pixels. Default: the kernel. */
  readonly stride?: number;
  /** Zeros on every side in pixels, which count as elements of the mean. Default 0. */
  readonly padding?: number;
}

/** Mean over square windows of `[N, C, H, W]`. */
export function averagePool(x: Value, options: AveragePoolOptions): Value {
  const { kernel, stride = kernel, padding = 0 } = options;
  const [batch, channels, height, width] = x.shape as [Dimension, Dimension, Dimension, Dimension];
  const along = (length: Dimension) => convolvedLength(length, kernel, stride, padding, padding, 1);
  return x.graph.emitOne(
    "AveragePool",
    [x],
    {
      kernel_shape: { ints: [kernel, kernel] },
      strides: { ints: [stride, stride] },
      pads: { ints: [padding, padding, padding, padding] },
      count_include_pad: { int: 1 },
    },
    { type: x.type, shape: [batch, channels, along(height), along(width)] },
  );
}

/** Mean over all pixels: `[N, C, H, W] -> [N, C]`. */
export function globalAveragePool(x: Value): Value {
  return reduceMean(x, [2, 3]);
}

/** `[N, 4 C, H, W] -> [N, C, 2 H, 2 W]`: channel `(2 row + column) C + c` fills every second pixel. */
export function depthToSpace(x: Value): Value {
  const [batch, channels, height, width] = staticShape(x.shape, "DepthToSpace") as Quad;
  return x.graph.emitOne(
    "DepthToSpace",
    [x],
    { blocksize: { int: 2 }, mode: { string: "DCR" } },
    { type: x.type, shape: [batch, channels / 4, 2 * height, 2 * width] },
  );
}

/** The inverse of {@link depthToSpace}. */
export function spaceToDepth(x: Value): Value {
  const [batch, channels, height, width] = staticShape(x.shape, "SpaceToDepth") as Quad;
  return x.graph.emitOne(
    "SpaceToDepth",
    [x],
    { blocksize: { int: 2 } },
    { type: x.type, shape: [batch, 4 * channels, height / 2, width / 2] },
  );
}

export const resizeGradient: GradientRule = ({ node, outputGradients: [gradient] }) => {
  const x = node.inputs[0]!;
  if (!node.inputs[2]) {
    throw new GraphError("The gradient of Resize: only enlargement by a whole factor has one");
  }
  const [, , height, width] = staticShape(x.shape, "The gradient of Resize") as Quad;
  const factor = staticShape(node.outputs[0]!.shape, "The gradient of Resize")[2]! / height;
  const mode = node.attributes.mode;
  if (mode && "string" in mode && mode.string === "nearest") {
    // Each source pixel gathers its square.
    return [scale(averagePool(gradient!, { kernel: factor }), factor * factor)];
  }
  // Bilinear enlargement is Y = A_h X A_w^T with fixed matrices, so dX = A_h^T dY A_w.
  const rows = bilinearMatrix(x, height, factor);
  const columns = bilinearMatrix(x, width, factor);
  return [matMul(matMul(transpose(rows, [1, 0]), gradient!), columns)];
};

type Quad = [number, number, number, number];

/** `[factor length, length]`: the weights of bilinear enlargement between pixel centres. */
function bilinearMatrix(x: Value, length: number, factor: number): Value {
  const matrix = new Float32Array(factor * length * length);
  for (let target = 0; target < factor * length; target++) {
    const source = (target + 0.5) / factor - 0.5;
    const before = Math.floor(source);
    const share = source - before;
    const clamp = (index: number) => Math.min(Math.max(index, 0), length - 1);
    matrix[target * length + clamp(before)]! += 1 - share;
    matrix[target * length + clamp(before + 1)]! += share;
  }
  return x.graph.constant("float32", [factor * length, length], matrix);
}

export const depthToSpaceGradient: GradientRule = ({ outputGradients: [gradient] }) => [
  spaceToDepth(gradient!),
];

export const spaceToDepthGradient: GradientRule = ({ outputGradients: [gradient] }) => [
  depthToSpace(gradient!),
];

export const averagePoolGradient: GradientRule = ({ node, outputGradients: [gradient] }) => {
  const x = node.inputs[0]!;
  const purpose = "The gradient of AveragePool";
  const [batch, channels, height, width] = staticShape(x.shape, purpose) as Quad;
  const [, , outHeight, outWidth] = staticShape(node.outputs[0]!.shape, purpose) as Quad;
  const kernel = intsAttribute(node, "kernel_shape")[0]!;
  const stride = intsAttribute(node, "strides")[0]!;
  const padding = intsAttribute(node, "pads")[0]!;
  const share = 1 / (kernel * kernel);
  if (
    stride === kernel &&
    padding === 0 &&
    outHeight * stride === height &&
    outWidth * stride === width
  ) {
    return [scale(resizeNearest(gradient!, kernel), share)];
  }
  // Every channel alone through the adjoint of a convolution with equal weights.
  const planes = reshape(gradient!, [batch * channels, 1, outHeight, outWidth]);
  const weights = x.graph.constant(
    "float32",
    [1, 1, kernel, kernel],
    new Float32Array(kernel * kernel).fill(share),
  );
  const missing = (length: number, outLength: number) =>
    length - ((outLength - 1) * stride + kernel - 2 * padding);
  const spread = transposedConvolution(planes, weights, {
    stride,
    padding,
    outputPadding: [missing(height, outHeight), missing(width, outWidth)],
  });
  return [reshape(spread, [batch, channels, height, width])];
};
