// The kinds of heads. A new one is a type of the union and a line of the function.

import type { Head } from "./head.js";
import { type RegressionHead, regressionHead } from "./hybrid/regression-head.js";
import { type QuantizedHead, quantizedHead } from "./quantized-chroma/quantized-head.js";

/** Plain data that goes into model files and checkpoints with the network's configuration. */
export type ChromaHead = RegressionHead | QuantizedHead;

export function headOf(head: ChromaHead): Head {
  return head.type === "quantized" ? quantizedHead(head) : regressionHead(head);
}
