// One optimisation step as one ONNX graph: forward, loss, gradients, clipping, optimizer update.
// Parameters and optimizer state come in as inputs and leave as outputs named `<input>/next`.

import { dependencies, gradients } from "../graph/gradients.js";
import { Graph, type Value } from "../graph/graph.js";
import {
  add,
  averagePool,
  multiply,
  reduceMean,
  reduceSum,
  scale,
  subtract,
} from "../graph/operators/index.js";
import {
  clippingFactor,
  globalNorm,
  type OptimizerOptions,
  optimizerStateNames,
  optimizerUpdate,
} from "../graph/optimizers.js";
import { serialize } from "../graph/serialize.js";
import { winogradArrangement } from "../network/arrangements/winograd.js";
import { type NetworkConfig, outputStride } from "../network/config.js";
import type { NetworkContext } from "../network/layers.js";
import { buildNetwork } from "../network/network.js";
import { ParameterSource, type ParameterSpecification } from "../network/parameters.js";
import { type HybridLossOptions, hybridLoss } from "../objective/hybrid-loss.js";

export interface TrainingGraphOptions {
  readonly network: NetworkConfig;
  readonly loss: HybridLossOptions;
  readonly optimizer: OptimizerOptions;
  /** Largest global L2 norm of the gradient; 0 or left out: no clipping. */
  readonly clipNorm?: number;
  /** Pictures in a batch. */
  readonly batchSize: number;
  /** Picture size in pixels, multiples of 8. */
  readonly height: number;
  readonly width: number;
  /**
   * How convolutions are computed: by the operators of the paper, or by Winograd's algorithm where
   * it is faster on CPUs; results differ by rounding. Default "direct".
   */
  readonly convolutions?: "direct" | "winograd";
}

/** A uniform [0, 1) tensor the caller draws anew for each step. */
export interface NoiseInput {
  readonly name: string;
  readonly shape: readonly number[];
}

/**
 * Inputs: `luminance` float32 [N, 1, H, W] (L*, 0..100), `ab` float32 [N, 2, H, W] (CIELAB units),
 * `labels` int64 [N], `learning_rate` and `step` float32 scalars, `noise`, and `state`.
 *
 * Outputs, all float32 scalars: `color_loss`, `class_loss`, `correct`, `labelled`,
 * `gradient_norm`; and `<name>/next` for each of `state` that the step changes (with alpha 0, the
 * classification network's parameters stay as they are).
 */
export interface TrainingGraph {
  readonly model: Uint8Array;
  readonly parameters: readonly ParameterSpecification[];
  /** Names and shapes of all tensors carried from step to step: parameters, then optimizer state. */
  readonly state: readonly { readonly name: string; readonly shape: readonly number[] }[];
  readonly noise: readonly NoiseInput[];
}

/** Name of the optimizer state `kind` of a parameter. */
export function stateName(parameter: string, kind: string): string {
  return `${parameter}/${kind}`;
}

/** Builds the step. Throws RangeError or GraphError if sizes or options do not fit. */
export function trainingGraph(options: TrainingGraphOptions): TrainingGraph {
  const { graph, context, loss, noise } = forwardGraph(options, "training");
  const specifications = context.parameters.specifications;
  const trainable = new Set(
    specifications.filter((each) => each.trainable).map(({ name }) => name),
  );
  // Without a class loss (alpha 0) the classification network has no gradient and stays as it is.
  const parameters = dependencies(
    loss.total,
    graph.inputs.filter(({ name }) => trainable.has(name)),
  );
  const raw = gradients(loss.total, parameters);
  const norm = globalNorm(raw);
  const clipNorm = options.clipNorm ?? 0;
  const factor = clipNorm > 0 ? clippingFactor(norm, clipNorm) : undefined;
  const learningRate = graph.input("learning_rate", "float32", []);
  const step = graph.input("step", "float32", []);
  const state = specifications.map(({ name, shape }) => ({ name, shape }));
  const stateKinds = optimizerStateNames(options.optimizer);
  parameters.forEach((parameter, index) => {
    const shape = parameter.shape as readonly number[];
    const gradient = raw[index]!;
    const update = optimizerUpdate(options.optimizer, {
      parameter,
      gradient: factor ? multiply(gradient, factor) : gradient,
      state: stateKinds.map((kind) => {
        const name = stateName(parameter.name, kind);
        state.push({ name, shape });
        return graph.input(name, "float32", shape);
      }),
      learningRate,
      step,
    });
    graph.output(`${parameter.name}/next`, update.parameter);
    stateKinds.forEach((kind, position) => {
      graph.output(`${stateName(parameter.name, kind)}/next`, update.state[position]!);
    });
  });
  for (const [name, value] of context.updatedStatistics) graph.output(`${name}/next`, value);
  graph.output("color_loss", loss.color);
  graph.output("class_loss", loss.classification ?? graph.scalar(0));
  const terms = loss.perPicture.classification;
  graph.output("correct", terms ? reduceSum(terms.correct) : graph.scalar(0));
  graph.output("labelled", terms ? reduceSum(terms.labelled) : graph.scalar(0));
  graph.output("gradient_norm", norm);
  return {
    model: serialize(graph, { name: "training_step" }),
    parameters: specifications,
    state,
    noise,
  };
}

/**
 * Losses without an update, in inference mode (running statistics, no dropout).
 *
 * Inputs: `luminance`, `ab`, `labels` as in training, and the parameters. Outputs, float32 [N] each:
 * `color_loss`, `ab_squared_error` (mean over pixels and channels of the picture at the network's
 * output size, CIELAB units squared), `class_loss`, `correct`, `labelled`.
 */
export function evaluationGraph(
  options: Omit<TrainingGraphOptions, "optimizer" | "clipNorm">,
): Uint8Array {
  const { graph, loss, chroma, target } = forwardGraph(options, "evaluation");
  const { head } = options.network;
  const difference = subtract(chroma, target);
  const squared = reduceMean(multiply(difference, difference), [1, 2, 3]);
  const zeros = graph.constant("float32", [options.batchSize], new Float32Array(options.batchSize));
  const terms = loss.perPicture.classification;
  graph.output("color_loss", loss.perPicture.color);
  graph.output("ab_squared_error", scale(squared, head.scale ** 2));
  graph.output("class_loss", terms?.crossEntropy ?? zeros);
  graph.output("correct", terms?.correct ?? zeros);
  graph.output("labelled", terms?.labelled ?? zeros);
  return serialize(graph, { name: "evaluation" });
}

function forwardGraph(
  options: Omit<TrainingGraphOptions, "optimizer" | "clipNorm">,
  purpose: "training" | "evaluation",
) {
  const { network, batchSize, height, width } = options;
  const graph = new Graph();
  const luminance = graph.input("luminance", "float32", [batchSize, 1, height, width]);
  const ab = graph.input("ab", "float32", [batchSize, 2, height, width]);
  const labels = graph.input("labels", "int64", [batchSize]);
  const noise: NoiseInput[] = [];
  const context: NetworkContext = {
    config: network,
    parameters: ParameterSource.inputs(graph),
    mode: purpose === "training" ? "training" : "inference",
    updatedStatistics: new Map(),
    noise: (layer, shape) => {
      const name = `${layer}/noise`;
      noise.push({ name, shape });
      return graph.input(name, "float32", shape);
    },
    ...(options.convolutions === "winograd" ? { arrangement: winogradArrangement } : {}),
  };
  const { normalizedChroma, sceneLogits } = buildNetwork(context, luminance);
  // The target is brought to the size of the output (paper, section 3.5), then normalised.
  const target = normalizedTarget(ab, network);
  const loss = hybridLoss(normalizedChroma, target, sceneLogits, labels, options.loss);
  return { graph, context, loss, noise, chroma: normalizedChroma, target };
}

function normalizedTarget(ab: Value, network: NetworkConfig): Value {
  const { head } = network;
  const reduced = averagePool(ab, { kernel: outputStride(network) });
  return scale(add(reduced, ab.graph.scalar(-head.offset)), 1 / head.scale);
}
