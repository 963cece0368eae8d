// Two training steps of a small network, the same wherever they run. The second sees what the
// update of the first has changed.

import type { Runtime } from "@let-there-be-color/core/graph";
import { networkPreset } from "@let-there-be-color/core/network";
import { randomUniform } from "@let-there-be-color/core/random";
import {
  type Batch,
  createTrainableNetwork,
  type StepResult,
} from "@let-there-be-color/core/training";

const CLASSES = 3;
const PICTURES = 3;
const SIDE = 32;

/** Batch normalisation, skips and dropout, a few channels wide. */
const network = networkPreset("compact", {
  name: "narrow",
  classes: CLASSES,
  lowLevel: { layers: [4, 5, 6].map((channels) => ({ channels, stride: 2 })) },
  midLevel: { channels: [6] },
  global: {
    layers: [{ channels: 7, stride: 2 }],
    pooling: { type: "average" },
    hidden: [8, 7, 4],
  },
  fusion: { channels: 7 },
  colorization: { stages: [[7], [5], [4]] },
  classification: { hidden: [5], dropout: 0.3 },
  normalization: "batch",
});

/** Takes the steps; the results are those of each step before its update. */
export async function trainTwoSteps(runtime: Runtime): Promise<StepResult[]> {
  const trainable = await createTrainableNetwork(runtime, {
    network,
    objective: { type: "hybrid", alpha: 0.1, reduction: "mean" },
    optimizer: { type: "adam" },
    clipNorm: 1,
    batchSize: PICTURES,
    height: SIDE,
    width: SIDE,
    seed: 7,
  });
  try {
    const results: StepResult[] = [];
    for (const step of [1, 2]) results.push(await trainable.step(batch(step), 0.01, step));
    return results;
  } finally {
    await trainable.release();
  }
}

function batch(seed: number): Batch {
  const random = (length: number, low: number, high: number) =>
    Float32Array.from({ length }, (_, i) => low + (high - low) * randomUniform(seed, length, i));
  return {
    count: PICTURES,
    size: PICTURES,
    lightness: random(PICTURES * SIDE ** 2, 0, 100),
    ab: random(PICTURES * 2 * SIDE ** 2, -50, 50),
    labels: BigInt64Array.of(1n, -1n, 2n),
  };
}
