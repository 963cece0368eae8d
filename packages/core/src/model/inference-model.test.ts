import { fromBinary } from "@bufbuild/protobuf";
import { TensorProto_DataType as ElementType, ModelProtoSchema } from "onnx-buf";
import { describe, expect, test } from "vitest";
import { parameterSpecifications } from "../network/parameter-list.js";
import { initialValues } from "../network/parameters.js";
import { networkPreset } from "../network/presets.js";
import { cpu, numbers } from "../testing/devices.js";
import { expectClose, randomTensor } from "../testing/gradient-check.js";
import { lively, rich, tiny } from "../testing/networks.js";
import { toFloat16 } from "./float16.js";
import { inferenceModel } from "./inference-model.js";

const metadata = (model: Uint8Array) =>
  Object.fromEntries(
    fromBinary(ModelProtoSchema, model).metadataProps.map(({ key, value }) => [key, value]),
  );

test("the file tells what it holds", () => {
  const model = inferenceModel(rich, lively(rich, 1), {
    classes: ["beach", "forest", "Straße"],
    workingSize: 256,
    metadata: { licence: "MIT" },
  });
  const { "ltbc.network": network, "ltbc.classes": classes, ...others } = metadata(model);
  expect(JSON.parse(network!)).toEqual(rich);
  expect(JSON.parse(classes!)).toEqual(["beach", "forest", "Straße"]);
  expect(others).toMatchObject({ "ltbc.workingSize": "256", licence: "MIT" });
  const plain = metadata(inferenceModel(tiny, lively(tiny, 1)));
  expect(plain).not.toHaveProperty("ltbc.classes");
  expect(plain).not.toHaveProperty("ltbc.workingSize");
});

test("weights are stored in half precision by default, computed with in single", async () => {
  const values = lively(rich, 1);
  const half = inferenceModel(rich, values);
  const inHalf = (model: Uint8Array) =>
    fromBinary(ModelProtoSchema, model)
      .graph!.initializer.filter(({ dataType }) => dataType === ElementType.FLOAT16)
      .map(({ name }) => name);
  const matrices = [...values].filter(([, { shape }]) => shape.length > 1).map(([name]) => name);
  expect(inHalf(half).sort()).toEqual(matrices.sort());
  const single = inferenceModel(rich, values, { precision: "float32" });
  expect(inHalf(single)).toEqual([]);

  // The same as single precision with weights rounded to 11 significant bits beforehand, and no
  // finer than the smallest half.
  const spacing = (x: number) => 2 ** Math.max(Math.floor(Math.log2(Math.abs(x))) - 10, -24);
  const roundToEven = (x: number) =>
    Math.abs(x % 1) === 0.5 ? 2 * Math.round(x / 2) : Math.round(x);
  const rounded = new Map(
    [...values].map(([name, { shape, data }]) => {
      if (shape.length === 1) return [name, { shape, data }];
      const nearest = data.map((x) => (x === 0 ? 0 : roundToEven(x / spacing(x)) * spacing(x)));
      expect([...toFloat16(nearest)]).toEqual([...toFloat16(data)]);
      return [name, { shape, data: nearest }];
    }),
  );
  const lightness = randomTensor([1, 1, 24, 16], 5, 0, 100);
  const results = [];
  for (const model of [half, inferenceModel(rich, rounded, { precision: "float32" })]) {
    const session = await cpu.createSession(model);
    results.push(await session.run({ luminance: lightness }));
    await session.release();
  }
  expectClose(numbers(results[0]!.ab), numbers(results[1]!.ab), 1e-5, "ab");
});

test("the compact preset fits into 20 MB and colours a picture of odd size", async () => {
  const config = networkPreset("compact");
  const values = initialValues(parameterSpecifications(config), 1);
  const model = inferenceModel(config, values);
  expect(model.length).toBeLessThanOrEqual(20e6);
  const session = await cpu.createSession(model);
  const results = await session.run({ luminance: randomTensor([1, 1, 37, 53], 5, 0, 100) });
  expect(results.ab!.shape).toEqual([1, 2, 37, 53]);
  expect(results.scene_logits!.shape).toEqual([1, config.classes]);
  expect(numbers(results.ab).every((value) => Math.abs(value) <= 100)).toBe(true);
  await session.release();
});

describe("weights of another network are refused", () => {
  test("one missing", () => {
    const values = new Map(lively(tiny, 1));
    values.delete("fusion.bias");
    expect(() => inferenceModel(tiny, values)).toThrow(
      new RangeError(
        "Expected a parameter fusion.bias of shape [4] but there is none; the weights belong to another network",
      ),
    );
  });

  test("one of another shape", () => {
    const wider = { ...tiny, fusion: { channels: 6 } };
    expect(() => inferenceModel(wider, lively(tiny, 1))).toThrow(
      "Expected a parameter fusion.mid_level.weight of shape [6, 4, 1, 1] but it has [4, 4, 1, 1]",
    );
  });
});

describe("starting values", () => {
  const specifications = parameterSpecifications(networkPreset("compact"));

  test("are the same for the same seed, others for another", () => {
    const few = specifications.slice(0, 4);
    expect(initialValues(few, 3)).toEqual(initialValues(few, 3));
    expect(initialValues(few, 3)).not.toEqual(initialValues(few, 4));
  });

  test("have the variance of He et al. in front of an activation, biases of 0", () => {
    const wanted = ["mid_level.0.weight", "colorization.output.bias", "colorization.output.weight"];
    const few = specifications.filter(({ name }) => wanted.includes(name));
    const values = initialValues(few, 3);
    const variance = (name: string) => {
      const { data } = values.get(name)!;
      return data.reduce((sum, value) => sum + value * value, 0) / data.length;
    };
    // 2 / (9 x 256) over 589,824 samples: within 5 standard deviations of the estimate.
    const inner = 2 / (9 * 256);
    expect(Math.abs(variance("mid_level.0.weight") / inner - 1)).toBeLessThan(0.01);
    // The output starts near the middle of its range: 0.01 / (9 x 32) over 576 samples.
    expect(Math.abs((variance("colorization.output.weight") * 9 * 32) / 0.01 - 1)).toBeLessThan(
      0.3,
    );
    expect(variance("colorization.output.bias")).toBe(0);
  });
});
