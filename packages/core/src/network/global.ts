import { staticShape, type Value } from "../graph/graph.js";
import { globalAveragePool, reshape } from "../graph/operators/index.js";
import { convolutionLayer, fullyConnectedLayer, type NetworkContext } from "./layers.js";

export interface GlobalFeatures {
  /** `[N, hidden.at(-1)]`, for the fusion layer. */
  readonly fused: Value;
  /** `[N, hidden.at(-2)]`, for the classification network. */
  readonly classified: Value;
}

/**
 * Global features network (section 3.2): convolutions, then fully-connected layers to one vector
 * that describes the whole picture.
 *
 * @param lowLevel low-level features of the global image, `[N, C, G/8, G/8]`
 */
export function globalFeatures(context: NetworkContext, lowLevel: Value): GlobalFeatures {
  const { layers, pooling, hidden } = context.config.global;
  const map = layers.reduce(
    (x, { channels, stride }, index) =>
      convolutionLayer(context, `global.convolution.${index}`, x, { channels, stride }),
    lowLevel,
  );
  const pooled = pooling.type === "average" ? globalAveragePool(map) : flatten(map);
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
