// The forward pass alone, for engines that bring their own gradients: any number of pictures, the
// parameters under their names.

import { Graph, type Shape } from "../graph/graph.js";
import { serialize } from "../graph/serialize.js";
import type { NetworkConfig } from "../network/config.js";
import type { NetworkContext } from "../network/layers.js";
import { buildNetwork } from "../network/network.js";
import { ParameterSource, type ParameterValues } from "../network/parameters.js";

export interface ForwardGraphOptions {
  readonly network: NetworkConfig;
  /** Training normalises by batch statistics and drops units; evaluation does neither. */
  readonly mode: "training" | "evaluation";
  /** Height and width of the pictures, a multiple of what the network shrinks them by. Left out: any. */
  readonly side?: number;
  /** Stored as named constants; without them the parameters are inputs. */
  readonly parameters?: ParameterValues;
}

/**
 * Inputs: `luminance` float32 [N, 1, H, W] (L*, 0..100), and `noise`.
 *
 * Outputs, float32: `normalized_chroma` [N, 2, H/2, W/2]; `scene_logits` [N, classes] if the network
 * has classes; in training mode `<name>/next` for each of `statistics`: what the running statistics
 * are after this batch.
 */
export interface ForwardGraph {
  readonly model: Uint8Array;
  /** Uniform [0, 1) tensors to be drawn anew for each step; "N" stands for the pictures. */
  readonly noise: readonly { readonly name: string; readonly shape: Shape }[];
  /** Parameters that no gradient changes. */
  readonly statistics: readonly string[];
}

/**
 * Builds the forward pass.
 * @throws RangeError or GraphError if the side does not fit the network; a network that flattens its
 *   global map computes a global image of its own unless `side` is that image's
 */
export function forwardGraph(options: ForwardGraphOptions): ForwardGraph {
  const { network, mode, side, parameters } = options;
  const graph = new Graph();
  const luminance = graph.input("luminance", "float32", ["N", 1, side ?? "H", side ?? "W"]);
  const noise: { name: string; shape: Shape }[] = [];
  const context: NetworkContext = {
    config: network,
    parameters: parameters
      ? ParameterSource.constants(graph, parameters)
      : ParameterSource.inputs(graph),
    mode: mode === "training" ? "training" : "inference",
    updatedStatistics: new Map(),
    noise: (layer, shape) => {
      const name = `${layer}/noise`;
      noise.push({ name, shape });
      return graph.input(name, "float32", shape);
    },
  };
  const { prediction, sceneLogits } = buildNetwork(context, luminance);
  graph.output("normalized_chroma", prediction);
  if (sceneLogits) graph.output("scene_logits", sceneLogits);
  for (const [name, value] of context.updatedStatistics) graph.output(`${name}/next`, value);
  return {
    model: serialize(graph, { name: `${network.name}_${mode}` }),
    noise,
    statistics: [...context.updatedStatistics.keys()],
  };
}
