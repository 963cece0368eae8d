// What a person may say about the colours of a picture: hints (Zhang et al. 2017, "Real-Time
// User-Guided Image Colorization with Learned Deep Priors") and the global features of another picture
// (Iizuka et al. 2016, section 4.5, style transfer). Both are inputs that a model file can do without.

import type { Graph, Value } from "../graph/graph.js";
import {
  add,
  averagePool,
  concat,
  divide,
  maximum,
  minimum,
  multiply,
  scale,
  slice,
  subtract,
} from "../graph/operators/index.js";
import { convolutionLayer, type NetworkContext } from "./layers.js";

/** All may be left out: then the network decides by itself. */
export interface Guidance {
  /**
   * 1 where a colour is given, else 0; then its a* and b* in CIELAB units, else 0. `[N, 3, H, W]` of the
   * picture's size, or of lengths 1.
   */
  readonly hints?: Value;
  readonly reference?: ReferenceGuidance;
}

/** Global features of another picture in place of the picture's own. */
export interface ReferenceGuidance {
  /** What is fused: `[N, features]`, as the output `global` of the other picture. */
  readonly global: Value;
  /** Their share, 0 (none) .. 1: `[N, 1]`. */
  readonly share: Value;
}

/** No hint anywhere. */
export function noHints(graph: Graph): Value {
  return graph.constant("float32", [1, 3, 1, 1], new Float32Array(3));
}

/** Spreads hints of lengths 1 over a picture: `[N, 3, H, W]`. */
export function hintsOver(hints: Value, picture: Value): Value {
  return add(hints, scale(picture, 0));
}

/**
 * Hints at the scales of the colorization network: whether there is one, and the mean colour of those
 * that there are, about -1..1.
 *
 * @param hints `[N, 3, H, W]`
 * @param halvings how many scales
 * @returns by the number of halvings, from 0: `[N, 3, H / 2^halvings, W / 2^halvings]`
 */
export function hintsOfScales(hints: Value, halvings: number): Value[] {
  const { graph } = hints;
  const channel = (x: Value, start: number, length: number) =>
    slice(x, [{ axis: 1, start, length }]);
  const mask = minimum(channel(hints, 0, 1), graph.scalar(1));
  let sums = concat([mask, multiply(scale(channel(hints, 1, 2), 1 / 100), mask)], 1);
  const scales: Value[] = [];
  for (let halving = 0; halving <= halvings; halving++) {
    if (halving > 0) sums = scale(averagePool(sums, { kernel: 2 }), 4);
    const count = channel(sums, 0, 1);
    const one = graph.scalar(1);
    const colors = divide(channel(sums, 1, 2), maximum(count, one));
    scales.push(concat([minimum(count, one), colors], 1));
  }
  return scales;
}

/**
 * Adds hints to a map of the colorization network, through a 1x1 convolution that starts at zero and has
 * no bias: a picture without hints is coloured as by a network that knows none.
 *
 * @param hints of the map's scale, `[N, 3, h, w]`; undefined for a network without
 */
export function addHints(
  context: NetworkContext,
  name: string,
  map: Value,
  hints: Value | undefined,
): Value {
  if (!hints) return map;
  const channels = map.shape[1] as number;
  const options = { channels, kernel: 1, output: "plain", bias: false, gain: 0 } as const;
  return add(map, convolutionLayer(context, name, hints, options));
}

/** @param own `[N, features]` */
export function guidedGlobal(own: Value, reference: ReferenceGuidance | undefined): Value {
  if (!reference) return own;
  return add(own, multiply(subtract(reference.global, own), reference.share));
}
