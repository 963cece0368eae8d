// The whole network (figure 2 of the paper), from its component networks.

import type { Dimension, Value } from "../graph/graph.js";
import { add, resizeBilinear, resizeNearest, scale } from "../graph/operators/index.js";
import { classify } from "./classification.js";
import { colorize } from "./colorization.js";
import { checkConfig, outputStride, totalStride } from "./config.js";
import { encode } from "./encoders/encoder.js";
import { fuse } from "./fusion.js";
import type { NetworkContext } from "./layers.js";

export interface NetworkOutputs {
  /** `[N, 2, H/s, W/s]` with the output stride s (2 in the paper), in the units of the configuration's head. */
  readonly normalizedChroma: Value;
  /** `[N, classes]`; undefined for a network without classification. */
  readonly sceneLogits: Value | undefined;
}

/**
 * Builds the network onto a luminance input.
 *
 * @param luminance L* of CIELAB, 0..100, `[N, 1, H, W]`; known H and W must be multiples of the
 *   network's total stride
 * @throws RangeError if the sizes or the configuration do not fit
 */
export function buildNetwork(context: NetworkContext, luminance: Value): NetworkOutputs {
  const { config } = context;
  checkConfig(config);
  const [, , height, width] = luminance.shape;
  checkSides(height!, width!, totalStride(config));
  const { global, local, scales } = encode(context, luminance);
  const fused = fuse(context, local, global.fused);
  return {
    normalizedChroma: colorize(context, fused, scales),
    sceneLogits: config.classes > 0 ? classify(context, global.classified) : undefined,
  };
}

/** Normalised chroma to a*b* in CIELAB units at the size of the picture. */
export function chromaToAb(context: NetworkContext, normalizedChroma: Value): Value {
  const { head, finalUpsampling } = context.config;
  const ab = add(scale(normalizedChroma, head.scale), normalizedChroma.graph.scalar(head.offset));
  const factor = outputStride(context.config);
  return finalUpsampling === "nearest" ? resizeNearest(ab, factor) : resizeBilinear(ab, factor);
}

function checkSides(height: Dimension, width: Dimension, stride: number): void {
  for (const side of [height, width]) {
    if (typeof side === "number" && side % stride !== 0) {
      throw new RangeError(
        `Expected picture sides that are multiples of ${stride} but received ${width} x ${height}`,
      );
    }
  }
}
