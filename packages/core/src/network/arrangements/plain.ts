// A network as it is written: by the operators of the paper, or cheaper ones where sizes are known.

import type { Value } from "../../graph/graph.js";
import { convolution, enlargedConvolution, resizeNearest } from "../../graph/operators/index.js";
import type { ArrangedConvolution, Arrangement } from "./arrangement.js";

export const plainArrangement: Arrangement = {
  startFrom() {},

  convolution(x: Value, layer: ArrangedConvolution): Value {
    return layer.finish(convolveDirectly(x, layer));
  },
};

/** The sums alone, without what follows. */
export function convolveDirectly(x: Value, layer: ArrangedConvolution): Value {
  const { weight, bias, stride, enlarge, padding, groups } = layer;
  const kernel = weight.shape[2] as number;
  const known = x.shape.every((length) => typeof length === "number");
  if (enlarge && kernel === 3 && stride === 1 && known) return enlargedConvolution(x, weight, bias);
  const options = { ...(bias ? { bias } : {}), stride, padding, groups };
  // What looks at one pixel may as well look before there are four like it.
  if (enlarge && kernel === 1) return resizeNearest(convolution(x, weight, options));
  return convolution(enlarge ? resizeNearest(x) : x, weight, options);
}
