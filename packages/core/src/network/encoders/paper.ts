// The encoder of the paper: low-level, mid-level and global features networks.

import type { Value } from "../../graph/graph.js";
import { add, scale } from "../../graph/operators/index.js";
import { mapOfGlobalImage } from "../arrangements/cpu/global-image.js";
import { type PaperNetworkConfig, totalStride } from "../config.js";
import { globalFeatures } from "../global.js";
import { resizeToSquare } from "../input-size.js";
import type { NetworkContext } from "../layers.js";
import { lowLevelFeatures } from "../low-level.js";
import { midLevelFeatures } from "../mid-level.js";
import type { EncodedPicture } from "./encoder.js";

export function encodeAsInPaper(
  context: NetworkContext,
  config: PaperNetworkConfig,
  lightness: Value,
): EncodedPicture {
  // Centred: about -1..1.
  const centre = (x: Value) => add(scale(x, 1 / 50), x.graph.scalar(-1));
  const lowLevel = lowLevelFeatures(context, config.lowLevel, centre(lightness));
  const deepest = lowLevel.at(-1)!;
  const mapOf = (image: Value) => {
    context.arrangement?.startFrom(image);
    return lowLevelFeatures(context, config.lowLevel, centre(image)).at(-1)!;
  };
  const globalInput = globalImage(context, config, lightness, deepest, mapOf);
  const global = globalFeatures(context, config.global, globalInput);
  return {
    global,
    local: midLevelFeatures(context, config.midLevel, deepest),
    scales: lastOfEachScale(config, lowLevel),
  };
}

/** What the global features network reads: the picture's low-level map, or one of its own size. */
function globalImage(
  context: NetworkContext,
  config: PaperNetworkConfig,
  lightness: Value,
  deepest: Value,
  mapOf: (image: Value) => Value,
): Value {
  const { pooling } = config.global;
  const [, , height, width] = lightness.shape;
  if (pooling.type === "average") return deepest;
  if (height === pooling.imageSize && width === pooling.imageSize) return deepest;
  const image = resizeToSquare(lightness, pooling.imageSize);
  const sizesAreKnown = typeof height === "number" && typeof width === "number";
  return context.arrangement && !sizesAreKnown
    ? mapOfGlobalImage(lightness, deepest, image, totalStride(config), mapOf)
    : mapOf(image);
}

/** By the number of halvings. */
function lastOfEachScale({ lowLevel }: PaperNetworkConfig, maps: readonly Value[]): Value[] {
  const last: Value[] = [];
  let scale = 0;
  lowLevel.layers.forEach(({ stride }, index) => {
    if (stride === 2) scale++;
    last[scale] = maps[index]!;
  });
  return last;
}
