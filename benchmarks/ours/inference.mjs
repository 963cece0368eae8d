// The model file as this project writes it, loaded as `Colorizer` does for many pictures; or (variant
// "8 bits") quantised for one of the pictures that it will see.

import { suitedModel } from "@let-there-be-color/core/colorize";
import { inferenceModel } from "@let-there-be-color/core/model";
import { Int8Calibration } from "@let-there-be-color/core/network";
import { readSafetensors } from "let-there-be-color/training";
import { createRuntime } from "../../packages/node/dist/runtime/onnx-runtime.js";
import { serve } from "../contender-process.mjs";
import { networkOf } from "../networks.mjs";
import { sampled } from "../samples.mjs";

await serve(async ({ network, side, batchSize, threads, parameters, batch, variant }) => {
  const { tensors } = await readSafetensors(parameters);
  const model = inferenceModel(networkOf(network), tensors);
  const runtime = await createRuntime({ threads });
  const { data } = (await readSafetensors(batch)).tensors.get("luminance");
  const luminance = { type: "float32", shape: [batchSize, 1, side, side], data };
  const suited =
    variant === "8 bits"
      ? await quantized(model, runtime, luminance)
      : await suitedModel(model, runtime, { workingSize: side });
  const session = await runtime.createSession(suited);
  return {
    facts: {},
    run: async () => {
      const { ab, scene_logits: logits } = await session.run({ luminance });
      return { ab: sampled(ab.data), logits: sampled(logits.data) };
    },
  };
});

async function quantized(model, runtime, batch) {
  const [, , height, width] = batch.shape;
  const data = batch.data.subarray(0, height * width);
  const luminance = { ...batch, shape: [1, 1, height, width], data };
  const calibration = Int8Calibration.of(model);
  const observer = await runtime.createSession(calibration.observer);
  calibration.observeLimits(await observer.run({ luminance }));
  calibration.count(await observer.run({ luminance }));
  await observer.release();
  return calibration.quantized();
}
