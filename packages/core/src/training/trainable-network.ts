// The training step and the evaluation as ONNX Runtime sessions: what the training loop drives.

import {
  type DeviceTensor,
  Graph,
  type Runtime,
  type Session,
  serialize,
  type TensorValue,
} from "../graph/index.js";
import { parameterSpecifications } from "../network/parameter-list.js";
import { initialValues, type ParameterValues } from "../network/parameters.js";
import { allPictures, type MeasureSums } from "../objective/measures.js";
import type { Objective } from "../objective/objective.js";
import { objectiveOf } from "../objective/objectives.js";
import { checkParameterGroups } from "../objective/parameter-groups.js";
import { randomUint32, randomUniforms } from "../random.js";
import { UserError } from "../user-error.js";
import type { Batch } from "./batch.js";
import { frozenParameters, parameterGroups } from "./forward-pass.js";
import { averageName } from "./moving-average.js";
import type { StepResult, TrainableNetwork, TrainingState } from "./step.js";
import {
  evaluationGraph,
  type TrainingGraph,
  type TrainingGraphOptions,
  trainingGraph,
} from "./training-graph.js";

/** A tensor of the starting state. */
interface FloatTensor extends TensorValue {
  readonly data: Float32Array;
}

export interface TrainableNetworkOptions extends TrainingGraphOptions {
  /** Seed of the starting values and of dropout. */
  readonly seed: number;
}

/**
 * Loads the step onto the runtime's device.
 *
 * @param state parameters and optimizer state to go on from. Missing optimizer state starts at
 *   zero, and without any state the parameters start from `seed`.
 * @throws UserError if a tensor of `state` has another shape than the network's
 */
export async function createTrainableNetwork(
  runtime: Runtime,
  given: TrainableNetworkOptions,
  state?: TrainingState,
): Promise<TrainableNetwork> {
  const options = { ...algorithms(runtime), ...given };
  const parameters = startingParameters(options, state);
  const frozen = frozenParameters(options);
  const constants = new Map([...parameters].filter(([name]) => frozen(name)));
  const graph = trainingGraph(options, constants);
  const start = new Map(
    graph.state.map(({ name, shape }) => [
      name,
      parameters.get(name) ?? startingState(name, shape, parameters, state),
    ]),
  );
  const training = await runtime.createSession(graph.model, {
    keepOnDevice: graph.state.map(({ name }) => `${name}/next`),
  });
  return new OnnxTrainableNetwork(runtime, options, graph, training, start, constants);
}

/** Winograd's algorithm is arranged for the matrix products of ONNX Runtime's CPU kernels. */
function algorithms({ device }: Runtime): Pick<TrainingGraphOptions, "convolutions"> {
  return { convolutions: device === "cpu" ? "winograd" : "direct" };
}

/**
 * Starting parameters alone, from the seed.
 * @param given values that replace those from the seed, by name
 * @throws UserError if one of them has another shape than the network's, or no place in it
 */
export function initialState(
  options: Pick<TrainableNetworkOptions, "network" | "seed">,
  given: ParameterValues = new Map(),
): TrainingState {
  const specifications = parameterSpecifications(options.network);
  const state: TrainingState = initialValues(specifications, options.seed);
  for (const [name, value] of given) {
    const own = state.get(name);
    if (!own)
      throw new UserError(
        "checkpoint-invalid",
        `The network has no parameter ${name} to start from a value.`,
      );
    checkShape(name, own.shape, value.shape, "the starting values have");
    state.set(name, value);
  }
  return state;
}

function startingParameters(
  options: TrainableNetworkOptions,
  given: TrainingState | undefined,
): Map<string, FloatTensor> {
  const specifications = parameterSpecifications(options.network);
  checkParameterGroups(parameterGroups(options), specifications);
  const parameters = given ?? initialState(options);
  const known = new Set(specifications.map(({ name }) => name));
  const foreign = [...parameters.keys()].find((name) => !name.includes("/") && !known.has(name));
  if (foreign) {
    throw new UserError(
      "checkpoint-invalid",
      `Expected the parameters of this network but the checkpoint also has ${foreign}. It belongs to another network or an earlier version: resume with the preset and version it was trained with.`,
    );
  }
  return new Map(
    specifications.map(({ name, shape }) => {
      const value = parameters.get(name);
      if (!value) {
        throw new UserError(
          "checkpoint-invalid",
          `Expected the checkpoint to hold a parameter ${name} but it has none. It belongs to another network: resume with the preset it was trained with.`,
        );
      }
      checkShape(name, shape, value.shape, "the checkpoint has");
      return [name, { type: "float32", shape, data: value.data }];
    }),
  );
}

/** Optimizer state starts at zero, an average at its parameter. */
function startingState(
  name: string,
  shape: readonly number[],
  parameters: ReadonlyMap<string, FloatTensor>,
  given: TrainingState | undefined,
): FloatTensor {
  const known = given?.get(name);
  if (known) {
    checkShape(name, shape, known.shape, "the checkpoint has");
    return { type: "float32", shape, data: known.data };
  }
  const averaged = [...parameters].find(([parameter]) => averageName(parameter) === name);
  if (averaged) return averaged[1];
  const length = shape.reduce((product, each) => product * each, 1);
  return { type: "float32", shape, data: new Float32Array(length) };
}

function checkShape(
  name: string,
  expected: readonly number[],
  found: readonly number[],
  holder: string,
): void {
  if (found.join() === expected.join()) return;
  throw new UserError(
    "checkpoint-invalid",
    `Expected ${name} of shape [${expected.join(", ")}] but ${holder} [${found.join(", ")}]. Resume with the preset and classes it was trained with.`,
  );
}

class OnnxTrainableNetwork implements TrainableNetwork {
  readonly #runtime: Runtime;
  readonly #options: TrainableNetworkOptions;
  readonly #graph: TrainingGraph;
  readonly #training: Session;
  readonly #state: Map<string, TensorValue | DeviceTensor>;
  /** Frozen parameters, which are stored in the graphs. */
  readonly #constants: ReadonlyMap<string, FloatTensor>;
  readonly #objective: Objective;
  /** What measures are averaged over, beside all pictures. */
  readonly #weights: readonly string[];
  /** Loaded at the first evaluation: many runs of the loop never validate. */
  #evaluation: Session | undefined;
  #copies: Session | undefined;

  constructor(
    runtime: Runtime,
    options: TrainableNetworkOptions,
    graph: TrainingGraph,
    training: Session,
    state: ReadonlyMap<string, FloatTensor>,
    constants: ReadonlyMap<string, FloatTensor>,
  ) {
    this.#runtime = runtime;
    this.#options = options;
    this.#graph = graph;
    this.#training = training;
    this.#state = new Map(state);
    this.#constants = constants;
    this.#objective = objectiveOf(options.objective, options.network);
    const weights = new Set(this.#objective.measures.map(({ averagedOver }) => averagedOver));
    this.#weights = [...weights].filter((name) => name !== allPictures);
  }

  async step(batch: Batch, learningRate: number, step: number): Promise<StepResult> {
    this.#checkSize(batch);
    const results = await this.#training.run({
      ...this.#batchFeeds(batch),
      ...Object.fromEntries(this.#state),
      ...this.#noise(step),
      learning_rate: scalar(learningRate),
      step: scalar(step),
    });
    for (const [name, previous] of this.#state) {
      const next = results[`${name}/next`];
      // Running statistics of an unused branch have no next value and stay.
      if (!next) continue;
      this.#state.set(name, next);
      if ("onDevice" in previous) previous.release();
    }
    const weights: Record<string, number> = { [allPictures]: batch.count };
    for (const name of this.#weights) {
      const counting = results[`${name}/weight`];
      if (counting) weights[name] = scalarOf(counting);
    }
    const sums: Record<string, number> = {};
    for (const { name, averagedOver } of this.#objective.measures) {
      const [mean, sum] = [results[`${name}/mean`], results[`${name}/sum`]];
      if (mean) sums[name] = scalarOf(mean) * (weights[averagedOver] ?? 0);
      else if (sum) sums[name] = scalarOf(sum);
    }
    return { sums, weights, gradientNorm: scalarOf(results.gradient_norm) };
  }

  async evaluate(batch: Batch): Promise<MeasureSums> {
    this.#checkSize(batch);
    this.#evaluation ??= await this.#runtime.createSession(
      evaluationGraph(this.#options, this.#constants),
    );
    const parameters = this.#graph.parameters
      .filter(({ name }) => !this.#constants.has(name))
      .map(({ name }) => [name, this.#state.get(averageName(name)) ?? this.#state.get(name)!]);
    const results = await this.#evaluation.run({
      ...this.#batchFeeds(batch),
      ...Object.fromEntries(parameters),
    });
    const sumsOf = (names: readonly string[], ending: string) =>
      Object.fromEntries(
        names
          .filter((name) => results[`${name}/${ending}`])
          .map((name) => [name, sumOf(results[`${name}/${ending}`], batch.count)]),
      );
    const names = this.#objective.measures.map(({ name }) => name);
    return {
      sums: sumsOf(names, "values"),
      weights: { [allPictures]: batch.count, ...sumsOf(this.#weights, "weights") },
    };
  }

  async readState(): Promise<TrainingState> {
    const fed = this.#runtime.device === "cpu" ? this.#state : await this.#copyFromDevice();
    const names = [...this.#graph.parameters, ...this.#graph.state].map(({ name }) => name);
    const state: TrainingState = new Map();
    for (const name of new Set(names)) {
      const value = fed.get(name) ?? this.#constants.get(name)!;
      const host = "onDevice" in value ? await value.read() : value;
      // Copied: the engine may reuse its memory.
      state.set(name, { shape: host.shape, data: (host.data as Float32Array).slice() });
    }
    return state;
  }

  /** All state in one run of a graph of copies: reading the tensors one by one is far slower. */
  async #copyFromDevice(): Promise<Map<string, TensorValue | DeviceTensor>> {
    this.#copies ??= await this.#runtime.createSession(copyingGraph(this.#graph.state));
    const copies = await this.#copies.run(Object.fromEntries(this.#state));
    return new Map([...this.#state.keys()].map((name) => [name, copies[`${name}/copy`]!]));
  }

  async release(): Promise<void> {
    // Tensors first: freeing them after the session that made them aborts the process on WebGPU.
    for (const value of this.#state.values()) if ("onDevice" in value) value.release();
    this.#state.clear();
    await this.#training.release();
    await this.#evaluation?.release();
    await this.#copies?.release();
  }

  #batchFeeds(batch: Batch): Record<string, TensorValue> {
    const { batchSize, height, width } = this.#options;
    const classified = this.#options.network.classes > 0;
    return {
      luminance: { type: "float32", shape: [batchSize, 1, height, width], data: batch.lightness },
      ab: { type: "float32", shape: [batchSize, 2, height, width], data: batch.ab },
      labels: {
        type: "int64",
        shape: [batchSize],
        data: classified ? batch.labels : new BigInt64Array(batchSize).fill(-1n),
      },
    };
  }

  #noise(step: number): Record<string, TensorValue> {
    const seed = randomUint32(this.#options.seed, step);
    return Object.fromEntries(
      this.#graph.noise.map(({ name, shape }, index) => {
        const length = shape.reduce((product, each) => product * each, 1);
        return [name, { type: "float32", shape, data: randomUniforms(length, seed, index) }];
      }),
    );
  }

  #checkSize({ size, lightness }: Batch): void {
    const { batchSize, height, width } = this.#options;
    if (size !== batchSize || lightness.length !== batchSize * height * width) {
      throw new RangeError(
        `Expected a batch of ${batchSize} pictures of ${width} x ${height} but received ${size} with ${lightness.length} pixels`,
      );
    }
  }
}

function copyingGraph(tensors: TrainingGraph["state"]): Uint8Array {
  const graph = new Graph();
  for (const { name, shape } of tensors) {
    graph.output(`${name}/copy`, graph.input(name, "float32", shape));
  }
  return serialize(graph, { name: "copies" });
}

function scalar(value: number): TensorValue {
  return { type: "float32", shape: [], data: Float32Array.of(value) };
}

/** Sum of the first `count` elements. */
function sumOf(value: TensorValue | DeviceTensor | undefined, count: number): number {
  return hostData(value)
    .subarray(0, count)
    .reduce((total, each) => total + each, 0);
}

function scalarOf(value: TensorValue | DeviceTensor | undefined): number {
  return hostData(value)[0]!;
}

function hostData(value: TensorValue | DeviceTensor | undefined): Float32Array {
  if (!value || "onDevice" in value) throw new TypeError("Expected an output in host memory");
  return value.data as Float32Array;
}
