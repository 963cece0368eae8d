import { expect, test } from "vitest";
import { foldNormalization } from "../model/folding.js";
import type { BackboneNetworkConfig, ParameterValues } from "../network/index.js";
import { cpu, numbers, tensor } from "../testing/devices.js";
import { expectClose, randomTensor } from "../testing/gradient-check.js";
import { backbone, lively, parameterFeeds } from "../testing/networks.js";
import { trainingGraph } from "./training-graph.js";

const size = { batchSize: 2, height: 64, width: 32 };
const frozen: BackboneNetworkConfig = {
  ...backbone,
  encoder: { ...backbone.encoder, normalization: "frozen" },
  normalization: "none",
};
/** Positive variances: the lively starting values change 1 by at most 0.1. */
const values = lively(frozen, 3);

/** The gradient of every parameter that has one: the step of plain SGD at a rate of 1. */
async function gradients(network: BackboneNetworkConfig, parameters: ParameterValues) {
  const graph = trainingGraph({
    ...size,
    network,
    objective: { type: "hybrid", alpha: 0.4, reduction: "mean" },
    optimizer: { type: "sgd", momentum: 0 },
  });
  const session = await cpu.createSession(graph.model);
  const results = await session.run({
    luminance: randomTensor([2, 1, 64, 32], 11, 0, 100),
    ab: randomTensor([2, 2, 64, 32], 12, -60, 60),
    labels: { type: "int64", shape: [2], data: BigInt64Array.from([2n, 0n]) },
    learning_rate: tensor([], [1]),
    step: tensor([], [1]),
    ...parameterFeeds(parameters),
  });
  await session.release();
  return new Map(
    graph.parameters.flatMap(({ name }) => {
      const next = results[`${name}/next`];
      const before = parameters.get(name)!.data;
      return next
        ? [[name, numbers(next).map((value, index) => before[index]! - value)] as const]
        : [];
    }),
  );
}

test("gradients reach weight, scale and bias of layers with frozen normalisation", async () => {
  const folded = foldNormalization(frozen, values);
  const ours = await gradients(frozen, values);
  const plain = await gradients(folded.config as BackboneNetworkConfig, folded.values);
  const layers = [...values.keys()].filter((name) => name.endsWith(".normalization.scale"));
  expect(layers).toHaveLength(27);
  for (const scaleName of layers) {
    const layer = scaleName.slice(0, -".normalization.scale".length);
    const of = (name: string) => values.get(`${layer}.${name}`)!.data;
    const [scale, mean, variance] = ["scale", "running_mean", "running_variance"].map((kind) =>
      of(`normalization.${kind}`),
    );
    const weight = of("weight");
    const [dWeight, dBias] = [plain.get(`${layer}.weight`)!, plain.get(`${layer}.bias`)!];
    const row = weight.length / scale!.length;
    const deviation = variance!.map((each) => Math.sqrt(each + frozen.encoder.epsilon));
    const perWeight = dWeight.map((each, index) => {
      const channel = Math.floor(index / row);
      return (each * scale![channel]!) / deviation[channel]!;
    });
    // The folded weight is w s / d, the folded bias b - m s / d.
    const perScale = Array.from(scale!, (_, channel) => {
      const start = channel * row;
      const along = dWeight
        .slice(start, start + row)
        .reduce((sum, each, index) => sum + each * weight[start + index]!, 0);
      return (along - dBias[channel]! * mean![channel]!) / deviation[channel]!;
    });
    // What is left of differences between numbers of the size of a weight.
    const floor = 1e-3;
    expectClose(ours.get(`${layer}.weight`)!, perWeight, 1e-3, `${layer}.weight`, floor);
    expectClose(ours.get(scaleName)!, perScale, 1e-3, scaleName, floor);
    expectClose(ours.get(`${layer}.normalization.bias`)!, dBias, 1e-3, `${layer} bias`, floor);
    expect(ours.has(`${layer}.normalization.running_mean`)).toBe(false);
    expect(ours.has(`${layer}.normalization.running_variance`)).toBe(false);
  }
  const first = ours.get("encoder.first.weight")!;
  expect(Math.max(...first.map(Math.abs))).toBeGreaterThan(1e-3);
});
