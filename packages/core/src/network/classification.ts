import type { Value } from "../graph/graph.js";
import { dropoutLayer, fullyConnectedLayer, type NetworkContext } from "./layers.js";

/**
 * Classification network (section 3.6): scene classes from the global features.
 *
 * @param features `[N, features]`
 * @returns logits `[N, classes]`
 */
export function classify(context: NetworkContext, features: Value): Value {
  const { classes, classification } = context.config;
  const hidden = classification.hidden.reduce((x, width, index) => {
    const name = `classification.hidden.${index}`;
    const activated = fullyConnectedLayer(context, name, x, width);
    return dropoutLayer(context, name, activated, classification.dropout);
  }, features);
  return fullyConnectedLayer(context, "classification.output", hidden, classes, "plain");
}
