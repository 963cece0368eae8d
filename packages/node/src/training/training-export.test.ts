import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { TensorValue } from "@let-there-be-color/core/graph";
import type { NetworkConfig } from "@let-there-be-color/core/network";
import { createTrainableNetwork, initialState } from "@let-there-be-color/core/training";
import { UserError } from "@let-there-be-color/core/user-error";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createRuntime } from "../runtime/onnx-runtime.js";
import { temporaryFolder } from "../testing/pictures.js";
import type { TrainingChoices } from "./run/configuration.js";
import { type TrainingDescription, writeTrainingExport } from "./training-export.js";

const narrow: Partial<NetworkConfig> = {
  lowLevel: {
    layers: [
      { channels: 4, stride: 2 },
      { channels: 4, stride: 2 },
    ],
  },
  midLevel: { channels: [4] },
  global: { layers: [{ channels: 4, stride: 2 }], pooling: { type: "average" }, hidden: [6, 4] },
  fusion: { channels: 4 },
  colorization: { stages: [[4], [4]] },
  classification: { hidden: [5], dropout: 0.5 },
};
const choices: TrainingChoices = { preset: "compact", network: narrow, crop: 16, seed: 7 };

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let description: TrainingDescription;
beforeAll(async () => {
  folder = await temporaryFolder();
  const path = join(folder.path, "net.onnx");
  const written = await writeTrainingExport(path, { choices, classes: ["a", "b", "c"] });
  expect(written).toEqual(
    ["net.onnx", "net-evaluation.onnx", "net.json"].map((name) => join(folder.path, name)),
  );
  description = JSON.parse(await readFile(join(folder.path, "net.json"), "utf8"));
});
afterAll(() => folder.remove());

function filled(shape: number[], value: number): TensorValue {
  const length = shape.reduce((product, each) => product * each, 1);
  const data = Float32Array.from({ length }, (_, index) => value + 20 * Math.sin(index));
  return { type: "float32", shape, data };
}

test("the training graph takes any number of pictures and starts from ltbc's weights", async () => {
  const runtime = await createRuntime({ threads: 1 });
  const session = await runtime.createSession(await readFile(join(folder.path, "net.onnx")));
  const noise = description.inputs.noise.map(({ name, shape }) => ({ name, width: shape[1] }));
  expect(noise).toEqual([{ name: "classification.hidden.0/noise", width: 5 }]);
  for (const pictures of [1, 3]) {
    const results = await session.run({
      luminance: filled([pictures, 1, 16, 16], 50),
      [noise[0]!.name]: filled([pictures, 5], 0.5),
    });
    expect(results.normalized_chroma?.shape).toEqual([pictures, 2, 8, 8]);
    expect(results.scene_logits?.shape).toEqual([pictures, 3]);
  }
  await session.release();
});

test("the evaluation graph with the starting weights gives the loss that ltbc train evaluates", async () => {
  const runtime = await createRuntime({ threads: 1 });
  const { network, loss, optimizer, seed } = description.configuration;
  const state = initialState({ network, seed });
  const lightness = filled([2, 1, 16, 16], 50);
  const ab = filled([2, 2, 16, 16], 5);
  const labels = BigInt64Array.of(0n, 2n);
  const trained = await createTrainableNetwork(runtime, {
    ...{ network, objective: { type: "hybrid", ...loss }, optimizer, seed },
    ...{ batchSize: 2, height: 16, width: 16 },
  });
  const expected = await trained.evaluate({
    ...{ count: 2, size: 2, labels },
    lightness: lightness.data as Float32Array,
    ab: ab.data as Float32Array,
  });
  await trained.release();

  const graph = await readFile(join(folder.path, "net-evaluation.onnx"));
  const session = await runtime.createSession(graph);
  const parameters = description.parameters.map(({ name, shape }) => [
    name,
    { type: "float32", shape, data: state.get(name)!.data },
  ]);
  const results = await session.run({ luminance: lightness, ...Object.fromEntries(parameters) });
  await session.release();
  const { data } = results.normalized_chroma as TensorValue;
  const { pooling, offset, scale } = description.target;
  let sum = 0;
  for (let element = 0; element < data.length; element++) {
    const [plane, y, x] = [element >> 6, (element >> 3) & 7, element & 7];
    let target = 0;
    for (let dy = 0; dy < pooling; dy++) {
      for (let dx = 0; dx < pooling; dx++) {
        target += (ab.data[plane * 256 + (2 * y + dy) * 16 + 2 * x + dx] as number) / 4;
      }
    }
    sum += ((data[element] as number) - (target - offset) / scale) ** 2;
  }
  expect(sum / 128).toBeCloseTo(expected.sums.colorLoss!, 5);
});

test("the JSON spells out what the runner needs", () => {
  expect(description.optimizer).toEqual({
    ...{ type: "adam", beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 },
    state: ["first_moment", "second_moment"],
  });
  expect(description.configuration).toMatchObject({
    classes: ["a", "b", "c"],
    phases: [{ crop: 16, resize: 18, batchSize: 32, epochs: 20 }],
    learningRate: { base: 0.001, warmupSteps: 200, decay: { type: "cosine" } },
    loss: { alpha: 0.001, reduction: "mean" },
    clipNorm: 1,
    seed: 7,
  });
  expect(description.warmupShare).toBe(0.1);
  const statistics = description.parameters.filter(({ trainable }) => !trainable);
  expect(statistics.every(({ name }) => /running_(mean|variance)$/.test(name))).toBe(true);
  expect(statistics.length).toBeGreaterThan(0);
});

test("a flattened global map is exported for one crop", async () => {
  const phases = [
    { crop: 64, epochs: 1 },
    { crop: 128, epochs: 1 },
  ];
  const written = writeTrainingExport(join(folder.path, "two.onnx"), {
    choices: { preset: "iizuka2016", phases },
    classes: 0,
  });
  await expect(written).rejects.toThrow(UserError);
});

test("a network with another head is refused", async () => {
  const written = writeTrainingExport(join(folder.path, "quantized.onnx"), {
    choices: {
      network: {
        colorization: { stages: [[64], [32]] },
        head: { type: "quantized", spacing: 20, stride: 4 },
      },
    },
    classes: 0,
  });
  await expect(written).rejects.toThrow("regression head");
});
