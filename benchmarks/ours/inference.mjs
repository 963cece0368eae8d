// The model file as this project writes it, in the session that `Colorizer` uses.

import { inferenceModel, networkPreset } from "@let-there-be-color/core/network";
import { readSafetensors } from "let-there-be-color/training";
import { createRuntime } from "../../packages/node/dist/runtime/onnx-runtime.js";
import { serve } from "../contender-process.mjs";
import { sampled } from "../samples.mjs";

await serve(async ({ preset, side, batchSize, threads, parameters, batch }) => {
  const { tensors } = await readSafetensors(parameters);
  const model = inferenceModel(networkPreset(preset), tensors);
  const session = await (await createRuntime({ threads })).createSession(model);
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
