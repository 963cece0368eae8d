import type { Value } from "../graph/graph.js";
import type { PaperNetworkConfig } from "./config.js";
import { convolutionLayer, type NetworkContext } from "./layers.js";

/** Mid-level features network (section 3.3): `[N, C, H/8, W/8] -> [N, C', H/8, W/8]`. */
export function midLevelFeatures(
  context: NetworkContext,
  { channels: widths }: PaperNetworkConfig["midLevel"],
  lowLevel: Value,
): Value {
  return widths.reduce(
    (x, channels, index) => convolutionLayer(context, `mid_level.${index}`, x, { channels }),
    lowLevel,
  );
}
