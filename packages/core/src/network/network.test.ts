import { describe, expect, test } from "vitest";
import { Graph } from "../graph/graph.js";
import type { TensorValue } from "../graph/session.js";
import { inferenceModel } from "../model/inference-model.js";
import { headOf, type RegressionHead } from "../objective/index.js";
import { cpu, describeOnDevices, numbers, runGraph, tensor } from "../testing/devices.js";
import { expectClose, randomTensor } from "../testing/gradient-check.js";
import {
  backbone,
  fixedSizeNetwork,
  flattened,
  lively,
  parameterFeeds,
  rich,
  tiny,
} from "../testing/networks.js";
import { paperNetwork } from "../testing/reference-network.js";
import { checkConfig, type NetworkConfig, type PaperNetworkConfig } from "./config.js";
import { buildNetwork, predictedAb } from "./network.js";
import { parameterSpecifications } from "./parameter-list.js";
import { initialValues, ParameterSource } from "./parameters.js";
import { networkPreset, presetNames } from "./presets.js";

const names = (config: NetworkConfig) => parameterSpecifications(config).map(({ name }) => name);
const operators = (config: NetworkConfig, mode: "training" | "inference" = "inference") =>
  fixedSizeNetwork(config, mode, [2, 16, 24]).nodes.map(({ operator }) => operator);
const count = (all: readonly string[], operator: string) =>
  all.filter((each) => each === operator).length;

describe("shapes of the presets at their full widths", () => {
  test.each(presetNames)("%s", (name) => {
    const config = networkPreset(name);
    const { outputs } = fixedSizeNetwork(config, "training", [2, 224, 224]);
    const shape = name.startsWith("mobilenet") ? [2, 56, 56, 262] : [2, 2, 112, 112];
    expect(outputs.get("chroma")!.shape).toEqual(shape);
    expect(outputs.get("logits")!.shape).toEqual([2, config.classes]);
  });

  test.each(presetNames)("%s, for a size known only at run time", (name) => {
    const graph = new Graph();
    const context = {
      config: networkPreset(name, { classes: 0 }),
      parameters: ParameterSource.inputs(graph),
      mode: "inference" as const,
      updatedStatistics: new Map(),
      noise: () => graph.scalar(0),
    };
    const lightness = graph.input("luminance", "float32", ["N", 1, "H", "W"]);
    const outputs = buildNetwork(context, lightness);
    const { channels, channelsLast } = headOf(context.config.head);
    expect(outputs.prediction.shape[0]).toBe("N");
    expect(outputs.prediction.shape[channelsLast ? 3 : 1]).toBe(channels);
    expect(predictedAb(context, outputs).shape.slice(0, 2)).toEqual(["N", 2]);
    expect(outputs.sceneLogits).toBeUndefined();
  });
});

describe("options", () => {
  test("skips add a 1x1 convolution to each enlarged stage", () => {
    const added = names({ ...tiny, skips: "add" }).filter((name) => !names(tiny).includes(name));
    expect(added).toEqual([
      "colorization.1.skip.weight",
      "colorization.1.skip.bias",
      "colorization.2.skip.weight",
      "colorization.2.skip.bias",
    ]);
    const shapes = new Map(
      parameterSpecifications({ ...tiny, skips: "add" }).map(({ name, shape }) => [name, shape]),
    );
    // From the last low-level map of a quarter and of half the size: 4 channels each.
    expect(shapes.get("colorization.1.skip.weight")).toEqual([3, 4, 1, 1]);
    expect(shapes.get("colorization.2.skip.weight")).toEqual([3, 4, 1, 1]);
  });

  test("batch normalisation gives every inner layer four vectors and takes its bias", () => {
    const layers = names(tiny).filter((name) => name.endsWith(".bias")).length;
    const added = names({ ...tiny, normalization: "batch" }).length - names(tiny).length;
    // All layers but the classifier's and the colorization network's last.
    expect(added).toBe((4 - 1) * (layers - 2));
  });

  test("the activation is the one asked for", () => {
    const inner = count(operators(tiny), "LeakyRelu");
    expect(inner).toBe(names(tiny).filter((name) => name.endsWith(".bias")).length - 2);
    expect(count(operators(tiny), "Relu")).toBe(0);
    expect(count(operators({ ...tiny, activation: "relu" }), "Relu")).toBe(inner);
    const { nodes } = fixedSizeNetwork(tiny, "inference", [1, 8, 8]);
    expect(nodes.find(({ operator }) => operator === "LeakyRelu")!.attributes.alpha).toEqual({
      float: 0.9,
    });
  });

  test("hidden classifier layers come before the logits", () => {
    const config = { ...tiny, classification: { hidden: [7, 6], dropout: 0 } };
    const shapes = new Map(parameterSpecifications(config).map(({ name, shape }) => [name, shape]));
    // The paper's classifier reads the last but one global layer, here 5 wide.
    expect(shapes.get("classification.hidden.0.weight")).toEqual([7, 5]);
    expect(shapes.get("classification.hidden.1.weight")).toEqual([6, 7]);
    expect(shapes.get("classification.output.weight")).toEqual([3, 6]);
    expect(names(tiny)).not.toContain("classification.hidden.0.weight");
  });

  test("without classes there is no classification network", () => {
    const config = { ...tiny, classes: 0 };
    expect(names(config).filter((name) => name.startsWith("classification"))).toEqual([]);
    expect([...fixedSizeNetwork(config, "inference", [1, 8, 8]).outputs.keys()]).toEqual([
      "chroma",
    ]);
  });

  test("dropout draws noise in training only", () => {
    const noise = (mode: "training" | "inference") =>
      fixedSizeNetwork(rich, mode, [2, 8, 8])
        .inputs.filter(({ name }) => name.endsWith("/noise"))
        .map(({ name, shape }) => [name, shape]);
    expect(noise("training")).toEqual([["classification.hidden.0/noise", [2, 4]]]);
    expect(noise("inference")).toEqual([]);
  });

  test("flatten shares the low-level network with a global image of another size", () => {
    const convolutions = count(operators(flattened), "Conv");
    expect(convolutions - count(operators(tiny), "Conv")).toBe(flattened.lowLevel.layers.length);
    expect(names(flattened)).toEqual(names(tiny));
    const same = fixedSizeNetwork(flattened, "inference", [2, 16, 16]).nodes;
    const convolutionsOfSame = count(
      same.map(({ operator }) => operator),
      "Conv",
    );
    expect(convolutionsOfSame).toBe(count(operators(tiny), "Conv"));
    const weight = parameterSpecifications(flattened).find(
      ({ name }) => name === "global.hidden.0.weight",
    );
    // 16 / 16 = 1 pixel of 5 channels.
    expect(weight!.shape).toEqual([6, 5]);
  });
});

describeOnDevices("The model file", (device) => {
  const sizes = [
    [2, 13, 10],
    [1, 37, 53],
    [3, 16, 8],
    [1, 1, 1],
  ] as const;
  // One is enough where every size compiles its shaders anew.
  const here = device.name === "cpu" ? sizes : sizes.slice(0, 1);

  test.each([tiny, rich, flattened])(
    "$name computes the paper's definition on pictures of any size",
    async (config) => {
      const values = lively(config, 1);
      const model = inferenceModel(config, values, { precision: "float32" });
      const session = await device.createSession(model);
      for (const [batch, height, width] of here) {
        const lightness = randomTensor([batch, 1, height, width], 3, 0, 100);
        const { ab, scene_logits } = await session.run({ luminance: lightness });
        expect(ab!.shape).toEqual([batch, 2, height, width]);
        expect(scene_logits!.shape).toEqual([batch, 3]);
        const expected = paperNetwork(config, values, lightness);
        expectClose(numbers(ab), expected.ab, 1e-4, "ab");
        expectClose(numbers(scene_logits), expected.logits, 1e-4, "scene_logits");
      }
      await session.release();
    },
  );
});

describe("what a picture gives", () => {
  const run = async (config: NetworkConfig, lightness: TensorValue) => {
    const model = inferenceModel(config, lively(config, 1), { precision: "float32" });
    const session = await cpu.createSession(model);
    const results = await session.run({ luminance: lightness });
    await session.release();
    return results;
  };

  test("in sizes in between is as if its last row and column were repeated", async () => {
    const small = randomTensor([1, 1, 13, 10], 3, 0, 100);
    const extended = Array.from({ length: 16 * 16 }, (_, index) => {
      const row = Math.min(Math.floor(index / 16), 12);
      return numbers(small)[row * 10 + Math.min(index % 16, 9)]!;
    });
    const { ab } = await run(rich, small);
    const { ab: whole } = await run(rich, tensor([1, 1, 16, 16], extended));
    const expected = numbers(whole).filter(
      (_, index) => Math.floor(index / 16) % 16 < 13 && index % 16 < 10,
    );
    expectClose(numbers(ab), expected, 1e-5, "ab");
  });

  test("does not depend on the others of its batch", async () => {
    const [first, second] = [3, 4].map((seed) => randomTensor([1, 1, 24, 40], seed, 0, 100));
    const both = tensor([2, 1, 24, 40], [...numbers(first), ...numbers(second)]);
    const together = await run(flattened, both);
    const apart = [await run(flattened, first!), await run(flattened, second!)];
    for (const name of ["ab", "scene_logits"]) {
      const expected = apart.flatMap((results) => numbers(results[name]));
      expectClose(numbers(together[name]), expected, 1e-5, name);
    }
  });

  test("depends on the whole picture through the global features", async () => {
    // Pixels far outside the local field of view change the colour of the corner.
    const dark = new Array<number>(96 * 96).fill(20);
    const bright = dark.map((value, index) => (index > 80 * 96 ? 90 : value));
    for (const config of [tiny, flattened]) {
      const corners = [];
      for (const values of [dark, bright]) {
        corners.push(numbers((await run(config, tensor([1, 1, 96, 96], values))).ab)[0]!);
      }
      expect(Math.abs(corners[0]! - corners[1]!)).toBeGreaterThan(1e-3);
    }
  });
});

describe("heads", () => {
  async function abFor(config: NetworkConfig, bias: readonly [number, number]) {
    const values = new Map(lively(config, 1));
    const weight = values.get("colorization.output.weight")!;
    values.set("colorization.output.weight", {
      ...weight,
      data: new Float32Array(weight.data.length),
    });
    values.set("colorization.output.bias", { shape: [2], data: Float32Array.from(bias) });
    const session = await cpu.createSession(inferenceModel(config, values));
    const { ab } = await session.run({ luminance: randomTensor([1, 1, 8, 8], 3, 0, 100) });
    await session.release();
    return [numbers(ab)[0], numbers(ab)[64]];
  }

  test("sigmoid covers -128..127", async () => {
    expect(await abFor(tiny, [40, -40])).toEqual([127, -128]);
    expect(await abFor(tiny, [0, 0])).toEqual([-0.5, -0.5]);
  });

  test("tanh covers minus to plus its scale", async () => {
    expect(await abFor(rich, [40, -40])).toEqual([100, -100]);
    expect(await abFor(rich, [0, 0])).toEqual([0, 0]);
  });

  test("linear is unbounded", async () => {
    expect(await abFor(flattened, [3, -0.25])).toEqual([150, -12.5]);
  });
});

test("the final enlargement repeats pixels, or blends them", async () => {
  const lightness = randomTensor([1, 1, 16, 16], 3, 0, 100);
  const rows = async (finalUpsampling: "nearest" | "bilinear") => {
    const config = { ...tiny, finalUpsampling };
    const session = await cpu.createSession(inferenceModel(config, lively(config, 1)));
    const { ab } = await session.run({ luminance: lightness });
    await session.release();
    return numbers(ab);
  };
  const nearest = await rows("nearest");
  const pairs = (values: number[]) => values.filter((v, i) => i % 2 === 1 && v === values[i - 1]);
  expect(pairs(nearest).length).toBe(nearest.length / 2);
  const bilinear = await rows("bilinear");
  expect(pairs(bilinear).length).toBeLessThan(bilinear.length / 10);
  // Between two source pixels, three quarters of one and a quarter of the other. Row 0 is theirs.
  const [left, right] = [nearest[0]!, nearest[2]!];
  expectClose(
    bilinear.slice(0, 3),
    [left, 0.75 * left + 0.25 * right, 0.25 * left + 0.75 * right],
    1e-5,
    "row",
  );
});

describe("training and inference", () => {
  const size = [3, 16, 16] as const;
  const lightness = randomTensor([3, 1, 16, 16], 8, 0, 100);

  test.each([tiny, flattened])("agree without batch normalisation: $name", async (config) => {
    const values = lively(config, 4);
    const graph = fixedSizeNetwork(config, "training", size);
    const trained = await runGraph(cpu, graph, { luminance: lightness, ...parameterFeeds(values) });
    const session = await cpu.createSession(
      inferenceModel(config, values, { precision: "float32" }),
    );
    const inferred = await session.run({ luminance: lightness });
    await session.release();
    expectClose(numbers(inferred.scene_logits), numbers(trained.logits), 1e-5, "logits");
    // Nearest enlargement: every second pixel of every second row is the network's own output.
    const half = numbers(inferred.ab).filter(
      (_, index) => index % 2 === 0 && Math.floor(index / 16) % 2 === 0,
    );
    const { scale, offset } = config.head as RegressionHead;
    const expected = numbers(trained.chroma).map((value) => value * scale + offset);
    expectClose(half, expected, 1e-5, "ab");
  });

  test("agree with batch normalisation once the statistics are those of the batch", async () => {
    const config: NetworkConfig = { ...rich, classification: { hidden: [4], dropout: 0 } };
    const values = new Map(lively(config, 4));
    const feeds = { luminance: lightness, ...parameterFeeds(values) };
    const trained = await runGraph(cpu, fixedSizeNetwork(config, "training", size), feeds);
    // next = 0.9 running + 0.1 batch
    for (const [name, { shape, data }] of values) {
      const next = trained[`${name}/next`];
      if (!next) continue;
      const batch = data.map((value, i) => ((next.data[i] as number) - 0.9 * value) / 0.1);
      values.set(name, { shape, data: batch });
    }
    const inference = fixedSizeNetwork(config, "inference", size);
    const inferred = await runGraph(cpu, inference, {
      luminance: lightness,
      ...parameterFeeds(values),
    });
    expectClose(numbers(inferred.chroma), numbers(trained.chroma), 1e-3, "chroma");
    expectClose(numbers(inferred.logits), numbers(trained.logits), 1e-3, "logits");
  });

  test("a layer that picture and global image share counts both in its statistics", async () => {
    const config: NetworkConfig = { ...flattened, normalization: "batch" };
    const values = initialValues(parameterSpecifications(config), 4);
    const black = tensor([3, 1, 24, 16], new Float32Array(3 * 24 * 16));
    const graph = fixedSizeNetwork(config, "training", [3, 24, 16]);
    const results = await runGraph(cpu, graph, { luminance: black, ...parameterFeeds(values) });
    const weight = values.get("low_level.0.weight")!.data;
    // Black is -1 everywhere, so each tap inside contributes its negative weight: interior pixels
    // all give the same, borders lack taps. 12 x 8 outputs of the picture, 8 x 8 of the image.
    const mean = (rows: number, columns: number) => {
      let sum = 0;
      for (let tap = 0; tap < 9; tap++) {
        const seenRows = Math.floor(tap / 3) === 0 ? rows - 1 : rows;
        const seenColumns = tap % 3 === 0 ? columns - 1 : columns;
        sum -= weight[tap]! * seenRows * seenColumns;
      }
      return sum / (rows * columns);
    };
    const expected = 0.9 * (0.1 * mean(12, 8)) + 0.1 * mean(8, 8);
    const [running] = numbers(results["low_level.0.normalization.running_mean/next"]);
    expect(running).toBeCloseTo(expected, 5);
  });
});

describe("configurations that cannot be built say why", () => {
  const refuse = (changes: Partial<PaperNetworkConfig>) =>
    expect(() => checkConfig({ ...tiny, ...changes }));

  test("stages that do not undo the strides", () => {
    refuse({ colorization: { stages: [[4], [3]] } }).toThrow(
      "shrinks (8x) but its 2 stages enlarge 4x; add or remove a stage",
    );
  });

  test("a classifier without a layer to read", () => {
    const global = { ...tiny.global, hidden: [4] };
    refuse({ global }).toThrow("at least two fully-connected global layers");
    refuse({ global, classes: 0 }).not.toThrow();
  });

  test.each([0, -1, 2.5, Number.NaN])("a width of %d", (width) => {
    refuse({ midLevel: { channels: [4, width] } }).toThrow(
      `Expected every width to be a positive whole number but one is ${width}`,
    );
  });

  test.each([1, -2, 1.5])("%d classes", (classes) => {
    refuse({ classes }).toThrow(`Expected 0 or at least 2 classes but received ${classes}`);
  });

  test("backbones of another shape than theirs", () => {
    const refuseEncoder = (encoder: object) =>
      expect(() => checkConfig({ ...backbone, encoder: { ...backbone.encoder, ...encoder } }));
    refuseEncoder({ channels: [8, 8] }).toThrow("Expected 14 widths of mobilenet-v1");
    refuseEncoder({ kind: "vgg" }).toThrow("Expected the encoder to be mobilenet-v1 or");
    refuseEncoder({ normalization: "live" }).toThrow("to be batch, frozen or none");
    refuseEncoder({ epsilon: 0 }).toThrow("epsilon to be more than 0");
  });

  test("a colorization network that does not climb to the size of the prediction", () => {
    const stages = (...widths: number[][]) =>
      expect(() => checkConfig({ ...backbone, colorization: { stages: widths } }));
    stages([], [6], [6]).toThrow("the encoder shrinks (32x) but its 3 stages enlarge 16x");
    stages([], [6], [], [6]).toThrow("in every colorization stage but the first but stage 2");
  });

  test("pictures whose sides the strides do not divide", () => {
    expect(() => fixedSizeNetwork(tiny, "training", [1, 12, 16])).toThrow(
      "Expected picture sides that are multiples of 8 but received 16 x 12",
    );
  });
});

test("a preset can be changed in any of its options", () => {
  const config = networkPreset("compact", { classes: 7, skips: "none" });
  expect(config).toEqual({ ...networkPreset("compact"), classes: 7, skips: "none" });
  for (const name of presetNames) {
    expect(networkPreset(name).name).toBe(name);
    expect(() => checkConfig(networkPreset(name))).not.toThrow();
  }
});
