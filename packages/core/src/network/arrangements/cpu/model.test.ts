import { fromBinary, toBinary } from "@bufbuild/protobuf";
import { type ModelProto, ModelProtoSchema } from "onnx-buf";
import { afterAll, describe, expect, test } from "vitest";
import { inferenceModel } from "../../../model/inference-model.js";
import { cpu, numbers, type TestSession } from "../../../testing/devices.js";
import { expectClose, randomTensor } from "../../../testing/gradient-check.js";
import { backbone, lively, rich, tiny, wide } from "../../../testing/networks.js";
import type { NetworkConfig } from "../../config.js";
import { parameterSpecifications } from "../../parameter-list.js";
import { initialValues } from "../../parameters.js";
import { forCpu } from "./model.js";

const operators = (model: Uint8Array) =>
  fromBinary(ModelProtoSchema, model).graph!.node.map(({ opType }) => opType);

const edited = (model: Uint8Array, edit: (message: ModelProto) => void) => {
  const message = fromBinary(ModelProtoSchema, model);
  edit(message);
  return toBinary(ModelProtoSchema, message);
};

describe("a network arranged for the CPU computes the same", () => {
  const sessions = new Map<string, Promise<[plain: TestSession, arranged: TestSession]>>();
  const variants: Record<string, NetworkConfig> = {
    "batch normalisation, skips": wide,
    "no normalisation, leaky activation": {
      ...wide,
      normalization: "none",
      skips: "none",
      activation: { leakySlope: 0.2 },
      finalUpsampling: "nearest",
    },
    "average pooling": { ...wide, global: { ...wide.global, pooling: { type: "average" } } },
    "narrow layers": rich,
    "a total stride of 4, a flattened map": {
      ...wide,
      lowLevel: { layers: wide.lowLevel.layers.slice(0, -1) },
      colorization: { stages: [[16], [32, 16]] },
    },
    "a total stride of 16, a flattened map": {
      ...wide,
      lowLevel: { layers: [...wide.lowLevel.layers, { channels: 16, stride: 2 }] },
      global: { ...wide.global, layers: [{ channels: 16, stride: 1 }] },
      colorization: { stages: [[16], [32, 16], [16], [16]] },
    },
    "a backbone": backbone,
    "a backbone, frozen, skips side by side": {
      ...backbone,
      encoder: {
        kind: "mobilenet-v1",
        channels: [16, 16, 32, 32, 16, 16, 16, 16, 16, 16, 16, 16, 32, 32],
        normalization: "frozen",
        epsilon: 1e-3,
      },
      fusion: { channels: 16 },
      colorization: { stages: [[16], [16], [128, 128], [32]] },
      skips: "concatenate",
      normalization: "none",
    },
  };
  const open = async (config: NetworkConfig): Promise<[TestSession, TestSession]> => {
    const start = initialValues(parameterSpecifications(config), 1);
    // Changed matrices would let rounding errors grow from layer to layer.
    const values = new Map(
      [...lively(config, 1)].map(([name, value]) => [
        name,
        value.shape.length > 1 ? start.get(name)! : value,
      ]),
    );
    const model = inferenceModel(config, values);
    return [await cpu.createSession(model), await cpu.createSession(forCpu(model))];
  };
  afterAll(async () => {
    for (const pair of sessions.values()) for (const each of await pair) await each.release();
  });

  // Of the size of the global image, sides that are no multiples of the tiles or of 8, larger.
  const sizes = [
    [1, 16, 16],
    [2, 16, 16],
    [1, 8, 8],
    [2, 37, 50],
    [1, 64, 40],
  ] as const;
  test.each(Object.keys(variants).flatMap((name) => sizes.map((size) => [name, size] as const)))(
    "%s, %s",
    async (name, [batch, height, width]) => {
      const pair = sessions.get(name) ?? open(variants[name]!);
      sessions.set(name, pair);
      const lightness = randomTensor([batch, 1, height, width], 3, 0, 100);
      const [plain, arranged] = await Promise.all(
        (await pair).map((session) => session.run({ luminance: lightness })),
      );
      expect(arranged!.ab!.shape).toEqual([batch, 2, height, width]);
      // Rounding in other places, and nothing else: a wrong tap or border changes tenths.
      expectClose(numbers(arranged!.ab), numbers(plain!.ab), 1e-4, "ab");
      expectClose(numbers(arranged!.scene_logits), numbers(plain!.scene_logits), 1e-4, "logits");
    },
  );
});

test("wide layers are convolutions with fewer products, and none enlarges a map", () => {
  const model = inferenceModel(wide, lively(wide, 1));
  const arranged = operators(forCpu(model));
  expect(operators(model).filter((name) => name === "Resize")).toHaveLength(3);
  expect(arranged.filter((name) => name === "Resize")).toHaveLength(1); // the final one
  const products = fromBinary(ModelProtoSchema, forCpu(model)).graph!.node.filter(({ attribute }) =>
    attribute.some(({ name, i }) => name === "group" && i === 36n),
  );
  // One low-level layer, for the picture and for the global image, and one mid-level layer.
  expect(products).toHaveLength(3);
});

test("metadata is kept", () => {
  const model = inferenceModel(tiny, lively(tiny, 1), {
    classes: ["a", "b", "c"],
    workingSize: 64,
  });
  const properties = (bytes: Uint8Array) => fromBinary(ModelProtoSchema, bytes).metadataProps;
  expect(forCpu(model)).not.toBe(model);
  expect(properties(forCpu(model))).toEqual(properties(model));
});

describe("which models are rearranged", () => {
  const model = inferenceModel(rich, lively(rich, 1));

  test("one with other names for its values", () => {
    const renamed = edited(model, ({ graph }) => {
      const inner = new Map(graph!.node.flatMap(({ output }) => output.map((o) => [o, `v_${o}`])));
      for (const { name } of graph!.output) inner.delete(name);
      for (const node of graph!.node) {
        node.input = node.input.map((name) => inner.get(name) ?? name);
        node.output = node.output.map((name) => inner.get(name) ?? name);
      }
    });
    expect(forCpu(renamed)).not.toBe(renamed);
  });

  test.each<[string, (message: ModelProto) => void]>([
    [
      "another operation",
      ({ graph }) => {
        graph!.node.find(({ opType }) => opType === "Tanh")!.opType = "Sigmoid";
      },
    ],
    [
      "another stride",
      ({ graph }) => {
        const node = graph!.node.find(({ opType }) => opType === "Conv")!;
        node.attribute.find(({ name }) => name === "strides")!.ints = [1n, 1n];
      },
    ],
    [
      "another constant",
      ({ graph }) => {
        const scale = graph!.initializer.find(
          ({ dims, dataType }) => dims.length === 0 && dataType === 1,
        )!;
        scale.rawData = new Uint8Array(Float32Array.of(7).buffer);
      },
    ],
    [
      "an unknown configuration",
      ({ metadataProps }) => {
        metadataProps.find(({ key }) => key === "ltbc.network")!.value = '{"version":9}';
      },
    ],
    [
      "no configuration",
      (message) => {
        message.metadataProps = [];
      },
    ],
  ])("not one with %s", (_, edit) => {
    const other = edited(model, edit);
    expect(forCpu(other)).toBe(other);
  });
});
