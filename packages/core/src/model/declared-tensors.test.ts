import { expect, test } from "vitest";
import { backbone, lively, quantized } from "../testing/networks.js";
import { declaredNames, declaredTensors } from "./declared-tensors.js";
import { inferenceModel } from "./inference-model.js";

test("a model's inputs without a value of their own, and its outputs", async () => {
  const guided = { ...backbone, hints: true, reference: true };
  const model = inferenceModel(guided, lively(guided, 1));
  expect(declaredNames(model)).toEqual({
    inputs: ["luminance"],
    outputs: ["ab", "scene_logits", "global"],
  });
});

test("types and shapes, open lengths by their names", async () => {
  const { inputs, outputs } = await declaredTensors(
    inferenceModel(quantized, lively(quantized, 1)),
  );
  expect(inputs).toEqual([{ name: "luminance", type: "float", shape: ["N", 1, "H", "W"] }]);
  expect(outputs[0]).toEqual({ name: "ab", type: "float", shape: ["N", 2, "H", "W"] });
  expect(outputs[1]).toMatchObject({ name: "ab_logits", type: "float" });
  expect(outputs[1]!.shape!.at(-1)).toBe(23);
});

test("what is no protocol buffer is refused", () => {
  expect(() => declaredNames(new TextEncoder().encode("no model"))).toThrow(RangeError);
});
