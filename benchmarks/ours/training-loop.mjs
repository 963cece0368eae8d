// The loop of `ltbc train` as a whole, in its first epoch or (variant "later epochs") with all pictures
// decoded before, or (variant "step") nothing but its steps on one batch.

import { join } from "node:path";
import { objectiveOf } from "@let-there-be-color/core/objective";
import { createTrainableNetwork } from "../../packages/core/dist/training/trainable-network.js";
import { resolveBatchOptions } from "../../packages/node/dist/dataset/batch-plan.js";
import { createRuntime } from "../../packages/node/dist/runtime/onnx-runtime.js";
import { planOf } from "../../packages/node/dist/training/run/configuration.js";
import { RunData } from "../../packages/node/dist/training/run/data.js";
import { prepareRun } from "../../packages/node/dist/training/run/prepare.js";
import { train } from "../../packages/node/dist/training/trainer.js";
import { serve } from "../contender-process.mjs";

await serve(async (specification) => {
  const {
    pictures,
    folder,
    network: preset,
    side,
    batchSize,
    steps,
    threads,
    variant,
  } = specification;
  const runFolder = join(folder, `${preset}-${side}-${variant}`);
  const { configuration, datasets } = await prepareRun({
    data: pictures,
    preset,
    crop: side,
    batch: batchSize,
    epochs: 1000,
    runFolder,
  });
  const plan = planOf(configuration, datasets.training.items.length);
  const data = new RunData(datasets, configuration);
  const runtime = await createRuntime({ threads });
  const { network, objective, optimizer, clipNorm, seed, learningRate } = configuration;
  const createNetwork = ({ crop, batchSize: size }, state) =>
    createTrainableNetwork(
      runtime,
      {
        ...{ network, objective, optimizer, clipNorm, seed },
        ...{ batchSize: size, height: crop, width: crop },
      },
      state,
    );
  const nextStep =
    variant === "step"
      ? await steppingAlone(plan[0], data, createNetwork, learningRate.base)
      : stepping(
          train({
            runFolder,
            phases: plan,
            openData: (phase) => openPhase(data, phase, variant),
            createNetwork,
            learningRate,
            objective: objectiveOf(objective, network),
            seed,
            // The clock runs while the others work, too: no checkpoint shall fall into a step.
            checkpointMinutes: Number.MAX_SAFE_INTEGER,
          }),
        );
  const { lookahead } = resolveBatchOptions({ mode: "training", batchSize, crop: side });
  return {
    facts: { batchesPerEpoch: plan[0].batchesPerEpoch, lookahead },
    run: async () => {
      // While the others worked, batches were prepared that cost these steps nothing.
      if (variant !== "step") for (let step = 0; step < lookahead; step++) await nextStep();
      const start = performance.now();
      for (let step = 0; step < steps; step++) await nextStep();
      return { seconds: (performance.now() - start) / 1000 / steps };
    },
  };
});

/** Goes on to the end of the loop's next step; validation would count as part of it. */
function stepping(events) {
  return async () => {
    for (;;) {
      const { value, done } = await events.next();
      if (done) throw new Error("The training has ended before the benchmark");
      if (value.type === "validation") throw new Error("Too few pictures: the epoch has ended");
      if (value.type === "step") return;
    }
  };
}

async function openPhase(data, phase, variant) {
  const opened = await data.openPhase(phase);
  if (variant === "later epochs") for await (const _ of opened.training(0, 0));
  return opened;
}

async function steppingAlone(phase, data, createNetwork, learningRate) {
  const opened = await data.openPhase(phase);
  const { value: batch } = await opened.training(0, 0).next();
  await opened.close();
  const network = await createNetwork(phase);
  let step = 0;
  return () => network.step(batch, learningRate, ++step);
}
