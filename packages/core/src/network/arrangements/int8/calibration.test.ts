import { fromBinary } from "@bufbuild/protobuf";
import { TensorProto_DataType as ElementType, ModelProtoSchema } from "onnx-buf";
import { describe, expect, test } from "vitest";
import { inferenceModel } from "../../../model/inference-model.js";
import { cpu, numbers } from "../../../testing/devices.js";
import { randomTensor } from "../../../testing/gradient-check.js";
import { lively, wide } from "../../../testing/networks.js";
import { parameterSpecifications } from "../../parameter-list.js";
import { initialValues } from "../../parameters.js";
import { forCpu } from "../cpu/model.js";
import { Int8Calibration } from "./calibration.js";

const initial = initialValues(parameterSpecifications(wide), 1);
const values = new Map(
  [...lively(wide, 1)].map(([name, value]) => [
    name,
    value.shape.length > 1 ? initial.get(name)! : value,
  ]),
);
const model = inferenceModel(wide, values, { workingSize: 64, metadata: { licence: "MIT" } });
// Half of them of the size of the global image, which sees others much reduced: noise fades.
const pictures = Array.from({ length: 12 }, (_, seed) =>
  randomTensor(seed % 2 === 0 ? [1, 1, 40, 48] : [1, 1, 16, 16], seed + 10, 0, 100),
);

async function calibrated(): Promise<Uint8Array> {
  const calibration = Int8Calibration.of(model)!;
  const observer = await cpu.createSession(calibration.observer);
  for (const lightness of pictures) {
    calibration.observeLimits(await observer.run({ luminance: lightness }));
  }
  for (const lightness of pictures) calibration.count(await observer.run({ luminance: lightness }));
  await observer.release();
  return calibration.quantized({ "ltbc.quantization": "test" });
}

describe("a quantised model", async () => {
  const quantized = await calibrated();

  test("answers nearly as the original, to pictures it was not calibrated on, too", async () => {
    const sessions = [await cpu.createSession(model), await cpu.createSession(quantized)];
    for (const shape of [
      [2, 1, 40, 48],
      [1, 1, 37, 21],
      [1, 1, 16, 16],
    ]) {
      const lightness = randomTensor(shape, 99, 0, 100);
      const [exact, coarse] = await Promise.all(
        sessions.map((each) => each.run({ luminance: lightness })),
      );
      for (const output of ["ab", "scene_logits"]) {
        const [expected, actual] = [numbers(exact![output]), numbers(coarse![output])];
        const squares = (of: (value: number, i: number) => number) =>
          expected.reduce((sum, value, i) => sum + of(value, i) ** 2, 0);
        const error = squares((value, i) => actual[i]! - value) / squares((value) => value);
        // Rounding of a dozen layers of a random network adds up; a wrong scale gives 1 and more.
        expect(Math.sqrt(error), `${output} of ${shape}`).toBeLessThan(0.15);
        expect(error).toBeGreaterThan(0); // it is quantised
      }
    }
    for (const each of sessions) await each.release();
  });

  test("stores the weights of inner convolutions as bytes, one for each", () => {
    const elements = (bytes: Uint8Array, type: ElementType) =>
      fromBinary(ModelProtoSchema, bytes)
        .graph!.initializer.filter(({ dataType, dims }) => dataType === type && dims.length > 1)
        .reduce((sum, { dims }) => sum + dims.reduce((a, b) => a * Number(b), 1), 0);
    const inner = [...values].filter(
      ([name, { shape }]) =>
        shape.length === 4 && Math.min(shape[0]!, shape[1]!) >= 16 && !name.startsWith("fusion"),
    );
    const expected = inner.reduce((sum, [, { data }]) => sum + data.length, 0);
    // The global image goes through the low-level layers, too, whose weights are stored for it again.
    const again = inner.filter(([name]) => name.startsWith("low_level"));
    const shared = again.reduce((sum, [, { data }]) => sum + data.length, 0);
    expect(elements(quantized, ElementType.INT8)).toBe(expected + shared);
  });

  test("keeps the metadata", () => {
    const { metadataProps } = fromBinary(ModelProtoSchema, quantized);
    const properties = Object.fromEntries(metadataProps.map(({ key, value }) => [key, value]));
    expect(properties).toMatchObject({
      "ltbc.workingSize": "64",
      licence: "MIT",
      "ltbc.quantization": "test",
    });
  });

  test("is left as it is by what comes after", () => {
    expect(forCpu(quantized)).toBe(quantized);
    expect(Int8Calibration.of(quantized)).toBeUndefined();
  });
});
