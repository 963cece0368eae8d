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
import { initialValues } from "../network/parameters.js";
import { randomUint32, randomUniform } from "../random.js";
import { UserError } from "../user-error.js";
import type { Batch } from "./batch.js";
import type { EvaluationResult, StepResult, TrainableNetwork, TrainingState } from "./step.js";
import {
  evaluationGraph,
  type TrainingGraph,
  type TrainingGraphOptions,
  trainingGraph,
} from "./training-graph.js";

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
  const graph = trainingGraph(options);
  const start = startingState(options, graph, state);
  const training = await runtime.createSession(graph.model, {
    keepOnDevice: graph.state.map(({ name }) => `${name}/next`),
  });
  return new OnnxTrainableNetwork(runtime, options, graph, training, start);
}

/** Winograd's algorithm is arranged for the matrix products of ONNX Runtime's CPU kernels. */
function algorithms({ device }: Runtime): Pick<TrainingGraphOptions, "convolutions"> {
  return { convolutions: device === "cpu" ? "winograd" : "direct" };
}

/** Starting parameters alone, from the seed. */
export function initialState(
  options: Pick<TrainableNetworkOptions, "network" | "seed">,
): TrainingState {
  return initialValues(parameterSpecifications(options.network), options.seed);
}

function startingState(
  options: TrainableNetworkOptions,
  graph: TrainingGraph,
  given: TrainingState | undefined,
): Map<string, TensorValue> {
  const parameters = given ?? initialState(options);
  const parameterNames = new Set(graph.parameters.map(({ name }) => name));
  const foreign = [...parameters.keys()].find(
    (name) => !name.includes("/") && !parameterNames.has(name),
  );
  if (foreign) {
    throw new UserError(
      `Expected the parameters of this network but the checkpoint also has ${foreign}. It belongs to another network or an earlier version: resume with the preset and version it was trained with.`,
    );
  }
  return new Map(
    graph.state.map(({ name, shape }) => {
      const known = parameters.get(name);
      const length = shape.reduce((product, each) => product * each, 1);
      if (!known && parameterNames.has(name)) {
        throw new UserError(
          `Expected the checkpoint to hold a parameter ${name} but it has none. It belongs to another network: resume with the preset it was trained with.`,
        );
      }
      if (known && known.shape.join() !== shape.join()) {
        throw new UserError(
          `Expected ${name} of shape [${shape.join(", ")}] but the checkpoint has [${known.shape.join(", ")}]. Resume with the preset and classes it was trained with.`,
        );
      }
      return [name, { type: "float32", shape, data: known?.data ?? new Float32Array(length) }];
    }),
  );
}

class OnnxTrainableNetwork implements TrainableNetwork {
  readonly #runtime: Runtime;
  readonly #options: TrainableNetworkOptions;
  readonly #graph: TrainingGraph;
  readonly #training: Session;
  readonly #state: Map<string, TensorValue | DeviceTensor>;
  /** Loaded at the first evaluation: many runs of the loop never validate. */
  #evaluation: Session | undefined;
  #copies: Session | undefined;

  constructor(
    runtime: Runtime,
    options: TrainableNetworkOptions,
    graph: TrainingGraph,
    training: Session,
    state: Map<string, TensorValue>,
  ) {
    this.#runtime = runtime;
    this.#options = options;
    this.#graph = graph;
    this.#training = training;
    this.#state = new Map(state);
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
    return {
      colorLoss: scalarOf(results.color_loss),
      classLoss: scalarOf(results.class_loss),
      correct: scalarOf(results.correct),
      labelled: scalarOf(results.labelled),
      gradientNorm: scalarOf(results.gradient_norm),
    };
  }

  async evaluate(batch: Batch): Promise<EvaluationResult> {
    this.#checkSize(batch);
    this.#evaluation ??= await this.#runtime.createSession(evaluationGraph(this.#options));
    const parameters = this.#graph.parameters.map(({ name }) => [name, this.#state.get(name)!]);
    const results = await this.#evaluation.run({
      ...this.#batchFeeds(batch),
      ...Object.fromEntries(parameters),
    });
    const sum = (name: string) =>
      hostData(results[name])
        .subarray(0, batch.count)
        .reduce((total, each) => total + each, 0);
    return {
      colorLoss: sum("color_loss"),
      abSquaredError: sum("ab_squared_error"),
      classLoss: sum("class_loss"),
      correct: sum("correct"),
      labelled: sum("labelled"),
      count: batch.count,
    };
  }

  async readState(): Promise<TrainingState> {
    const values = this.#runtime.device === "cpu" ? this.#state : await this.#copyFromDevice();
    const state: TrainingState = new Map();
    for (const [name, value] of values) {
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
      luminance: { type: "float32", shape: [batchSize, 1, height, width], data: batch.luminance },
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
        const data = Float32Array.from({ length }, (_, element) =>
          randomUniform(seed, index, element),
        );
        return [name, { type: "float32" as const, shape, data }];
      }),
    );
  }

  #checkSize({ size, luminance }: Batch): void {
    const { batchSize, height, width } = this.#options;
    if (size !== batchSize || luminance.length !== batchSize * height * width) {
      throw new RangeError(
        `Expected a batch of ${batchSize} pictures of ${width} x ${height} but received ${size} with ${luminance.length} pixels`,
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

function scalarOf(value: TensorValue | DeviceTensor | undefined): number {
  return hostData(value)[0]!;
}

function hostData(value: TensorValue | DeviceTensor | undefined): Float32Array {
  if (!value || "onDevice" in value) throw new TypeError("Expected an output in host memory");
  return value.data as Float32Array;
}
