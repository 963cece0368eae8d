// Training graphs for engines that differentiate by themselves and share a batch among workers: the
// loss without its gradients, of any number of pictures.

import type { Shape, Value } from "../graph/graph.js";
import { divide, maximum, reduceSum } from "../graph/operators/index.js";
import { serialize } from "../graph/serialize.js";
import type { ParameterValues } from "../network/parameters.js";
import { trainingMeasures } from "../objective/measures.js";
import {
  type ForwardPass,
  type ForwardPassOptions,
  forwardPass,
  outputValues,
} from "./forward-pass.js";
import { meansOfTerms, totalLoss } from "./loss.js";

export type ExportedGraphOptions = Omit<ForwardPassOptions, "batchSize" | "convolutions">;

/** Which part of a graph is the network: engines may compute that with fewer bits than the rest. */
export interface NetworkBoundary {
  /** Name of the value that it starts from, beside the parameters. */
  readonly input: string;
  /** Names of the values that it ends with. */
  readonly outputs: readonly string[];
}

/**
 * The training step of one of several workers with equally many pictures, up to the loss.
 *
 * Inputs: `luminance` float32 [N, 1, H, W] (L*, 0..100), `ab` float32 [N, 2, H, W] (CIELAB units),
 * `labels` int64 [N], `noise`, the parameters; float32 scalars `workers`, how many there are, and for
 * each of `totals` `<weight>/total`, its sum over the pictures of all workers.
 *
 * Outputs: `loss`, a float32 scalar whose mean over the workers is the loss of all pictures together
 * (so are its gradients); for each measure of training `<measure>/sum` and for each weight that
 * measures are averaged over `<weight>/weight`, sums over this worker's pictures; `<name>/next` for
 * each running statistic that the batch changes.
 */
export interface LossGraph {
  readonly model: Uint8Array;
  /** Uniform [0, 1) tensors to be drawn anew for each step; "N" stands for the pictures. */
  readonly noise: readonly { readonly name: string; readonly shape: Shape }[];
  /** Weights that the loss needs the sum of over all workers. No gradient goes through them. */
  readonly totals: readonly string[];
  readonly boundary: NetworkBoundary;
}

/**
 * Builds the loss.
 * @param parameters starting values, stored as named constants; without them parameters are inputs
 * @throws RangeError or GraphError if sizes or options do not fit
 */
export function lossGraph(options: ExportedGraphOptions, parameters?: ParameterValues): LossGraph {
  const pass = forwardPass({ ...options, batchSize: "N" }, "training", parameters);
  const { graph, context, objective, judgement, noise } = pass;
  const workers = graph.input("workers", "float32", []);
  const shares = new Map<string, Value>();
  const means = meansOfTerms(graph, judgement, objective, (weight) => {
    const known = shares.get(weight);
    if (known) return known;
    const total = graph.input(`${weight}/total`, "float32", []);
    const share = divide(maximum(total, graph.scalar(1)), workers);
    shares.set(weight, share);
    return share;
  });
  graph.output("loss", totalLoss(means, judgement));
  for (const { name } of trainingMeasures(objective)) {
    const values = judgement.values[name];
    if (values) graph.output(`${name}/sum`, reduceSum(values));
  }
  for (const [name, weights] of Object.entries(judgement.weights)) {
    graph.output(`${name}/weight`, reduceSum(weights));
  }
  for (const [name, value] of context.updatedStatistics) graph.output(`${name}/next`, value);
  const model = serialize(graph, { name: `${options.network.name}_training` });
  return { model, noise, totals: [...shares.keys()], boundary: boundaryOf(pass) };
}

/**
 * Measures of each picture in inference mode. Inputs: `luminance`, `ab` and `labels` as in training,
 * and the parameters. Outputs, float32 [N] each: `<measure>/values` for each measure of the objective, 0
 * for pictures that do not count, and `<weight>/weights`, 1 for those that do.
 */
export function judgementGraph(options: ExportedGraphOptions): {
  readonly model: Uint8Array;
  readonly boundary: NetworkBoundary;
} {
  const pass = forwardPass({ ...options, batchSize: "N" }, "evaluation");
  outputValues(pass);
  const model = serialize(pass.graph, { name: `${options.network.name}_evaluation` });
  return { model, boundary: boundaryOf(pass) };
}

function boundaryOf({ lightness, outputs }: ForwardPass): NetworkBoundary {
  const { prediction, sceneLogits } = outputs;
  const ends = sceneLogits ? [prediction, sceneLogits] : [prediction];
  return { input: lightness.name, outputs: ends.map(({ name }) => name) };
}
