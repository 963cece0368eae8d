import { expect, test } from "vitest";
import { parameterSpecifications } from "../network/index.js";
import { cpu, numbers, runGraph, tensor } from "../testing/devices.js";
import { expectClose, randomTensor } from "../testing/gradient-check.js";
import { backbone, fixedSizeNetwork, lively, parameterFeeds } from "../testing/networks.js";
import { estimateEncoderStatistics } from "./encoder-statistics.js";

const size = { batchSize: 4, height: 64, width: 64 };
const values = lively(backbone, 3);
const pictures = (seed: number, highest: number) =>
  randomTensor([4, 1, 64, 64], seed, 0, highest).data as Float32Array;

test("with the statistics of a batch, frozen normalisation is that batch's live one", async () => {
  const lightness = pictures(1, 100);
  const estimated = await estimateEncoderStatistics(cpu, backbone, values, [lightness], size);
  const frozen = {
    ...backbone,
    encoder: { ...backbone.encoder, normalization: "frozen" },
  } as const;
  const logits = async (network: typeof backbone, parameters: typeof values) => {
    const graph = fixedSizeNetwork(network, "training", [4, 64, 64]);
    const feeds = { ...parameterFeeds(parameters), luminance: tensor([4, 1, 64, 64], lightness) };
    const needed = Object.entries(feeds).filter(([name]) =>
      graph.inputs.some((input) => input.name === name),
    );
    return numbers((await runGraph(cpu, graph, Object.fromEntries(needed))).logits);
  };
  const live = await logits(backbone, values);
  expectClose(await logits(frozen, estimated), live, 1e-3, "logits");
  expect(Math.abs((await logits(frozen, values))[0]! - live[0]!)).toBeGreaterThan(1e-2);
});

test("mean and variance are those over all pictures, and the rest stays", async () => {
  const [dark, bright] = [pictures(2, 10), pictures(3, 100)];
  const estimate = (batches: Float32Array[], batchSize = 4) =>
    estimateEncoderStatistics(cpu, backbone, values, batches, { ...size, batchSize });
  const separately = await estimate([dark, bright]);
  const together = await estimate([Float32Array.from([...dark, ...bright])], 8);
  // Behind the first layer, each batch is normalised by its own statistics.
  for (const kind of ["running_mean", "running_variance"]) {
    const name = `encoder.first.normalization.${kind}`;
    expectClose([...separately.get(name)!.data], [...together.get(name)!.data], 1e-4, kind);
    expect(separately.get(name)!.data).not.toEqual(values.get(name)!.data);
  }
  const changed = parameterSpecifications(backbone)
    .map(({ name }) => name)
    .filter((name) => separately.get(name) !== values.get(name));
  expect(changed.every((name) => /^encoder\..*\.running_(mean|variance)$/.test(name))).toBe(true);
});
