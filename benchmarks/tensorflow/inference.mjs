// TensorFlow.js on WebAssembly: one thread, SIMD.

import { createRequire } from "node:module";
import { dirname, sep } from "node:path";
import { setThreadsCount, setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import * as tf from "@tensorflow/tfjs-core";
import { readSafetensors } from "let-there-be-color/training";
import { serve } from "../contender-process.mjs";
import { networkOf } from "../networks.mjs";
import { sampled } from "../samples.mjs";
import { tensorflowNetwork } from "./network.mjs";

await serve(async ({ network: name, side, batchSize, parameters, batch }) => {
  const entry = createRequire(import.meta.url).resolve("@tensorflow/tfjs-backend-wasm");
  setWasmPaths(dirname(entry) + sep);
  setThreadsCount(1);
  await tf.setBackend("wasm");
  await tf.ready();
  const { tensors } = await readSafetensors(parameters);
  const network = tensorflowNetwork(networkOf(name), tensors);
  const { data } = (await readSafetensors(batch)).tensors.get("luminance");
  // One channel: [N, 1, H, W] and [N, H, W, 1] lie alike in memory.
  const luminance = tf.tensor4d(data, [batchSize, side, side, 1]);
  const simd = await tf.env().getAsync("WASM_HAS_SIMD_SUPPORT");
  return {
    facts: { version: tf.version_core, simd },
    run: async () => {
      const { ab, logits } = network(luminance);
      const planes = tf.transpose(ab, [0, 3, 1, 2]);
      const result = { ab: sampled(await planes.data()), logits: sampled(await logits.data()) };
      tf.dispose([ab, planes, logits]);
      return result;
    },
  };
});
