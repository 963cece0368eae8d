// The whole network (figure 2 of the paper), from its component networks.

import type { Dimension, Value } from "../graph/graph.js";
import { resizeBilinear, resizeNearest } from "../graph/operators/index.js";
import type { HeadState } from "../objective/head.js";
import { headOf } from "../objective/heads.js";
import { classify } from "./classification.js";
import { colorize } from "./colorization.js";
import { checkConfig, type NetworkConfig, totalStride } from "./config.js";
import { encode } from "./encoders/encoder.js";
import { fuse } from "./fusion.js";
import { type Guidance, guidedGlobal, hintsOfScales, hintsOver, noHints } from "./guidance.js";
import type { NetworkContext } from "./layers.js";

export interface NetworkOutputs {
  /** What the configuration's head gives: the axes are its own. */
  readonly prediction: Value;
  readonly headState: HeadState;
  /** `[N, classes]`; undefined for a network without classification. */
  readonly sceneLogits: Value | undefined;
  /** The picture's own global features, as they are fused: `[N, features]`. */
  readonly global: Value;
}

/**
 * Builds the network onto an input of lightness.
 *
 * @param lightness L* of CIELAB, 0..100, `[N, 1, H, W]`; known H and W must be multiples of the
 *   network's total stride
 * @throws RangeError if the sizes or the configuration do not fit
 */
export function buildNetwork(
  context: NetworkContext,
  lightness: Value,
  guidance: Guidance = {},
): NetworkOutputs {
  const { config } = context;
  checkConfig(config);
  const [, , height, width] = lightness.shape;
  checkSides(height!, width!, totalStride(config));
  const { global, local, scales } = encode(context, lightness);
  const fused = fuse(context, local, guidedGlobal(global.fused, guidance.reference));
  const prediction = colorize(context, fused, scales, hintsOf(config, lightness, guidance));
  const sceneLogits = config.classes > 0 ? classify(context, global.classified) : undefined;
  return { prediction, headState: headState(context), sceneLogits, global: global.fused };
}

/** By the number of halvings; empty for a network that takes none. */
function hintsOf(config: NetworkConfig, lightness: Value, { hints }: Guidance): readonly Value[] {
  if (!config.encoder || !config.hints) return [];
  const given = hintsOver(hints ?? noHints(lightness.graph), lightness);
  return hintsOfScales(given, Math.log2(totalStride(config)));
}

/** The predicted a*b* in CIELAB units at the size of the picture, `[N, 2, H, W]`. */
export function predictedAb(
  { config }: Pick<NetworkContext, "config">,
  { prediction, headState }: NetworkOutputs,
): Value {
  const head = headOf(config.head);
  const ab = head.decode(prediction, headState);
  return config.finalUpsampling === "nearest"
    ? resizeNearest(ab, head.stride)
    : resizeBilinear(ab, head.stride);
}

function headState({ config, parameters }: NetworkContext): HeadState {
  return new Map(
    headOf(config.head).state.map(({ name, shape, initialization, trainable }) => [
      name,
      parameters.get(name, shape, initialization, trainable),
    ]),
  );
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
