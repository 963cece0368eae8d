import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { TensorValue } from "@let-there-be-color/core/graph";
import {
  type BackboneNetworkConfig,
  type NetworkConfig,
  networkPreset,
} from "@let-there-be-color/core/network";
import { PRIOR_NAME } from "@let-there-be-color/core/objective";
import { createTrainableNetwork, initialState } from "@let-there-be-color/core/training";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createRuntime } from "../runtime/onnx-runtime.js";
import { noisePicture, temporaryFolder } from "../testing/pictures.js";
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

test("replaces no file unless told to, and an input never", async () => {
  const options = { choices, classes: ["a", "b", "c"] };
  const path = join(folder.path, "net.onnx");
  const before = await readFile(path);
  await expect(writeTrainingExport(path, options)).rejects.toThrow(/net\.onnx exists already/);
  const inputs = [join(folder.path, "net.json")];
  await expect(writeTrainingExport(path, { ...options, overwrite: true, inputs })).rejects.toThrow(
    /net\.json is the input itself/,
  );
  expect((await readFile(path)).equals(before)).toBe(true);
  await writeTrainingExport(path, { ...options, overwrite: true });
});

test("the training graph takes any number of pictures and starts from ltbc's weights", async () => {
  const runtime = await createRuntime({ threads: 1 });
  const session = await runtime.createSession(await readFile(join(folder.path, "net.onnx")));
  const { noise, totals, network } = description.graphs[0]!.training;
  expect(noise).toEqual([{ name: "classification.hidden.0/noise", shape: ["N", 5] }]);
  expect(totals).toEqual(["labelled"]);
  expect(network.input).toBe("luminance");
  for (const pictures of [1, 3]) {
    const results = await session.run({
      ...{ luminance: filled([pictures, 1, 16, 16], 50), ab: filled([pictures, 2, 16, 16], 5) },
      labels: { type: "int64", shape: [pictures], data: new BigInt64Array(pictures) },
      [noise[0]!.name]: filled([pictures, 5], 0.5),
      workers: { type: "float32", shape: [], data: Float32Array.of(1) },
      "labelled/total": { type: "float32", shape: [], data: Float32Array.of(pictures) },
    });
    const scalar = (name: string) => (results[name] as TensorValue).data[0] as number;
    expect(scalar("labelled/weight")).toBe(pictures);
    const means = [scalar("colorLoss/sum") / pictures, scalar("classLoss/sum") / pictures];
    expect(scalar("loss")).toBeCloseTo(means[0]! + 0.001 * means[1]!, 5);
  }
  await session.release();
});

test("the evaluation graph with the starting weights judges as ltbc train does", async () => {
  const runtime = await createRuntime({ threads: 1 });
  const { configuration } = description;
  const state = initialState(configuration);
  const lightness = filled([2, 1, 16, 16], 50);
  const ab = filled([2, 2, 16, 16], 5);
  const labels = BigInt64Array.of(0n, 2n);
  const trained = await createTrainableNetwork(runtime, {
    ...configuration,
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
  const results = await session.run({
    ...{ luminance: lightness, ab, labels: { type: "int64", shape: [2], data: labels } },
    ...Object.fromEntries(parameters),
  });
  await session.release();
  expect(Object.keys(expected.sums)).toContain("colorLoss");
  for (const [name, sum] of Object.entries(expected.sums)) {
    const { data } = results[`${name}/values`] as TensorValue;
    expect((data[0] as number) + (data[1] as number)).toBeCloseTo(sum, 4);
  }
});

describe("a network that starts from what pictures show", () => {
  const quantized: Partial<NetworkConfig> = {
    ...narrow,
    head: { type: "quantized", spacing: 20, stride: 4 },
    colorization: { stages: [[4]] },
  };
  const options = { choices: { ...choices, network: quantized, minimumChroma: 0 }, classes: 3 };

  test("asks for pictures, and stores the prior of their colours", async () => {
    await expect(writeTrainingExport(join(folder.path, "none.onnx"), options)).rejects.toThrow(
      /give them as `pictures`/,
    );
    const pictures = join(folder.path, "pictures");
    await mkdir(join(pictures, "a"), { recursive: true });
    for (let index = 0; index < 40; index++) {
      await writeFile(join(pictures, "a", `${index}.png`), await noisePicture(index, 24, 24));
    }
    const path = join(folder.path, "prior.onnx");
    await writeTrainingExport(path, { ...options, pictures: [pictures] });
    const { parameters, configuration }: TrainingDescription = JSON.parse(
      await readFile(join(folder.path, "prior.json"), "utf8"),
    );
    expect(parameters.map(({ name }) => name)).toContain(PRIOR_NAME);
    const model = await readFile(path);
    const [fromSeed] = [initialState(configuration).get(PRIOR_NAME)!];
    expect(model.includes(Buffer.from(fromSeed.data.buffer as ArrayBuffer))).toBe(false);
    const others = initialState(configuration).get("fusion.mid_level.weight")!;
    expect(model.includes(Buffer.from(others.data.buffer as ArrayBuffer))).toBe(true);
  });
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
    objective: { type: "hybrid", alpha: 0.001, reduction: "mean" },
    clipNorm: 1,
    seed: 7,
  });
  expect(description.warmupShare).toBe(0.1);
  expect(description.objective.selection).toEqual({ measure: "colorLoss", better: "lower" });
  expect(description.objective.measures).toContainEqual(
    expect.objectContaining({ name: "accuracy", averagedOver: "labelled", percentage: true }),
  );
  const statistics = description.parameters.filter(({ trainable }) => !trainable);
  expect(statistics.every(({ name }) => /running_(mean|variance)$/.test(name))).toBe(true);
  expect(statistics.length).toBeGreaterThan(0);
});

test("an encoder starts from the values given, and learns as pretrained ones do", async () => {
  const network: BackboneNetworkConfig = {
    ...(networkPreset("mobilenet") as BackboneNetworkConfig),
    encoder: {
      kind: "mobilenet-v1",
      channels: Array.from({ length: 14 }, () => 4),
      normalization: "batch",
      epsilon: 1e-3,
    },
    head: { activation: "tanh", offset: 0, scale: 100, stride: 4 },
  };
  const name = "encoder.first.weight";
  const data = Float32Array.from({ length: 36 }, (_, index) => index + 1);
  const encoder = {
    network,
    values: new Map([[name, { shape: [4, 1, 3, 3], data }]]),
    origin: { file: "encoder.safetensors", sha256: "00" },
  };
  const path = join(folder.path, "encoder.onnx");
  await writeTrainingExport(path, { choices: { preset: "mobilenet" }, classes: 3, encoder });
  const model = await readFile(path);
  expect(model.includes(Buffer.from(data.buffer))).toBe(true);
  const { configuration, parameters }: TrainingDescription = JSON.parse(
    await readFile(join(folder.path, "encoder.json"), "utf8"),
  );
  expect(configuration.encoderOrigin).toEqual(encoder.origin);
  expect(parameters.find((each) => each.name === name)!.learningRateFactor).toBe(0.03);
});

test("parameters have the factors of their groups, and averages their decay", async () => {
  const path = join(folder.path, "groups.onnx");
  const learningRateFactor = [{ pattern: "mid_level", learningRateFactor: 0.1 }];
  const parts = { freeze: ["low_level"], learningRateFactor, movingAverage: 0.99 };
  await writeTrainingExport(path, { choices: { ...choices, ...parts }, classes: 3 });
  const written: TrainingDescription = JSON.parse(
    await readFile(join(folder.path, "groups.json"), "utf8"),
  );
  expect(written.configuration.movingAverage).toBe(0.99);
  const factors = new Map(written.parameters.map((each) => [each.name, each.learningRateFactor]));
  expect(factors.get("low_level.0.weight")).toBe(0);
  expect(factors.get("mid_level.0.weight")).toBe(0.1);
  expect(factors.get("fusion.mid_level.weight")).toBe(1);
});

test("every crop of a run has its graphs", async () => {
  const { crop: _, ...others } = choices;
  const phases = [16, 32, 16].map((crop) => ({ crop, epochs: 1 }));
  const written = await writeTrainingExport(join(folder.path, "two.onnx"), {
    choices: { ...others, phases },
    classes: 0,
  });
  const files = ["two", "two-evaluation", "two-32", "two-32-evaluation"];
  expect(written).toEqual(
    [...files.map((name) => `${name}.onnx`), "two.json"].map((name) => join(folder.path, name)),
  );
  const { graphs }: TrainingDescription = JSON.parse(await readFile(written[4]!, "utf8"));
  expect(graphs.map(({ crop, training }) => [crop, training.file])).toEqual([
    [16, "two.onnx"],
    [32, "two-32.onnx"],
  ]);
});
