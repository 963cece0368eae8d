import { fromBinary } from "@bufbuild/protobuf";
import { ModelProtoSchema } from "onnx-buf";
import { describe, expect, test } from "vitest";
import type { TensorValue } from "../graph/session.js";
import { cpu, numbers, tensor } from "../testing/devices.js";
import { expectClose, randomTensor } from "../testing/gradient-check.js";
import { lively, parameterFeeds, rich, tiny } from "../testing/networks.js";
import { judgementGraph, lossGraph } from "./exported-graphs.js";
import { evaluationGraph, trainingGraph } from "./training-graph.js";

type Feeds = Record<string, TensorValue>;

const count = 4;
const options = {
  objective: { type: "hybrid", alpha: 0.4, reduction: "mean" },
  augmentation: { emulsion: 0.5, tone: 0.5, vignette: 0.5, blur: 0.5, grain: 0.5, border: 0.5 },
  height: 24,
  width: 16,
} as const;
const batch: Feeds = {
  luminance: randomTensor([count, 1, 24, 16], 11, 0, 100),
  ab: randomTensor([count, 2, 24, 16], 12, -60, 60),
  labels: { type: "int64", shape: [count], data: BigInt64Array.from([2n, -1n, 0n, 1n]) },
};

/** Some pictures of every feed. */
function part(feeds: Feeds, first: number, length: number): Feeds {
  return Object.fromEntries(
    Object.entries(feeds).map(([name, { type, shape, data }]) => {
      const size = data.length / shape[0]!;
      const own = data.slice(first * size, (first + length) * size);
      return [name, { type, shape: [length, ...shape.slice(1)], data: own }];
    }),
  );
}

async function run(model: Uint8Array, feeds: Feeds): Promise<Feeds> {
  const session = await cpu.createSession(model);
  try {
    return await session.run(feeds);
  } finally {
    await session.release();
  }
}

const scalar = (value: TensorValue | undefined) => numbers(value)[0]!;

describe("the loss of workers with a part of the batch each", () => {
  const network = tiny;
  const exported = lossGraph({ ...options, network }, lively(network, 9));
  const noise: Feeds = {};
  for (const [index, { name, shape }] of exported.noise.entries()) {
    noise[name] = randomTensor([count, ...(shape.slice(1) as number[])], 31 + index, 0, 1);
  }
  const feeds = { ...batch, ...noise };
  const shared = { "labelled/total": tensor([], [3]) };

  test("has the whole step's as its mean, though labels are shared unequally", async () => {
    const step = trainingGraph({
      ...{ ...options, network, optimizer: { type: "sgd" }, batchSize: count },
    });
    const state = Object.fromEntries(
      step.state.map(({ name, shape }) => {
        const length = shape.reduce((product, each) => product * each, 1);
        return [name, tensor(shape, new Float32Array(length))];
      }),
    );
    const rates = { learning_rate: tensor([], [1]), step: tensor([], [1]) };
    const parameters = parameterFeeds(lively(network, 9));
    const whole = await run(step.model, { ...state, ...parameters, ...feeds, ...rates });
    const expected = scalar(whole["colorLoss/mean"]) + 0.4 * scalar(whole["classLoss/mean"]);
    const workers = { ...shared, workers: tensor([], [2]) };
    const halves = [
      await run(exported.model, { ...part(feeds, 0, 2), ...workers }),
      await run(exported.model, { ...part(feeds, 2, 2), ...workers }),
    ];
    const sumOf = (name: string) => halves.reduce((sum, results) => sum + scalar(results[name]), 0);
    expectClose([sumOf("loss") / 2], [expected], 1e-5, "loss");
    expect(halves.map((results) => scalar(results["labelled/weight"]))).toEqual([1, 2]);
    const color = scalar(whole["colorLoss/mean"]) * count;
    expectClose([sumOf("colorLoss/sum")], [color], 1e-5, "colour loss");
    expect(sumOf("accuracy/sum")).toBe(scalar(whole["accuracy/sum"]));
  });

  test("is that of one worker with all pictures", async () => {
    const alone = await run(exported.model, { ...feeds, ...shared, workers: tensor([], [1]) });
    const mean = scalar(alone["classLoss/sum"]) / 3;
    const loss = scalar(alone["colorLoss/sum"]) / count + 0.4 * mean;
    expectClose([scalar(alone.loss)], [loss], 1e-5, "loss");
  });
});

test("statistics that a batch changes are outputs, unless they are frozen", () => {
  const outputs = (parameterGroups: { pattern: string; learningRateFactor: number }[]) => {
    const { model } = lossGraph({ ...options, network: rich, parameterGroups });
    const names = fromBinary(ModelProtoSchema, model).graph!.output.map(({ name }) => name!);
    return names.filter((name) => name.endsWith("/next"));
  };
  const all = outputs([]);
  expect(all).toContain("low_level.0.normalization.running_mean/next");
  const others = outputs([{ pattern: "low_level", learningRateFactor: 0 }]);
  expect(others).toEqual(all.filter((name) => !name.startsWith("low_level")));
  expect(others.length).toBeGreaterThan(0);
});

test("values of any number of pictures are those of an evaluation", async () => {
  const parameters = parameterFeeds(lively(rich, 5));
  const sized = { ...options, network: rich };
  const expected = await run(evaluationGraph({ ...sized, batchSize: count }), {
    ...batch,
    ...parameters,
  });
  const { model } = judgementGraph(sized);
  for (const [first, length] of [
    [0, 4],
    [1, 2],
  ] as const) {
    const found = await run(model, { ...part(batch, first, length), ...parameters });
    expect(Object.keys(found)).toEqual(Object.keys(expected));
    for (const [name, value] of Object.entries(expected)) {
      const own = numbers(value).slice(first, first + length);
      expectClose(numbers(found[name]), own, 1e-5, name);
    }
  }
});

test("the network lies between augmentation and judgement", () => {
  const nodesOf = (model: Uint8Array) => fromBinary(ModelProtoSchema, model).graph!.node;
  const training = lossGraph({ ...options, network: tiny });
  const nodes = nodesOf(training.model);
  const made = new Set(nodes.flatMap(({ output }) => output));
  const { input, outputs } = training.boundary;
  expect(made).toContain(input);
  expect(outputs).toHaveLength(2);
  for (const name of outputs) expect(made).toContain(name);
  // Nothing is changed in an evaluation: the network starts from the picture itself.
  expect(judgementGraph({ ...options, network: tiny }).boundary.input).toBe("luminance");
});
