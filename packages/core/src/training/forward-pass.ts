// What every graph of training begins with: pictures, what happens to them, the network, and the
// judgement of its predictions.

import { type Dimension, Graph, type Shape, type Value } from "../graph/graph.js";
import { winogradArrangement } from "../network/arrangements/winograd.js";
import type { NetworkConfig } from "../network/config.js";
import type { NetworkContext } from "../network/layers.js";
import { buildNetwork, type NetworkOutputs } from "../network/network.js";
import { ParameterSource, type ParameterValues } from "../network/parameters.js";
import type { Judgement, Objective } from "../objective/objective.js";
import { type ObjectiveOptions, objectiveOf } from "../objective/objectives.js";
import { learningRateFactor, type ParameterGroup } from "../objective/parameter-groups.js";
import { type AugmentationOptions, augment } from "./augmentation/augmentation.js";
import { simulatedHints } from "./augmentation/hints.js";

export interface ForwardPassOptions {
  readonly network: NetworkConfig;
  readonly objective: ObjectiveOptions;
  /**
   * Learning-rate factors by parameter name, after those of the objective; a factor of 0 freezes. The
   * last group that a parameter belongs to counts.
   */
  readonly parameterGroups?: readonly ParameterGroup[];
  /** What happens to training pictures before the network sees them. Left out: nothing. */
  readonly augmentation?: AugmentationOptions;
  /**
   * Share of the training pictures that hints of their true colours are given for, 0..1, where the
   * network takes hints. Default 0.
   */
  readonly hints?: number;
  /** Pictures in a batch; "N" for any number. */
  readonly batchSize: Dimension;
  /** Picture size in pixels, multiples of what the network shrinks pictures by. */
  readonly height: number;
  readonly width: number;
  /**
   * How convolutions are computed: by the operators of the paper, or by Winograd's algorithm where
   * it is faster on CPUs; results differ by rounding. Default "direct".
   */
  readonly convolutions?: "direct" | "winograd";
}

export interface ForwardPass {
  readonly graph: Graph;
  readonly context: NetworkContext;
  /** L* as the network sees it. */
  readonly lightness: Value;
  readonly outputs: NetworkOutputs;
  readonly objective: Objective;
  readonly judgement: Judgement;
  /** Inputs with uniform [0, 1) numbers, drawn anew for each step. */
  readonly noise: readonly { readonly name: string; readonly shape: Shape }[];
}

/**
 * Builds it into a graph of its own. Inputs: `luminance` float32 [N, 1, H, W] (L*, 0..100), `ab`
 * float32 [N, 2, H, W] (CIELAB units), `labels` int64 [N], noise, and the parameters that are no
 * constants.
 *
 * @param purpose training normalises by batch statistics, drops units and changes pictures;
 *   evaluation does none of it
 */
export function forwardPass(
  options: ForwardPassOptions,
  purpose: "training" | "evaluation",
  constants?: ParameterValues,
): ForwardPass {
  const { network, batchSize, height, width } = options;
  const graph = new Graph();
  const lightness = graph.input("luminance", "float32", [batchSize, 1, height, width]);
  const ab = graph.input("ab", "float32", [batchSize, 2, height, width]);
  const labels = graph.input("labels", "int64", [batchSize]);
  const noise: { name: string; shape: Shape }[] = [];
  const context: NetworkContext = {
    config: network,
    parameters: ParameterSource.inputs(graph, constants),
    mode: purpose === "training" ? "training" : "inference",
    updatedStatistics: new Map(),
    isFrozen: frozenParameters(options),
    noise: (layer, shape) => {
      const name = `${layer}/noise`;
      noise.push({ name, shape });
      return graph.input(name, "float32", shape);
    },
    ...(options.convolutions === "winograd" ? { arrangement: winogradArrangement } : {}),
  };
  const objective = objectiveOf(options.objective, network);
  const changes = purpose === "training" ? (options.augmentation ?? {}) : {};
  const picture = augment({ lightness, ab }, changes, context.noise);
  const share = purpose === "training" ? (options.hints ?? 0) : 0;
  const guidance =
    share > 0 && network.encoder && network.hints
      ? { hints: simulatedHints(picture.ab, { share }, context.noise) }
      : {};
  const outputs = buildNetwork(context, picture.lightness, guidance);
  const judgement = objective.judge({ ...outputs, ab: picture.ab, labels });
  return { graph, context, lightness: picture.lightness, outputs, objective, judgement, noise };
}

/** `<measure>/values` and `<weight>/weights`, float32 [N] each, become outputs of the graph. */
export function outputValues({ graph, judgement }: ForwardPass): void {
  for (const [name, values] of Object.entries(judgement.values)) {
    graph.output(`${name}/values`, values);
  }
  for (const [name, weights] of Object.entries(judgement.weights)) {
    graph.output(`${name}/weights`, weights);
  }
}

/** Whether training leaves a parameter as it is, by the groups of objective and options. */
export function frozenParameters(
  options: Pick<ForwardPassOptions, "network" | "objective" | "parameterGroups">,
): (parameter: string) => boolean {
  const groups = parameterGroups(options);
  return (parameter) => learningRateFactor(groups, parameter) === 0;
}

/** The groups of the objective, then those of the options. */
export function parameterGroups(
  options: Pick<ForwardPassOptions, "network" | "objective" | "parameterGroups">,
): readonly ParameterGroup[] {
  const { parameterGroups: own } = objectiveOf(options.objective, options.network);
  return [...own, ...(options.parameterGroups ?? [])];
}
