// Batches, state and steps for tests of training graphs.

import type { TensorValue } from "../graph/session.js";
import type { TrainingGraph, TrainingGraphOptions } from "../training/training-graph.js";
import { numbers, type TestSession, tensor } from "./devices.js";
import { randomTensor } from "./gradient-check.js";
import { lively, parameterFeeds } from "./networks.js";

/** Three small pictures, two of them labelled, under the hybrid loss. */
export const base = {
  objective: { type: "hybrid", alpha: 0.4, reduction: "mean" },
  batchSize: 3,
  height: 24,
  width: 16,
} as const;

export type Feeds = Record<string, TensorValue>;

/** Random pictures, and labels of which the second is missing. */
export function batchFeeds({
  batchSize,
  height,
  width,
}: Pick<TrainingGraphOptions, "batchSize" | "height" | "width">): Feeds {
  return {
    luminance: randomTensor([batchSize, 1, height, width], 11, 0, 100),
    ab: randomTensor([batchSize, 2, height, width], 12, -60, 60),
    labels: { type: "int64", shape: [batchSize], data: BigInt64Array.from([2n, -1n, 0n]) },
    learning_rate: tensor([], [1]),
    step: tensor([], [1]),
  };
}

/** Parameters, optimizer state of zeros, and noise. */
export function startingState(graph: TrainingGraph, { network }: TrainingGraphOptions): Feeds {
  const feeds: Feeds = parameterFeeds(lively(network, 9));
  for (const { name, shape } of graph.state) {
    const length = shape.reduce((product, each) => product * each, 1);
    feeds[name] ??= tensor(shape, new Float32Array(length));
  }
  for (const { name, shape } of graph.noise) feeds[name] = randomTensor(shape, 31, 0, 1);
  return feeds;
}

/** Runs steps, each going on from the one before; returns the outputs of all. */
export async function takeSteps(
  session: TestSession,
  graph: TrainingGraph,
  feeds: Feeds,
  count: number,
) {
  const history: Record<string, TensorValue>[] = [];
  const carried = { ...feeds };
  for (let step = 1; step <= count; step++) {
    const results = await session.run({ ...carried, step: tensor([], [step]) });
    for (const { name } of graph.state) carried[name] = results[`${name}/next`] ?? carried[name]!;
    history.push(results);
  }
  return history;
}

/** The value of an output that is one number. */
export const scalar = (value: TensorValue | undefined) => numbers(value)[0]!;
/** With learning rate 1 the step is the gradient. */
export const plainSgd = { type: "sgd", momentum: 0 } as const;
