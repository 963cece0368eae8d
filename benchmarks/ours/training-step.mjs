// A training step of this project: the graph that `ltbc train` runs, with the values of a file.

import { averages, objectiveOf, trainingMeasures } from "@let-there-be-color/core/objective";
import { readSafetensors } from "let-there-be-color/training";
import { createTrainableNetwork } from "../../packages/core/dist/training/trainable-network.js";
import { createRuntime } from "../../packages/node/dist/runtime/onnx-runtime.js";
import { serve } from "../contender-process.mjs";
import { networkOf } from "../networks.mjs";

await serve(async (specification) => {
  const { side, batchSize, threads, objective, clipNorm, learningRate } = specification;
  const config = networkOf(specification.network);
  const { tensors } = await readSafetensors(specification.parameters);
  const measures = trainingMeasures(objectiveOf(objective, config));
  const network = await createTrainableNetwork(
    await createRuntime({ threads }),
    {
      network: config,
      objective,
      optimizer: { type: "adam" },
      clipNorm,
      parameterGroups: specification.parameterGroups,
      batchSize,
      height: side,
      width: side,
      seed: 1,
    },
    tensors,
  );
  const { tensors: pictures } = await readSafetensors(specification.batch);
  const [lightness, ab, labels] = ["luminance", "ab", "labels"].map(
    (name) => pictures.get(name).data,
  );
  const batch = { count: batchSize, size: batchSize, lightness, ab, labels };
  let step = 0;
  const run = async () => {
    const result = await network.step(batch, learningRate, ++step);
    return { ...averages(measures, result), gradientNorm: result.gradientNorm };
  };
  return { facts: {}, run };
});
