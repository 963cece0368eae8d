// The model file as this project writes it, loaded as `Colorizer` does for many pictures.

import { inferenceModel, networkPreset } from "@let-there-be-color/core/network";
import { readSafetensors } from "let-there-be-color/training";
import { createRuntime } from "../../packages/node/dist/runtime/onnx-runtime.js";
import { suitedModel } from "../../packages/node/dist/runtime/suited-model.js";
import { serve } from "../contender-process.mjs";
import { sampled } from "../samples.mjs";

await serve(async ({ preset, side, batchSize, threads, parameters, batch }) => {
  const { tensors } = await readSafetensors(parameters);
  const model = inferenceModel(networkPreset(preset), tensors);
  const runtime = await createRuntime({ threads });
  const suited = await suitedModel(model, runtime, { workingSize: side });
  const session = await runtime.createSession(suited);
  const { data } = (await readSafetensors(batch)).tensors.get("luminance");
  const luminance = { type: "float32", shape: [batchSize, 1, side, side], data };
  return {
    facts: {},
    run: async () => {
      const { ab, scene_logits: logits } = await session.run({ luminance });
      return { ab: sampled(ab.data), logits: sampled(logits.data) };
    },
  };
});
