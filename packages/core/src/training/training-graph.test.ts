import { describe, expect, test } from "vitest";
import type { TensorValue } from "../graph/session.js";
import { initialValues, type NetworkConfig } from "../network/index.js";
import { cpu, describeOnDevices, numbers, type TestDevice, tensor } from "../testing/devices.js";
import { randomTensor } from "../testing/gradient-check.js";
import { evaluationGraph, type TrainingGraphOptions, trainingGraph } from "./training-graph.js";

const tiny: NetworkConfig = {
  name: "tiny",
  classes: 3,
  lowLevel: {
    layers: [
      { channels: 3, stride: 2 },
      { channels: 4, stride: 1 },
      { channels: 4, stride: 2 },
      { channels: 5, stride: 2 },
    ],
  },
  midLevel: { channels: [5, 4] },
  global: {
    layers: [{ channels: 5, stride: 2 }],
    pooling: { type: "average" },
    hidden: [6, 5, 4],
  },
  fusion: { channels: 4 },
  colorization: { stages: [[4], [3, 4], [3]] },
  classification: { hidden: [], dropout: 0 },
  normalization: "none",
  activation: { leakySlope: 0.7 },
  skips: "none",
  head: { activation: "sigmoid", offset: -128, scale: 255 },
  finalUpsampling: "nearest",
};

const rich: NetworkConfig = {
  ...tiny,
  name: "rich",
  normalization: "batch",
  skips: "add",
  classification: { hidden: [4], dropout: 0.3 },
  head: { activation: "tanh", offset: 0, scale: 100 },
};

const flattened: NetworkConfig = {
  ...tiny,
  name: "flattened",
  global: { ...tiny.global, pooling: { type: "flatten", imageSize: 16 } },
  head: { activation: "linear", offset: 0, scale: 50 },
};

const base = {
  loss: { alpha: 0.4, reduction: "mean" },
  batchSize: 3,
  height: 24,
  width: 16,
} as const;

type Feeds = Record<string, TensorValue>;

function batchFeeds({ batchSize, height, width }: typeof base): Feeds {
  return {
    luminance: randomTensor([batchSize, 1, height, width], 11, 0, 100),
    ab: randomTensor([batchSize, 2, height, width], 12, -60, 60),
    labels: { type: "int64", shape: [batchSize], data: BigInt64Array.from([2n, -1n, 0n]) },
    learning_rate: tensor([], [1]),
    step: tensor([], [1]),
  };
}

describe.each([tiny, rich, flattened])("the gradient of the whole network $name", (network) => {
  test("agrees with finite differences of the losses the step itself reports", async () => {
    const options: TrainingGraphOptions = {
      ...base,
      network,
      // Plain SGD with learning rate 1: the step is the gradient.
      optimizer: { type: "sgd", momentum: 0 },
    };
    const graph = trainingGraph(options);
    const start = initialValues(graph.parameters, 5);
    const feeds: Feeds = { ...batchFeeds(base) };
    for (const [index, { name, shape, trainable }] of graph.parameters.entries()) {
      const known = start.get(name)!.data;
      // Biases away from zero, so that no activation sits on its kink.
      const jitter = randomTensor(shape, 100 + index, -0.1, 0.1).data as Float32Array;
      feeds[name] = tensor(shape, trainable ? known.map((x, i) => x + jitter[i]!) : known);
    }
    for (const { name, shape } of graph.noise) feeds[name] = randomTensor(shape, 31, 0, 1);
    const session = await cpu.createSession(graph.model);
    const run = (changed: Feeds) => session.run({ ...feeds, ...changed });
    const loss = (results: Feeds) =>
      numbers(results.color_loss)[0]! + base.loss.alpha * numbers(results.class_loss)[0]!;
    const results = await run({});
    const errors: string[] = [];
    let checked = 0;
    for (const { name, shape, trainable } of graph.parameters) {
      if (!trainable) continue;
      const before = feeds[name]!.data as Float32Array;
      const next = numbers(results[`${name}/next`]);
      for (const element of new Set([0, Math.floor(before.length / 2), before.length - 1])) {
        const gradient = before[element]! - next[element]!;
        const at = async (change: number) => {
          const moved = before.slice();
          moved[element]! += change;
          return loss(await run({ [name]: tensor(shape, moved) }));
        };
        const step = 1e-3;
        const expected = ((await at(step)) - (await at(-step))) / (2 * step);
        checked++;
        if (Math.abs(gradient - expected) > 2e-3 + 0.03 * Math.abs(expected)) {
          errors.push(`${name}[${element}]: ${gradient}, expected ${expected}`);
        }
      }
    }
    await session.release();
    expect(errors).toEqual([]);
    expect(checked).toBeGreaterThan(60);
  });
});
