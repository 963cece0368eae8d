// The kinds of objectives. A new one is a type of the union and a line of the function.

import type { ChromaHead } from "./heads.js";
import { type HybridOptions, hybrid } from "./hybrid/hybrid.js";
import type { JudgedNetwork, Objective } from "./objective.js";

/** Plain data that goes into checkpoints. */
export type ObjectiveOptions = HybridOptions;

/** @throws RangeError if the network's head gives nothing that the objective can judge */
export function objectiveOf(
  options: ObjectiveOptions,
  network: JudgedNetwork<ChromaHead>,
): Objective {
  return hybrid(options, network);
}
