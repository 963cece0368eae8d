import { describe, expect, test } from "vitest";
import { Graph } from "../../graph/graph.js";
import { cpu, numbers, runGraph } from "../../testing/devices.js";
import { expectClose, randomTensor } from "../../testing/gradient-check.js";
import { backbone } from "../../testing/networks.js";
import { mobilenetV1File, mobilenetV1Maps } from "../../testing/reference-backbone.js";
import type { NetworkContext } from "../layers.js";
import { ParameterSource, type ParameterValues } from "../parameters.js";
import { backboneFeatures } from "./backbone.js";
import { type MobilenetV1Config, mobilenetV1Channels } from "./mobilenet-v1.js";
import { pretrainedBackbone, withEncoderWeights } from "./starting-weights.js";

const config = backbone.encoder as MobilenetV1Config;

function file(channels = config.channels) {
  let seed = 1;
  return mobilenetV1File(
    channels,
    (shape, lowest, highest) => randomTensor(shape, seed++, lowest, highest).data as Float32Array,
  );
}

async function maps(
  encoder: MobilenetV1Config,
  values: ParameterValues,
  image: ReturnType<typeof randomTensor>,
  mode: NetworkContext["mode"] = "inference",
) {
  const graph = new Graph();
  const context: NetworkContext = {
    config: { ...backbone, encoder },
    parameters: ParameterSource.constants(graph, values),
    mode,
    updatedStatistics: new Map(),
    noise: () => graph.scalar(0),
  };
  const features = backboneFeatures(context, encoder, graph.input("x", "float32", image.shape));
  features.forEach((map, index) => {
    graph.output(`map${index}`, map);
  });
  const results = await runGraph(cpu, graph, { x: image });
  return features.map((_, index) => results[`map${index}`]!);
}

describe("MobileNet v1 with weights from a file", () => {
  const image = randomTensor([2, 3, 64, 32], 77, -1, 1);

  test.each(["batch", "frozen", "none"] as const)(
    "computes the maps of its definition, normalisation %s",
    async (normalization) => {
      const tensors = file();
      const { encoder, values } = pretrainedBackbone({ ...config, normalization }, tensors, 3);
      const expected = mobilenetV1Maps(tensors, config.epsilon, image);
      const got = await maps(encoder, values, image);
      expect(got.map(({ shape }) => shape)).toEqual(expected.map(({ shape }) => shape));
      for (const [index, map] of got.entries()) {
        expectClose(numbers(map), numbers(expected[index]), 1e-4, `map ${index}`);
      }
    },
  );

  test("is normalised by running statistics in training, too, if they are frozen", async () => {
    const frozen = { ...config, normalization: "frozen" } as const;
    const { encoder, values } = pretrainedBackbone(frozen, file(), 3);
    const inferred = await maps(encoder, values, image);
    const trained = await maps(encoder, values, image, "training");
    expect(numbers(trained.at(-1))).toEqual(numbers(inferred.at(-1)));
  });

  test("sees a grey picture as three equal channels", async () => {
    const gray = randomTensor([1, 1, 32, 32], 5, -1, 1);
    const color = { ...gray, shape: [1, 3, 32, 32], data: new Float32Array(3 * 32 * 32) };
    for (const channel of [0, 1, 2]) color.data.set(gray.data as Float32Array, channel * 32 * 32);
    const tensors = file();
    const three = pretrainedBackbone(config, tensors, 3);
    const one = pretrainedBackbone(config, tensors);
    expectClose(
      numbers((await maps(one.encoder, one.values, gray)).at(-1)),
      numbers((await maps(three.encoder, three.values, color)).at(-1)),
      1e-4,
      "last map",
    );
  });
});

describe("channels without a signal", () => {
  /** Ten of the first layer's channels, silent, before depthwise ones that make constants of them. */
  const silent = [0, 2, 3, 5, 7, 11, 13, 14, 18, 19];
  const withSilent = (bias: number) => {
    const tensors = file();
    const set = (name: string, channel: number, value: number) => {
      const { data, shape } = tensors.get(name)!;
      const length = data.length / shape[0]!;
      data.fill(value, channel * length, (channel + 1) * length);
    };
    for (const channel of silent) {
      set("conv1.weight", channel, 1e-13);
      set("conv1.norm.mean", channel, 0);
      set("conv1.norm.variance", channel, 1e-24);
      set("conv1.norm.bias", channel, bias);
      set("block1.depthwise.norm.mean", channel, 0);
      set("block1.depthwise.norm.variance", channel, 0);
      set("block1.depthwise.norm.bias", channel, 0.1 * channel);
    }
    return tensors;
  };
  const image = randomTensor([1, 3, 32, 64], 8, -1, 1);

  test("are taken out, up to a multiple of 16, and nothing else changes", async () => {
    const tensors = withSilent(-0.4);
    const { encoder, values } = pretrainedBackbone(config, tensors, 3);
    expect(encoder.channels).toEqual([16, ...config.channels.slice(1)]);
    const expected = mobilenetV1Maps(tensors, config.epsilon, image);
    for (const [index, map] of (await maps(encoder, values, image)).entries()) {
      expectClose(numbers(map), numbers(expected[index]), 1e-4, `map ${index}`);
    }
    // What has to stay is exactly 0, so that no tiny numbers come of it.
    const { data } = values.get("encoder.first.weight")!;
    expect([...data].filter((value) => value !== 0 && Math.abs(value) < 1e-10)).toEqual([]);
  });

  test("stay if the border of the map would see their constant", async () => {
    const tensors = withSilent(0.4);
    const { encoder, values } = pretrainedBackbone(config, tensors, 3);
    expect(encoder).toEqual(config);
    const expected = mobilenetV1Maps(tensors, config.epsilon, image);
    const got = await maps(config, values, image);
    expectClose(numbers(got[0]), numbers(expected[0]), 1e-4, "first map");
  });
});

describe("files that do not fit say what is wrong", () => {
  test("a missing tensor", () => {
    const tensors = file();
    tensors.delete("block7.depthwise.norm.mean");
    expect(() => pretrainedBackbone(config, tensors)).toThrow(
      "Expected the encoder's weights to hold block7.depthwise.norm.mean of shape [8]",
    );
  });

  test("another width", () => {
    expect(() => pretrainedBackbone(config, file(mobilenetV1Channels(0.25)))).toThrow(
      "Expected conv1.weight of shape [20, 3, 3, 3] but the encoder's weights have [8, 3, 3, 3]",
    );
  });

  test("a tensor that the encoder does not have", () => {
    const tensors = file();
    tensors.set("layer00.weight", { shape: [1], data: Float32Array.of(1) });
    expect(() => pretrainedBackbone(config, tensors)).toThrow(
      "hold layer00.weight, which mobilenet-v1 does not have",
    );
  });

  test("a network with the paper's encoder", () => {
    const { encoder: _, ...paper } = backbone;
    expect(() => withEncoderWeights(paper as never, file())).toThrow(
      "Expected a network with a pretrained encoder",
    );
  });
});
