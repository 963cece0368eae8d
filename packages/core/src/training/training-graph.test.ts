import { describe, expect, test } from "vitest";
import type { NetworkConfig } from "../network/index.js";
import { objectiveOf } from "../objective/index.js";
import { cpu, describeBesideCpu, numbers, tensor } from "../testing/devices.js";
import { expectClose, randomTensor } from "../testing/gradient-check.js";
import { backbone, flattened, quantized, rich, tiny } from "../testing/networks.js";
import {
  base,
  batchFeeds,
  type Feeds,
  plainSgd,
  scalar,
  startingState,
  takeSteps,
} from "../testing/training-steps.js";
import { evaluationGraph, type TrainingGraphOptions, trainingGraph } from "./training-graph.js";

const quantizedChroma = {
  type: "quantized-chroma",
  alpha: 0.4,
  neighbours: 5,
  rebalancing: 0.5,
  minimumChroma: 5,
} as const;

describe.each<Pick<TrainingGraphOptions, "network" | "objective">>([
  { network: tiny, objective: base.objective },
  { network: rich, objective: base.objective },
  { network: flattened, objective: base.objective },
  { network: quantized, objective: quantizedChroma },
])("the gradient of the whole network $network.name", ({ network, objective }) => {
  test("agrees with finite differences of the losses the step itself reports", async () => {
    const options: TrainingGraphOptions = {
      ...base,
      network,
      objective,
      optimizer: plainSgd,
    };
    const graph = trainingGraph(options);
    const feeds = { ...batchFeeds(base), ...startingState(graph, options) };
    const session = await cpu.createSession(graph.model);
    const run = (changed: Feeds) => session.run({ ...feeds, ...changed });
    const { measure } = objectiveOf(objective, network).selection;
    const loss = (results: Feeds) =>
      numbers(results[`${measure}/mean`])[0]! +
      objective.alpha * numbers(results["classLoss/mean"])[0]!;
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
        if (Math.abs(gradient - expected) > 1e-3 + 0.015 * Math.abs(expected)) {
          errors.push(`${name}[${element}]: ${gradient}, expected ${expected}`);
        }
      }
    }
    await session.release();
    expect(errors).toEqual([]);
    expect(checked).toBeGreaterThan(60);
  });
});

test.each<Pick<TrainingGraphOptions, "network" | "objective">>([
  { network: rich, objective: { type: "hybrid", alpha: 0.1, reduction: "mean" } },
  { network: quantized, objective: { ...quantizedChroma, neighbours: 1 } },
])(
  "a network learns four pictures by heart: $network.name",
  async ({ network: own, objective }) => {
    const network: NetworkConfig = {
      ...own,
      classes: 4,
      classification: { hidden: [], dropout: 0 },
    };
    const options: TrainingGraphOptions = {
      network,
      objective,
      optimizer: { type: "adam" },
      batchSize: 4,
      height: 16,
      width: 16,
    };
    const graph = trainingGraph(options);
    const session = await cpu.createSession(graph.model);
    // One colour for each picture, and lightness that tells them apart.
    const colors = [60, -40, 20, 50, -50, -30, -10, 70];
    const feeds: Feeds = {
      ...startingState(graph, options),
      luminance: randomTensor([4, 1, 16, 16], 11, 0, 100),
      ab: tensor(
        [4, 2, 16, 16],
        colors.flatMap((color) => new Array<number>(256).fill(color)),
      ),
      labels: { type: "int64", shape: [4], data: BigInt64Array.of(0n, 1n, 2n, 3n) },
      learning_rate: tensor([], [0.02]),
    };
    const history = await takeSteps(session, graph, feeds, 80);
    await session.release();
    const first = history[0]!;
    const last = history.at(-1)!;
    const color = `${objectiveOf(objective, network).selection.measure}/mean`;
    expect(scalar(last[color])).toBeLessThan(0.1 * scalar(first[color]));
    expect(scalar(last["classLoss/mean"])).toBeLessThan(0.5 * scalar(first["classLoss/mean"]));
    expect(scalar(last["accuracy/sum"])).toBe(4);
    expect(scalar(last["labelled/weight"])).toBe(4);
  },
);

describeBesideCpu("A training step", (device) => {
  test("leads to the same parameters and losses as on the CPU", async () => {
    const options: TrainingGraphOptions = {
      ...base,
      network: rich,
      // Adam would blow up the rounding errors of gradients that should be 0, such as those of a
      // bias in front of a normalisation.
      optimizer: { type: "sgd", momentum: 0.9, weightDecay: 0.01 },
      clipNorm: 1,
    };
    const graph = trainingGraph(options);
    const feeds = {
      ...batchFeeds(base),
      ...startingState(graph, options),
      learning_rate: tensor([], [0.01]),
    };
    const histories = [];
    for (const on of [device, cpu]) {
      const session = await on.createSession(graph.model);
      histories.push(await takeSteps(session, graph, feeds, 3));
      await session.release();
    }
    const [here, reference] = histories.map((history) => history.at(-1)!);
    for (const [name, expected] of Object.entries(reference!)) {
      expectClose(numbers(here![name]), numbers(expected), 2e-3, name);
    }
  });
});

describe("what a step reports and changes", () => {
  async function oneStep(options: TrainingGraphOptions, changed: Feeds = {}) {
    const graph = trainingGraph(options);
    const feeds = { ...batchFeeds(base), ...startingState(graph, options), ...changed };
    const session = await cpu.createSession(graph.model);
    const results = await session.run(feeds);
    await session.release();
    /** L2 length of the change of all parameters together. */
    const moved = Math.hypot(
      ...graph.parameters
        .filter(({ trainable }) => trainable)
        .flatMap(({ name }) => {
          const next = results[`${name}/next`];
          if (!next) return [];
          return numbers(next).map((value, index) => value - numbers(feeds[name])[index]!);
        }),
    );
    return { graph, feeds, results, moved };
  }

  const options: TrainingGraphOptions = { ...base, network: tiny, optimizer: plainSgd };

  test("hints of the true colours are learnt from", async () => {
    const network = { ...backbone, hints: true };
    const size = { batchSize: 3, height: 32, width: 32 };
    const hinted = { ...options, ...size, network, hints: 1 };
    const { graph, results, feeds } = await oneStep(hinted, batchFeeds(size));
    const name = "colorization.2.hints.weight";
    const step = (at: number) => numbers(results[`${name}/next`])[at]! - numbers(feeds[name])[at]!;
    const count = numbers(feeds[name]).length;
    const moved = Array.from({ length: count }, (_, at) => Math.abs(step(at)));
    expect(Math.max(...moved)).toBeGreaterThan(1e-6);
    expect(graph.noise.map((each) => each.name)).toContain("augmentation.hints.place/noise");
    // None are given in evaluation, and none to a network that takes none.
    expect(evaluationGraph(hinted)).toEqual(evaluationGraph({ ...hinted, hints: 0 }));
    expect(trainingGraph({ ...options, hints: 1 }).noise).toEqual([]);
  });

  test("augmentation changes what the network sees in training, by chance", async () => {
    const plain = await oneStep(options);
    const augmentation = { tone: 1, border: 1 };
    const changed = await oneStep({ ...options, augmentation });
    expect(changed.graph.noise.map(({ name }) => name)).toEqual([
      ...["augmentation.tone/noise", "augmentation.border/noise"],
      ...plain.graph.noise.map(({ name }) => name),
    ]);
    const losses = [plain, changed].map(({ results }) => scalar(results["colorLoss/mean"]));
    expect(Math.abs(losses[0]! - losses[1]!)).toBeGreaterThan(1e-4);
    // In evaluation pictures stay as they are.
    expect(evaluationGraph({ ...options, augmentation })).toEqual(evaluationGraph(options));
  });

  test("the norm is the length of the gradient", async () => {
    const { results, moved } = await oneStep(options);
    expect(scalar(results.gradient_norm)).toBeCloseTo(moved, 4);
    expect(moved).toBeGreaterThan(0.01);
  });

  test("clipping shortens the step to the limit, not the norm that is reported", async () => {
    const { results: free, moved: length } = await oneStep(options);
    const clipped = await oneStep({ ...options, clipNorm: length / 4 });
    expect(clipped.moved).toBeCloseTo(length / 4, 4);
    expect(scalar(clipped.results.gradient_norm)).toBeCloseTo(scalar(free.gradient_norm), 5);
    const generous = await oneStep({ ...options, clipNorm: length * 4 });
    expect(generous.moved).toBeCloseTo(length, 5);
  });

  test("the target is the mean of 2 x 2 pixels in the units of the head", async () => {
    // An output convolution of zeros gives a normalised chroma of tanh(0) = 0.
    const network: NetworkConfig = { ...rich, normalization: "none" };
    const { results, feeds } = await oneStep(
      { ...options, network },
      {
        "colorization.output.weight": tensor([2, 3, 3, 3], new Float32Array(54)),
        "colorization.output.bias": tensor([2], [0, 0]),
      },
    );
    const ab = numbers(feeds.ab);
    let sum = 0;
    for (let plane = 0; plane < 6; plane++) {
      for (let row = 0; row < 24; row += 2) {
        for (let column = 0; column < 16; column += 2) {
          const at = (plane * 24 + row) * 16 + column;
          sum += ((ab[at]! + ab[at + 1]! + ab[at + 16]! + ab[at + 17]!) / 4 / 100) ** 2;
        }
      }
    }
    expect(scalar(results["colorLoss/mean"])).toBeCloseTo(sum / (6 * 12 * 8), 6);
  });

  test("alpha 0 trains the colours only", async () => {
    const { graph, results } = await oneStep({
      ...options,
      optimizer: { type: "adam" },
      objective: { type: "hybrid", alpha: 0, reduction: "mean" },
    });
    const changed = graph.state.filter(({ name }) => results[`${name}/next`]);
    const kept = graph.state.filter(({ name }) => !results[`${name}/next`]);
    expect(kept.map(({ name }) => name)).toEqual([
      "classification.output.weight",
      "classification.output.bias",
    ]);
    expect(changed.length).toBe(3 * (graph.parameters.length - 2));
    expect(scalar(results["classLoss/mean"])).toBeGreaterThan(0);
  });

  test("a network without classes reports no class loss", async () => {
    const { results } = await oneStep({ ...options, network: { ...tiny, classes: 0 } });
    const measured = Object.keys(results).filter((name) => !name.endsWith("/next"));
    expect(measured).toEqual(["colorLoss/mean", "gradient_norm"]);
    expect(scalar(results["colorLoss/mean"])).toBeGreaterThan(0);
  });

  test("the state is the parameters, statistics included, then the optimizer's", () => {
    const { parameters, state, noise } = trainingGraph({
      ...options,
      network: rich,
      optimizer: { type: "adam" },
    });
    const names = parameters.map(({ name }) => name);
    expect(state.slice(0, names.length).map(({ name }) => name)).toEqual(names);
    expect(names).toContain("fusion.normalization.running_mean");
    const trainable = parameters.filter((each) => each.trainable);
    expect(state.slice(names.length)).toEqual(
      trainable.flatMap(({ name, shape }) => [
        { name: `${name}/first_moment`, shape },
        { name: `${name}/second_moment`, shape },
      ]),
    );
    expect(noise).toEqual([{ name: "classification.hidden.0/noise", shape: [3, 4] }]);
  });

  test("sizes that the network cannot take are refused", () => {
    expect(() => trainingGraph({ ...options, height: 20 })).toThrow(
      "Expected picture sides that are multiples of 8 but received 16 x 20",
    );
  });
});
