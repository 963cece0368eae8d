// Maps with their channels innermost, `[N, H, W, C]`: what moves whole pixels moves long runs of
// memory then. ONNX Runtime joins the transpositions with those into and out of its own blocked
// layout, so that they cost nothing of their own.

import type { Node, Value } from "../../../graph/graph.js";
import { transpose } from "../../../graph/operators/index.js";

const toLast = [0, 2, 3, 1];
const toFirst = [0, 3, 1, 2];

/** `[N, C, H, W] -> [N, H, W, C]` */
export function channelsLast(x: Value): Value {
  return isChannelsFirst(x.producer) ? x.producer.inputs[0]! : transpose(x, toLast);
}

/** `[N, H, W, C] -> [N, C, H, W]` */
export function channelsFirst(x: Value): Value {
  return transpose(x, toFirst);
}

function isChannelsFirst(node: Node | undefined): node is Node {
  const permutation = node?.operator === "Transpose" ? node.attributes.perm : undefined;
  return (
    permutation !== undefined && "ints" in permutation && permutation.ints.join() === toFirst.join()
  );
}
