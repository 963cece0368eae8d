import { fromBinary } from "@bufbuild/protobuf";
import { ModelProtoSchema } from "onnx-buf";
import { describe, expect, test } from "vitest";
import type { NetworkConfig } from "../network/index.js";
import { cpu, numbers } from "../testing/devices.js";
import { expectClose } from "../testing/gradient-check.js";
import { lively, parameterFeeds, wide } from "../testing/networks.js";
import {
  base,
  batchFeeds,
  type Feeds,
  plainSgd,
  scalar,
  startingState,
} from "../testing/training-steps.js";
import {
  evaluationGraph,
  type TrainingGraph,
  type TrainingGraphOptions,
  trainingGraph,
} from "./training-graph.js";

describe("with Winograd's algorithm", () => {
  // Layers of all kinds that it takes: same size, halved and, in the colorization network, doubled.
  const network: NetworkConfig = {
    ...wide,
    lowLevel: { layers: [...wide.lowLevel.layers.slice(0, -1), { channels: 256, stride: 2 }] },
    midLevel: { channels: [128, 128] },
    fusion: { channels: 128 },
    colorization: { stages: [[128], [64, 16], [16]] },
  };
  test.each(["batch", "none"] as const)("the step is the same, normalization %s", async (kind) => {
    const options: TrainingGraphOptions = {
      ...base,
      height: 64,
      width: 64,
      network: { ...network, normalization: kind },
      optimizer: plainSgd,
    };
    const direct = trainingGraph(options);
    const winograd = trainingGraph({ ...options, convolutions: "winograd" });
    const feeds = {
      ...batchFeeds({ ...base, height: 64, width: 64 }),
      ...startingState(direct, options),
    };
    const run = async ({ model }: TrainingGraph) => {
      const session = await cpu.createSession(model);
      const results = await session.run(feeds);
      await session.release();
      return results;
    };
    const [expected, ours] = [await run(direct), await run(winograd)];
    expect(scalar(ours["colorLoss/mean"])).toBeCloseTo(scalar(expected["colorLoss/mean"]), 6);
    expect(scalar(ours["classLoss/mean"])).toBeCloseTo(scalar(expected["classLoss/mean"]), 4);
    for (const { name, trainable } of direct.parameters) {
      const before = feeds[name]!.data as Float32Array;
      const change = (results: Feeds) =>
        numbers(results[`${name}/next`]).map((after, index) => after - before[index]!);
      const [to, from] = [change(ours), change(expected)];
      const length = (vector: readonly number[]) =>
        Math.sqrt(vector.reduce((sum, each) => sum + each * each, 0));
      const apart = length(to.map((each, index) => each - from[index]!));
      // The parameters themselves are rounded to about 1e-7.
      if (trainable)
        expect(apart, name).toBeLessThan(2e-3 * length(from) + 2e-6 * Math.sqrt(to.length));
    }
    expect(
      convolutionNodes(direct.model) - convolutionNodes(winograd.model),
    ).toBeGreaterThanOrEqual(12);
  });

  test("an evaluation is the same", async () => {
    const options = { ...base, network, height: 64, width: 64 };
    const feeds = {
      ...batchFeeds({ ...base, height: 64, width: 64 }),
      ...parameterFeeds(lively(network, 9)),
    };
    const losses = await Promise.all(
      (["direct", "winograd"] as const).map(async (convolutions) => {
        const session = await cpu.createSession(evaluationGraph({ ...options, convolutions }));
        const { luminance, ab, labels, ...parameters } = feeds;
        delete (parameters as Feeds).learning_rate;
        delete (parameters as Feeds).step;
        const results = await session.run({ luminance, ab, labels, ...parameters } as Feeds);
        await session.release();
        return numbers(results["colorLoss/values"]);
      }),
    );
    expectClose(losses[1]!, losses[0]!, 1e-4, "color_loss");
  });
});

function convolutionNodes(model: Uint8Array): number {
  return fromBinary(ModelProtoSchema, model).graph!.node.filter(({ opType }) =>
    /^Conv/.test(opType),
  ).length;
}
