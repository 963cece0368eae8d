import { describe, expect, test } from "vitest";
import { Graph, type Value } from "../../graph/graph.js";
import type { TensorValue } from "../../graph/session.js";
import { inferenceModel } from "../../model/inference-model.js";
import { readModelMetadata } from "../../model/model-metadata.js";
import { readPlainModel } from "../../model/plain-model.js";
import type { NetworkConfig } from "../../network/index.js";
import { cpu, describeOnDevices, numbers, runGraph } from "../../testing/devices.js";
import { expectClose, expectGradients, randomTensor } from "../../testing/gradient-check.js";
import { lively, quantized } from "../../testing/networks.js";
import { objectiveOf } from "../objectives.js";
import {
  ChromaBins,
  ChromaEncoding,
  ColorDistributions,
  countColors,
  DEFAULT_READ_OUTS,
  PRIOR_NAME,
  PriorCounts,
  type QuantizedHead,
  quantizedColors,
} from "./index.js";
import { type QuantizedChromaOptions, quantizedChroma, rarityWeights } from "./objective.js";

const bins = ChromaBins.of(20);
const head: QuantizedHead = { type: "quantized", spacing: 20, stride: 2 };
const options: QuantizedChromaOptions = {
  type: "quantized-chroma",
  alpha: 0.1,
  neighbours: 5,
  rebalancing: 0,
  minimumChroma: 10,
};
const rarity = { ...options, rebalancing: 0.5 };
const hard = { ...options, neighbours: 1 };

// Three pictures of 4 x 6 pixels, the last one nearly grey.
const [height, width] = [2, 3];
const ab = randomTensor([3, 2, 2 * height, 2 * width], 5, -70, 70);
(ab.data as Float32Array).fill(1, 2 * 48);
const logits = randomTensor([3, height, width, bins.count], 6, -2, 2);
const shares = (() => {
  const counts = numbers(randomTensor([bins.count], 8, 0.05, 1)).map((count) => count ** 4);
  const sum = counts.reduce((total, count) => total + count, 0);
  return counts.map((count) => count / sum);
})();

/** Mean of the 2 x 2 pixels of a position. */
function targetColor(picture: number, y: number, x: number): [number, number] {
  const at = (plane: number, row: number, column: number) =>
    ab.data[((picture * 2 + plane) * 2 * height + row) * 2 * width + column] as number;
  const mean = (plane: number) =>
    [0, 1]
      .flatMap((v) => [0, 1].map((u) => at(plane, 2 * y + v, 2 * x + u)))
      .reduce((s, v) => s + v) / 4;
  return [mean(0), mean(1)];
}

/** Cross entropies of the positions of a picture by their definition, in double precision. */
function definition(picture: number, { neighbours, rebalancing }: QuantizedChromaOptions): number {
  const encoding = new ChromaEncoding(bins, { neighbours });
  const inverse = shares.map((p) => 1 / (rebalancing * p + (1 - rebalancing) / bins.count));
  const norm = shares.reduce((sum, p, bin) => sum + p * inverse[bin]!, 0);
  let total = 0;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const first = ((picture * height + y) * width + x) * bins.count;
      const z = Array.from(logits.data.subarray(first, first + bins.count), Number);
      const logSum = Math.log(z.reduce((sum, each) => sum + Math.exp(each), 0));
      const color = targetColor(picture, y, x);
      const target = new Float64Array(bins.count);
      encoding.accumulate(Float32Array.from(color), target);
      const loss = z.reduce((sum, each, bin) => sum - target[bin]! * (each - logSum), 0);
      total += (loss * inverse[bins.nearest(...color)]!) / norm;
    }
  }
  return total / (height * width);
}

function judged(graph: Graph, prediction: Value, given: QuantizedChromaOptions) {
  return quantizedChroma(given, { head, classes: 0 }).judge({
    prediction,
    headState: new Map([
      [PRIOR_NAME, graph.constant("float32", [bins.count], Float32Array.from(shares))],
    ]),
    sceneLogits: undefined,
    ab: graph.constant("float32", ab.shape, ab.data),
    labels: graph.constant("int64", [3], BigInt64Array.of(-1n, -1n, -1n)),
  });
}

describeOnDevices("The judgement of distributions", (device) => {
  test.each([
    ["soft targets", options],
    ["hard targets", hard],
    ["rare colours weighted", rarity],
  ])("with %s agrees with its definition; grey pictures do not count", async (_, given) => {
    const graph = new Graph();
    const judgement = judged(graph, graph.input("logits", "float32", logits.shape), given);
    graph.output("loss", judgement.values.colorCrossEntropy!);
    graph.output("error", judgement.values.abError!);
    graph.output("counts", judgement.weights.colorful!);
    const { loss, error, counts } = await runGraph(device, graph, { logits });
    expectClose(numbers(loss), [definition(0, given), definition(1, given), 0], 1e-5, "loss");
    expect(numbers(counts)).toEqual([1, 1, 0]);
    expect(numbers(error)[2]).toBe(0);
  });

  test("has the gradient of finite differences", async () => {
    for (const given of [options, hard, rarity]) {
      await expectGradients(
        device,
        [logits],
        (x) => judged(x!.graph, x!, given).values.colorCrossEntropy!,
        { every: 7 },
      );
    }
  });
});

describe("the ab error", () => {
  test("is that of the mean of the distribution", async () => {
    const graph = new Graph();
    const judgement = judged(graph, graph.input("logits", "float32", logits.shape), options);
    graph.output("error", judgement.values.abError!);
    const { error } = await runGraph(cpu, graph, { logits });
    const plain = { prior: 0, fade: null, temperature: 1, saturation: 1, smoothing: null };
    const prior = new PriorCounts(new ChromaEncoding(bins));
    prior.add(Float32Array.of(0, 0));
    const each = height * width * bins.count;
    const expected = [0, 1].map((picture) => {
      const own = (logits.data as Float32Array).subarray(picture * each, (picture + 1) * each);
      const mean = new ColorDistributions(own, width, height, prior.prior()).read(plain);
      let sum = 0;
      for (let i = 0; i < height * width; i++) {
        const [a, b] = targetColor(picture, Math.floor(i / width), i % width);
        sum += (mean[i]! - a) ** 2 + (mean[height * width + i]! - b) ** 2;
      }
      return sum / (2 * height * width);
    });
    expectClose(numbers(error).slice(0, 2), expected, 1e-3, "squared error");
  });
});

test("weights of rare colours have a mean of 1 over the colours", async () => {
  const graph = new Graph();
  const prior = graph.constant("float32", [bins.count], Float32Array.from(shares));
  graph.output("half", rarityWeights(prior, 0.5));
  graph.output("none", rarityWeights(prior, 0));
  const { half, none } = await runGraph(cpu, graph);
  const weights = numbers(half);
  expect(weights.reduce((sum, weight, bin) => sum + weight * shares[bin]!, 0)).toBeCloseTo(1, 5);
  const [rarest, commonest] = [Math.min(...shares), Math.max(...shares)].map((s) =>
    shares.indexOf(s),
  );
  expect(weights[rarest!]! / weights[commonest!]!).toBeCloseTo(
    (shares[commonest!]! + 1 / bins.count) / (shares[rarest!]! + 1 / bins.count),
    3,
  );
  for (const weight of numbers(none)) expect(weight).toBeCloseTo(1, 5);
});

test("an objective and a head of another kind are refused", () => {
  const regression = { activation: "tanh", offset: 0, scale: 100 } as const;
  expect(() => objectiveOf(options, { head: regression, classes: 0 })).toThrow("regression head");
  const hybrid = { type: "hybrid", alpha: 0, reduction: "mean" } as const;
  expect(() => objectiveOf(hybrid, { head, classes: 0 })).toThrow("quantized head");
});

describe("the prior over training pictures", () => {
  test("is counted over the targets of the objective", () => {
    const encoding = new ChromaEncoding(bins);
    const counts = new PriorCounts(encoding);
    const pictures = {
      count: 3,
      height: 2 * height,
      width: 2 * width,
      lightness: new Float32Array(3 * 24),
      ab: ab.data as Float32Array,
    };
    countColors(counts, pictures, 2, 10);
    const expected = new Float64Array(bins.count);
    for (const picture of [0, 1]) {
      for (let i = 0; i < height * width; i++) {
        const color = targetColor(picture, Math.floor(i / width), i % width);
        encoding.accumulate(Float32Array.from(color), expected);
      }
    }
    for (let bin = 0; bin < bins.count; bin++) {
      expect(counts.counts[bin]).toBeCloseTo(expected[bin]!, 5);
    }
  });

  test("is counted in bands of the mean lightness", () => {
    const counts = new PriorCounts(new ChromaEncoding(bins, { neighbours: 1 }), 2);
    // 2 x 2 pixels each: of 30 and 90, then of 10, on the mean in the upper and the lower band.
    const lightness = Float32Array.of(30, 90, 30, 90, 10, 10, 10, 10);
    const colors = Float32Array.of(40, 40, 40, 40, 0, 0, 0, 0, -40, -40, -40, -40, 0, 0, 0, 0);
    countColors(counts, { count: 2, height: 2, width: 2, lightness, ab: colors }, 2, 0);
    expect(counts.counts[bins.count + bins.nearest(40, 0)]).toBe(1);
    expect(counts.counts[bins.nearest(-40, 0)]).toBe(1);
  });
});

describe("model files", () => {
  const lightness = randomTensor([1, 1, 48, 40], 3, 0, 100);

  /** Distributions that differ: the network starts close to none. */
  function parameters(config: NetworkConfig) {
    return new Map(
      [...lively(config, 4)].map(([name, { shape, data }]) => {
        const factor = name === "colorization.output.weight" ? 12 : 1;
        return [name, { shape, data: data.map((value) => factor * value) }];
      }),
    );
  }

  async function run(config: NetworkConfig, feed: TensorValue) {
    const model = inferenceModel(config, parameters(config), { precision: "float32" });
    const session = await cpu.createSession(model);
    const results = await session.run({ luminance: feed });
    await session.release();
    return { model, results };
  }

  test.each([
    ["of new models", DEFAULT_READ_OUTS.natural],
    ["without a fading correction", { ...DEFAULT_READ_OUTS.natural, fade: null, saturation: 1.3 }],
    ["without the prior", DEFAULT_READ_OUTS.faithful],
  ])("give the natural read-out %s, and the logits for any other", async (_, natural) => {
    const readOuts = { ...DEFAULT_READ_OUTS, natural };
    const config: NetworkConfig = {
      ...quantized,
      head: { ...(quantized.head as QuantizedHead), readOuts },
      finalUpsampling: "nearest",
    };
    const { model, results } = await run(config, lightness);
    const own = results.ab_logits!;
    expect(own.shape).toEqual([1, 12, 10, ChromaBins.of(40).count]);
    const stated = readModelMetadata(model).properties;
    const network = JSON.parse(stated["ltbc.network"]!) as NetworkConfig;
    const colors = quantizedColors(network.head as QuantizedHead, stated);
    expect(colors.readOuts).toEqual(readOuts);
    const distributions = new ColorDistributions(own.data as Float32Array, 10, 12, colors.prior);
    const entropies = Array.from(distributions.entropy);
    expect(Math.max(...entropies) - Math.min(...entropies)).toBeGreaterThan(0.1);
    const expected = distributions.read(natural);
    const found = numbers(results.ab).filter(
      (__, i) => i % 4 === 0 && Math.floor(i / 40) % 4 === 0,
    );
    expect(found.length).toBe(expected.length);
    const worst = Math.max(...found.map((value, i) => Math.abs(value - expected[i]!)));
    expect(worst).toBeLessThan(0.1);
    expect(Math.max(...found) - Math.min(...found)).toBeGreaterThan(5);
    // The network and its prior can be had back from the file.
    const plain = readPlainModel(model)!;
    expect(plain.parameters.get(PRIOR_NAME)!.data).toEqual(
      parameters(config).get(PRIOR_NAME)!.data,
    );
  });

  test("state the prior, or are refused", () => {
    const quantizedHead = quantized.head as QuantizedHead;
    const { count } = ChromaBins.of(40);
    const uniform = JSON.stringify(new Array(count).fill(1 / count));
    expect(quantizedColors(quantizedHead, { "ltbc.prior": uniform }).readOuts).toEqual(
      DEFAULT_READ_OUTS,
    );
    expect(() => quantizedColors(quantizedHead, {})).toThrow("nothing");
    expect(() => quantizedColors(quantizedHead, { "ltbc.prior": '["x"]' })).toThrow("JSON array");
    expect(() => quantizedColors(quantizedHead, { "ltbc.prior": "[0.5, 0.5]" })).toThrow(
      `${count}`,
    );
  });
});

test("a prior in bands of lightness is averaged in a model file, which knows no lightness", async () => {
  const { count } = ChromaBins.of(40);
  const readOuts = { ...DEFAULT_READ_OUTS, natural: { ...DEFAULT_READ_OUTS.natural, fade: null } };
  const run = async (bands: number, change: (prior: Float32Array) => Float32Array) => {
    const config: NetworkConfig = {
      ...quantized,
      head: { type: "quantized", spacing: 40, stride: 4, bands, readOuts },
    };
    const values = new Map(
      lively({ ...config, head: { ...quantized.head, bands: 2 } as QuantizedHead }, 4),
    );
    const data = change(values.get(PRIOR_NAME)!.data);
    values.set(PRIOR_NAME, { shape: [data.length], data });
    const session = await cpu.createSession(inferenceModel(config, values));
    const results = await session.run({ luminance: randomTensor([1, 1, 16, 16], 2, 0, 100) });
    await session.release();
    return numbers(results.ab);
  };
  const twice = (prior: Float32Array) => prior.map((share) => 2 * share);
  const two = await run(2, twice);
  const one = await run(1, (prior) => {
    return twice(prior)
      .subarray(0, count)
      .map((share, bin) => share + prior[count + bin]! - prior[bin]!);
  });
  expectClose(two, one, 1e-5, "ab");
  const first = await run(1, (prior) => twice(prior).subarray(0, count));
  expect(Math.max(...first.map((value, i) => Math.abs(value - two[i]!)))).toBeGreaterThan(0.1);
});
