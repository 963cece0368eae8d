// The kinds of objectives. A new one is a type of the union and a case of the function.

import type { ChromaHead } from "./heads.js";
import { type HybridOptions, hybrid } from "./hybrid/hybrid.js";
import type { JudgedNetwork, Objective } from "./objective.js";
import { type QuantizedChromaOptions, quantizedChroma } from "./quantized-chroma/objective.js";

/** Plain data that goes into checkpoints. */
export type ObjectiveOptions = HybridOptions | QuantizedChromaOptions;

/** @throws RangeError if the network's head gives nothing that the objective can judge */
export function objectiveOf(
  options: ObjectiveOptions,
  { head, classes }: JudgedNetwork<ChromaHead>,
): Objective {
  if (options.type === "quantized-chroma" && head.type === "quantized") {
    return quantizedChroma(options, { head, classes });
  }
  if (options.type === "hybrid" && head.type !== "quantized") {
    return hybrid(options, { head, classes });
  }
  throw new RangeError(
    `The objective ${options.type} cannot judge a network with a ${head.type ?? "regression"} head`,
  );
}
