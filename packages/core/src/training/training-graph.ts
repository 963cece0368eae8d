// One optimisation step as one ONNX graph: forward, loss, gradients, clipping, optimizer update.
// Parameters and optimizer state come in as inputs and leave as outputs named `<input>/next`.

import { dependencies, gradients } from "../graph/gradients.js";
import { staticShape, type Value } from "../graph/graph.js";
import { multiply, reduceSum, withAxes } from "../graph/operators/index.js";
import {
  clippingFactor,
  globalNorm,
  type OptimizerOptions,
  optimizerStateNames,
  optimizerUpdate,
} from "../graph/optimizers.js";
import { serialize } from "../graph/serialize.js";
import type { ParameterSpecification, ParameterValues } from "../network/parameters.js";
import { trainingMeasures } from "../objective/measures.js";
import { learningRateFactor } from "../objective/parameter-groups.js";
import {
  type ForwardPassOptions,
  forwardPass,
  outputValues,
  parameterGroups,
} from "./forward-pass.js";
import { meansOfTerms, totalLoss } from "./loss.js";
import { averageName, movingAverage } from "./moving-average.js";

export interface TrainingGraphOptions extends ForwardPassOptions {
  readonly optimizer: OptimizerOptions;
  /** Largest global L2 norm of the gradient; 0 or left out: no clipping. */
  readonly clipNorm?: number;
  /**
   * Decay of a moving average of the parameters and running statistics, below 1: validation and export
   * take the average. 0 or left out: none is kept.
   */
  readonly movingAverage?: number;
  /** Pictures in a batch. */
  readonly batchSize: number;
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
 * Outputs, all float32 scalars: for each measure of training `<measure>/mean` if it is a term of the
 * loss, else `<measure>/sum`; for each weight that measures are averaged over `<weight>/weight`, the
 * pictures that count; `gradient_norm`; and `<name>/next` for each of `state` that the step changes
 * (with alpha 0, the classification network's parameters stay as they are).
 */
export interface TrainingGraph {
  readonly model: Uint8Array;
  readonly parameters: readonly ParameterSpecification[];
  /**
   * Names and shapes of all tensors carried from step to step: parameters that are no constants, then
   * optimizer state, then moving averages.
   */
  readonly state: readonly { readonly name: string; readonly shape: readonly number[] }[];
  readonly noise: readonly NoiseInput[];
}

/** Name of the optimizer state `kind` of a parameter. */
export function stateName(parameter: string, kind: string): string {
  return `${parameter}/${kind}`;
}

/**
 * Builds the step.
 * @param constants values of frozen parameters, which are stored in the graph: ONNX Runtime has faster
 *   kernels for constant weights. Other frozen parameters are inputs that have no next value.
 * @throws RangeError or GraphError if sizes or options do not fit
 */
export function trainingGraph(
  options: TrainingGraphOptions,
  constants?: ParameterValues,
): TrainingGraph {
  const { graph, context, objective, judgement, noise } = forwardPass(
    options,
    "training",
    constants,
  );
  const specifications = context.parameters.specifications;
  const groups = parameterGroups(options);
  const factorOf = (name: string) => learningRateFactor(groups, name);
  const learning = new Set(
    specifications
      .filter(({ name, trainable }) => trainable && factorOf(name) > 0)
      .map(({ name }) => name),
  );
  const means = meansOfTerms(graph, judgement, objective);
  const total = totalLoss(means, judgement);
  // Without a class loss (alpha 0) the classification network has no gradient and stays as it is.
  const parameters = dependencies(
    total,
    graph.inputs.filter(({ name }) => learning.has(name)),
  );
  const raw = gradients(total, parameters);
  const norm = globalNorm(raw);
  const clipNorm = options.clipNorm ?? 0;
  const factor = clipNorm > 0 ? clippingFactor(norm, clipNorm) : undefined;
  const learningRate = graph.input("learning_rate", "float32", []);
  const step = graph.input("step", "float32", []);
  const fed = new Set(graph.inputs.map(({ name }) => name));
  const state = specifications
    .filter(({ name }) => fed.has(name))
    .map(({ name, shape }) => ({ name, shape }));
  const stateKinds = optimizerStateNames(options.optimizer);
  // Most of a backbone's weights are 1x1 kernels, whose last axes have length 1: beside them ONNX Runtime
  // takes a scalar without axes element by element, 20 times as slowly as one with as many axes. The
  // graphs of the paper's networks stay as they have always been.
  const axesOf = ({ shape }: Value) => (options.network.encoder ? shape.length : 0);
  const next = new Map<string, Value>();
  parameters.forEach((parameter, index) => {
    const { name } = parameter;
    const shape = parameter.shape as readonly number[];
    const gradient = raw[index]!;
    const axes = axesOf(parameter);
    const rate = withAxes(learningRate, axes);
    const update = optimizerUpdate(options.optimizer, {
      parameter,
      gradient: factor ? multiply(gradient, withAxes(factor, axes)) : gradient,
      state: stateKinds.map((kind) => {
        state.push({ name: stateName(name, kind), shape });
        return graph.input(stateName(name, kind), "float32", shape);
      }),
      learningRate:
        factorOf(name) === 1 ? rate : multiply(rate, graph.scalar(factorOf(name), axes)),
      step: withAxes(step, axes),
    });
    next.set(name, update.parameter);
    graph.output(`${name}/next`, update.parameter);
    stateKinds.forEach((kind, position) => {
      graph.output(`${stateName(name, kind)}/next`, update.state[position]!);
    });
  });
  for (const [name, value] of context.updatedStatistics) {
    next.set(name, value);
    graph.output(`${name}/next`, value);
  }
  if (options.movingAverage) {
    for (const [name, average] of movingAverage(next, step, options.movingAverage)) {
      state.push({ name: averageName(name), shape: next.get(name)!.shape as readonly number[] });
      graph.output(`${averageName(name)}/next`, average);
    }
  }
  for (const { name } of trainingMeasures(objective)) {
    const mean = means.get(name);
    const values = judgement.values[name];
    if (mean) graph.output(`${name}/mean`, mean);
    else if (values) graph.output(`${name}/sum`, reduceSum(values));
  }
  for (const [name, weights] of Object.entries(judgement.weights)) {
    graph.output(`${name}/weight`, reduceSum(weights));
  }
  graph.output("gradient_norm", norm);
  return {
    model: serialize(graph, { name: "training_step" }),
    parameters: specifications,
    state,
    noise: noise.map(({ name, shape }) => ({ name, shape: staticShape(shape, "Noise") })),
  };
}

/**
 * Measures without an update, in inference mode (running statistics, no dropout).
 *
 * Inputs: `luminance`, `ab`, `labels` as in training, and the parameters that are no constants.
 * Outputs, float32 [N] each: `<measure>/values` for each measure of the objective, 0 for pictures that
 * do not count, and `<weight>/weights` for each weight, 1 for those that do.
 */
export function evaluationGraph(
  options: Omit<TrainingGraphOptions, "optimizer" | "clipNorm">,
  constants?: ParameterValues,
): Uint8Array {
  const pass = forwardPass(options, "evaluation", constants);
  outputValues(pass);
  return serialize(pass.graph, { name: "evaluation" });
}
