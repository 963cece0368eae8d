// A layer of a backbone: convolution, the encoder's own normalisation, activation.

import type { Value } from "../../graph/graph.js";
import { convolutionLayer, type LayerStyle, type NetworkContext } from "../layers.js";

/** Options of every backbone. */
export interface BackboneNormalization {
  /**
   * - "batch": batch normalisation by the batch's own statistics in training;
   * - "frozen": by the running statistics, which stay as they are; they go into the weights inside
   *   the graph, so that no pass over a map is spent on them, and weight, scale and bias still learn;
   * - "none": layers have a weight and a bias alone.
   */
  readonly normalization: "batch" | "frozen" | "none";
  /** Added to the variance. */
  readonly epsilon: number;
}

export interface BackboneLayer {
  readonly channels: number;
  readonly kernel: number;
  readonly stride: 1 | 2;
  /** Each channel by itself: `channels` is the input's number. Default false. */
  readonly depthwise?: boolean;
  readonly activation: LayerStyle["activation"];
}

/** `[N, C, H, W] -> [N, channels, H / stride, W / stride]`, H and W even at stride 2. */
export function backboneLayer(
  context: NetworkContext,
  { normalization, epsilon }: BackboneNormalization,
  name: string,
  x: Value,
  { channels, kernel, stride, depthwise = false, activation }: BackboneLayer,
): Value {
  return convolutionLayer(context, name, x, {
    channels,
    kernel,
    stride,
    groups: depthwise ? channels : 1,
    padding: samePadding(kernel, stride),
    style: { normalization, epsilon, activation },
  });
}

/**
 * TensorFlow's "same" padding of even lengths, [top, left, bottom, right]: an odd number of zeros has
 * the larger half at the bottom and right.
 */
function samePadding(kernel: number, stride: number): [number, number, number, number] {
  const total = kernel - stride;
  const before = Math.floor(total / 2);
  const after = total - before;
  return [before, before, after, after];
}
