// Optimizers as graph nodes: from parameters, gradients and state to their next values. The caller
// feeds the next values back in. Formulas are those of PyTorch's torch.optim, which the papers'
// own code used, so that settings carry over.

import { GraphError, staticShape, type Value } from "./graph.js";
import { add, divide, multiply, squareRoot, subtract } from "./operators/arithmetic.js";
import { minimum } from "./operators/elementwise.js";
import { reduceSum } from "./operators/reduction.js";

/** Stochastic gradient descent: `v' = momentum v + g`, `p' = p - lr v'`. */
export interface SgdOptions {
  readonly type: "sgd";
  /** 0 needs no state. */
  readonly momentum?: number;
  /** Decay added to the gradient: `g + weightDecay p`. */
  readonly weightDecay?: number;
}

/** Kingma & Ba 2015. */
export interface AdamOptions {
  readonly type: "adam";
  readonly beta1?: number;
  readonly beta2?: number;
  readonly epsilon?: number;
  /** Decay added to the gradient (L2 regularisation). */
  readonly weightDecay?: number;
}

/** Loshchilov & Hutter 2019: Adam with decoupled weight decay. */
export interface AdamWOptions {
  readonly type: "adamw";
  readonly beta1?: number;
  readonly beta2?: number;
  readonly epsilon?: number;
  /** `p` shrinks by `lr weightDecay p` in every step. */
  readonly weightDecay?: number;
}

/** Zeiler 2012, which Iizuka et al. used; the learning rate multiplies its step (1 in the paper). */
export interface AdadeltaOptions {
  readonly type: "adadelta";
  readonly rho?: number;
  readonly epsilon?: number;
  /** Decay added to the gradient. */
  readonly weightDecay?: number;
}

/** Options left out are those of {@link optimizerDefaults}. */
export type OptimizerOptions = SgdOptions | AdamOptions | AdamWOptions | AdadeltaOptions;

/** What optimizers compute with where an option is left out: PyTorch's numbers. */
export const optimizerDefaults = {
  sgd: { momentum: 0.9, weightDecay: 0 },
  adam: { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 },
  adamw: { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01 },
  adadelta: { rho: 0.9, epsilon: 1e-6, weightDecay: 0 },
} as const satisfies Record<OptimizerOptions["type"], object>;

/** Names of the state tensors an optimizer keeps for every parameter, each of its shape, zero at first. */
export function optimizerStateNames(options: OptimizerOptions): readonly string[] {
  switch (options.type) {
    case "sgd":
      return (options.momentum ?? optimizerDefaults.sgd.momentum) === 0 ? [] : ["momentum"];
    case "adam":
    case "adamw":
      return ["first_moment", "second_moment"];
    case "adadelta":
      return ["square_average", "accumulated_delta"];
  }
}

export interface UpdateInputs {
  readonly parameter: Value;
  readonly gradient: Value;
  /** In the order of {@link optimizerStateNames}. */
  readonly state: readonly Value[];
  /** One float32 element; constants of the update get as many axes. */
  readonly learningRate: Value;
  /** Number of this step, from 1; one float32 element. Only the Adam family reads it. */
  readonly step: Value;
}

export interface Update {
  readonly parameter: Value;
  readonly state: readonly Value[];
}

/** Appends one parameter's update. */
export function optimizerUpdate(options: OptimizerOptions, inputs: UpdateInputs): Update {
  if (inputs.state.length !== optimizerStateNames(options).length) {
    throw new GraphError(
      `${options.type}: expected ${optimizerStateNames(options).length} state tensors but received ${inputs.state.length}`,
    );
  }
  switch (options.type) {
    case "sgd":
      return sgd(options, inputs);
    case "adam":
    case "adamw":
      return adam(options, inputs);
    case "adadelta":
      return adadelta(options, inputs);
  }
}

/** L2 norm over all gradients together, float32 scalar. */
export function globalNorm(gradients: readonly Value[]): Value {
  const first = gradients[0];
  if (!first) throw new GraphError("globalNorm: expected at least one gradient");
  const squares = gradients.map((gradient) => {
    staticShape(gradient.shape, "globalNorm");
    return reduceSum(multiply(gradient, gradient));
  });
  // From the last on: ONNX Runtime computes what the innermost sum needs first, and the gradients of
  // the last layers need the least of the backward pass. The other way round, all of it would have
  // to be kept for the gradients of the weights.
  return squareRoot(squares.reduceRight((total, each) => add(total, each)));
}

/**
 * Factor that shrinks gradients of the given global norm to at most `maximum` (Pascanu et al.
 * 2013): `min(1, maximum / (norm + 1e-6))`.
 */
export function clippingFactor(norm: Value, maximum: number): Value {
  const graph = norm.graph;
  return minimum(graph.scalar(1), divide(graph.scalar(maximum), add(norm, graph.scalar(1e-6))));
}

/** Constants of an update. */
type Numbers = (number: number) => Value;

function numbersOf({ learningRate }: UpdateInputs): Numbers {
  return (number) => learningRate.graph.scalar(number, learningRate.shape.length);
}

function decayed(gradient: Value, parameter: Value, weightDecay: number, constant: Numbers): Value {
  return weightDecay === 0 ? gradient : add(gradient, multiply(parameter, constant(weightDecay)));
}

/** `average + (sample - average) share`: an exponential moving average in three operations. */
function blend(average: Value, sample: Value, share: Value): Value {
  return add(average, multiply(subtract(sample, average), share));
}

function sgd(options: SgdOptions, inputs: UpdateInputs): Update {
  const { momentum, weightDecay } = { ...optimizerDefaults.sgd, ...options };
  const { parameter, learningRate } = inputs;
  const constant = numbersOf(inputs);
  const gradient = decayed(inputs.gradient, parameter, weightDecay, constant);
  const velocity = inputs.state[0]
    ? add(multiply(inputs.state[0], constant(momentum)), gradient)
    : gradient;
  return {
    parameter: subtract(parameter, multiply(velocity, learningRate)),
    state: inputs.state[0] ? [velocity] : [],
  };
}

function adam(options: AdamOptions | AdamWOptions, inputs: UpdateInputs): Update {
  const { beta1, beta2, epsilon, weightDecay } = { ...optimizerDefaults[options.type], ...options };
  const decoupled = options.type === "adamw";
  const { learningRate, step } = inputs;
  const constant = numbersOf(inputs);
  const gradient = decoupled
    ? inputs.gradient
    : decayed(inputs.gradient, inputs.parameter, weightDecay, constant);
  const first = blend(inputs.state[0]!, gradient, constant(1 - beta1));
  const second = blend(inputs.state[1]!, multiply(gradient, gradient), constant(1 - beta2));
  const correction1 = subtract(constant(1), power(constant(beta1), step));
  const correction2 = subtract(constant(1), power(constant(beta2), step));
  const denominator = add(divide(squareRoot(second), squareRoot(correction2)), constant(epsilon));
  const change = divide(multiply(first, divide(learningRate, correction1)), denominator);
  const parameter =
    decoupled && weightDecay !== 0
      ? multiply(
          inputs.parameter,
          subtract(constant(1), multiply(learningRate, constant(weightDecay))),
        )
      : inputs.parameter;
  return { parameter: subtract(parameter, change), state: [first, second] };
}

/** `base ** exponent`, of one element. */
function power(base: Value, exponent: Value): Value {
  return exponent.graph.emitOne("Pow", [base, exponent], {}, exponent);
}

function adadelta(options: AdadeltaOptions, inputs: UpdateInputs): Update {
  const { rho, epsilon, weightDecay } = { ...optimizerDefaults.adadelta, ...options };
  const { parameter, learningRate } = inputs;
  const constant = numbersOf(inputs);
  const small = constant(epsilon);
  const gradient = decayed(inputs.gradient, parameter, weightDecay, constant);
  const square = blend(inputs.state[0]!, multiply(gradient, gradient), constant(1 - rho));
  const ratio = divide(squareRoot(add(inputs.state[1]!, small)), squareRoot(add(square, small)));
  const delta = multiply(ratio, gradient);
  const accumulated = blend(inputs.state[1]!, multiply(delta, delta), constant(1 - rho));
  return {
    parameter: subtract(parameter, multiply(delta, learningRate)),
    state: [square, accumulated],
  };
}
