import type { Value } from "../../graph/graph.js";
import { globalAveragePool } from "../../graph/operators/index.js";
import type { BackboneNetworkConfig } from "../config.js";
import { type GlobalFeatures, hiddenGlobalLayers } from "../global.js";
import type { NetworkContext } from "../layers.js";
import { backboneFeatures } from "./backbone.js";
import { grayCodes } from "./lightness.js";
import { encodeAsInPaper } from "./paper.js";

/** What an encoder hands to the fusion layer, the colorization and the classification network. */
export interface EncodedPicture {
  readonly global: GlobalFeatures;
  /** Local features for the fusion layer, `[N, C, H/s, W/s]` with the total stride s. */
  readonly local: Value;
  /** The last map of each scale, by the number of halvings; skip connections begin there. */
  readonly scales: readonly (Value | undefined)[];
}

/** @param lightness L* of CIELAB, 0..100, `[N, 1, H, W]` */
export function encode(context: NetworkContext, lightness: Value): EncodedPicture {
  const { config } = context;
  context.arrangement?.startFrom(lightness);
  return config.encoder
    ? encodeByBackbone(context, config, lightness)
    : encodeAsInPaper(context, config, lightness);
}

function encodeByBackbone(
  context: NetworkContext,
  { encoder, global }: BackboneNetworkConfig,
  lightness: Value,
): EncodedPicture {
  const maps = backboneFeatures(context, encoder, grayCodes(lightness));
  const local = maps.at(-1)!;
  return {
    global: hiddenGlobalLayers(context, global.hidden, globalAveragePool(local)),
    local,
    scales: [undefined, ...maps],
  };
}
