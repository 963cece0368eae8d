import { staticShape, type Value } from "../graph/graph.js";
import { globalAveragePool, reshape } from "../graph/operators/index.js";
import type { PaperNetworkConfig } from "./config.js";
import { convolutionLayer, fullyConnectedLayer, type NetworkContext } from "./layers.js";

export interface GlobalFeatures {
  /** `[N, hidden.at(-1)]`, or the pooled map without hidden layers; for the fusion layer. */
  readonly fused: Value;
  /** `[N, hidden.at(-2)]`, or the pooled map; for the classification network. */
  readonly classified: Value;
}

/**
 * Global features network (section 3.2): convolutions, then fully-connected layers to one vector
 * that describes the whole picture.
 *
 * @param lowLevel low-level features of the global image, `[N, C, G/8, G/8]`
 */
export function globalFeatures(
  context: NetworkContext,
  { layers, pooling, hidden }: PaperNetworkConfig["global"],
  lowLevel: Value,
): GlobalFeatures {
  const map = layers.reduce(
    (x, { channels, stride }, index) =>
      convolutionLayer(context, `global.convolution.${index}`, x, { channels, stride }),
    lowLevel,
  );
  return hiddenGlobalLayers(
    context,
    hidden,
    pooling.type === "average" ? globalAveragePool(map) : flatten(map),
  );
}

/**
 * The fully-connected layers on a vector of the whole picture.
 *
 * @param pooled `[N, features]`
 */
export function hiddenGlobalLayers(
  context: NetworkContext,
  hidden: readonly number[],
  pooled: Value,
): GlobalFeatures {
  const vectors = [pooled];
  hidden.forEach((width, index) => {
    vectors.push(fullyConnectedLayer(context, `global.hidden.${index}`, vectors.at(-1)!, width));
  });
  return { fused: vectors.at(-1)!, classified: vectors.at(-2) ?? pooled };
}

function flatten(map: Value): Value {
  const [batch, ...rest] = map.shape;
  const features = staticShape(rest, "The flattened global map").reduce((a, b) => a * b, 1);
  return reshape(map, [batch!, features]);
}
