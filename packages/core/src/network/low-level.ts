import type { Value } from "../graph/graph.js";
import type { PaperNetworkConfig } from "./config.js";
import { convolutionLayer, type NetworkContext } from "./layers.js";

/**
 * Low-level features network (section 3.1): six 3x3 convolutions, three of them with stride 2.
 * Its weights are shared by the picture and the global image.
 *
 * @param lightness normalised, `[N, 1, H, W]`
 * @returns the map after each layer; the last is `[N, C, H/8, W/8]`
 */
export function lowLevelFeatures(
  context: NetworkContext,
  { layers }: PaperNetworkConfig["lowLevel"],
  lightness: Value,
): Value[] {
  const maps: Value[] = [];
  let x = lightness;
  layers.forEach(({ channels, stride }, index) => {
    x = convolutionLayer(context, `low_level.${index}`, x, { channels, stride });
    maps.push(x);
  });
  return maps;
}
