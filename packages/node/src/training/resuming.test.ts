// The promise of checkpoints, with the real network on the CPU: a run that was broken off anywhere
// and resumed has, bit for bit, the losses and the final state of one that was not.

import { cp } from "node:fs/promises";
import { join } from "node:path";
import { networkPreset } from "@let-there-be-color/core/network";
import { randomUint32, randomUniform } from "@let-there-be-color/core/random";
import {
  type Batch,
  createTrainableNetwork,
  type PhasePlan,
} from "@let-there-be-color/core/training";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createRuntime } from "../runtime/onnx-runtime.js";
import { temporaryFolder } from "../testing/pictures.js";
import { type Checkpoint, findNewestCheckpoint, readCheckpoint } from "./checkpoint.js";
import { readJournal } from "./journal.js";
import { type TrainingOptions, train } from "./trainer.js";

const seed = 11;
const phases: PhasePlan[] = [
  { crop: 8, epochs: 2, batchSize: 4, batchesPerEpoch: 5 },
  { crop: 16, epochs: 1, batchSize: 2, batchesPerEpoch: 4 },
];

/** All five networks, batch normalisation and dropout, in 2 000 parameters. */
const network = networkPreset("compact", {
  classes: 3,
  lowLevel: {
    layers: [
      { channels: 4, stride: 2 },
      { channels: 6, stride: 2 },
    ],
  },
  midLevel: { channels: [6] },
  global: { layers: [{ channels: 6, stride: 2 }], pooling: { type: "average" }, hidden: [8, 6] },
  fusion: { channels: 6 },
  colorization: { stages: [[6], [4]] },
  classification: { hidden: [5], dropout: 0.3 },
  normalization: "batch",
});

/** Random pictures: a pure function of epoch and index, like a data set's. */
function batchOf({ batchSize: size, crop }: PhasePlan, epoch: number, index: number): Batch {
  const values = (channels: number, least: number, range: number) =>
    Float32Array.from(
      { length: size * channels * crop * crop },
      (_, i) => least + range * randomUniform(seed, epoch, index, channels, i),
    );
  const labels = BigInt64Array.from({ length: size }, (_, i) =>
    BigInt((randomUint32(seed, epoch, index, i) % 4) - 1),
  );
  return { size, count: size, luminance: values(1, 0, 100), ab: values(2, -40, 80), labels };
}

async function* batches(phase: PhasePlan, epoch: number, from: number, to: number) {
  for (let index = from; index < to; index++) yield batchOf(phase, epoch, index);
}

function optionsFor(runFolder: string, resume?: Checkpoint): TrainingOptions {
  return {
    runFolder,
    phases,
    seed,
    journalSteps: 3,
    keepCheckpoints: 100,
    checkpointMinutes: 1e-9,
    learningRate: { base: 0.01, warmupSteps: 3, decay: { type: "cosine" } },
    openData: async (phase) => ({
      training: (epoch, start) => batches(phase, epoch, start, phase.batchesPerEpoch),
      validation: () => batches(phase, -1, 0, 2),
      close: async () => {},
    }),
    createNetwork: async ({ crop, batchSize }, state) =>
      createTrainableNetwork(
        await createRuntime({ threads: 1 }),
        {
          network,
          loss: { alpha: 0.01, reduction: "mean" },
          optimizer: { type: "adam" },
          clipNorm: 1,
          batchSize,
          height: crop,
          width: crop,
          seed,
        },
        state,
      ),
    ...(resume ? { resume } : {}),
  };
}

async function complete(options: TrainingOptions): Promise<Checkpoint> {
  for await (const _ of train(options));
  const { checkpoint } = await findNewestCheckpoint(options.runFolder);
  if (!checkpoint) throw new Error("No checkpoint");
  return checkpoint;
}

/** What the journal says of the computation: all but time, speed and the borders of processes. */
async function computed(runFolder: string) {
  const records = await readJournal(join(runFolder, "journal.jsonl"));
  return records
    .filter((record) => record.type === "steps" || record.type === "validation")
    .map((record) => (record.type === "steps" ? { ...record, imagesPerSecond: 0 } : record));
}

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let unbroken: string;
let last: Checkpoint;
beforeAll(async () => {
  folder = await temporaryFolder();
  unbroken = join(folder.path, "unbroken");
  last = await complete(optionsFor(unbroken));
});
afterAll(() => folder.remove());

it("trains at all: parameters, statistics and losses move", async () => {
  expect(last.progress.step).toBe(14);
  const start = await readCheckpoint(join(unbroken, "checkpoint-0.json"));
  const moved = [...last.state].filter(
    ([name, { data }]) => start.state.get(name)?.data.join() !== data.join(),
  );
  expect(moved.length).toBe(last.state.size);
  const losses = (await computed(unbroken)).map(({ colorLoss }) => colorLoss);
  expect(new Set(losses).size).toBe(losses.length);
});

it("repeats itself from the same seed", async () => {
  const again = join(folder.path, "again");
  expect((await complete(optionsFor(again))).state).toEqual(last.state);
});

// In an epoch within a journal window, at an epoch's end, at the phase's end, in the second phase.
it.each([0, 4, 5, 10, 12])("continues from step %i as if never broken off", async (step) => {
  const broken = join(folder.path, `broken-at-${step}`);
  await cp(unbroken, broken, { recursive: true });
  const resume = await readCheckpoint(join(broken, `checkpoint-${step}.json`));
  const end = await complete(optionsFor(broken, resume));
  expect(end.state).toEqual(last.state);
  expect(await computed(broken)).toEqual(await computed(unbroken));
  const { seconds: _, journalLines: __, ...progress } = end.progress;
  expect(last.progress).toMatchObject(progress);
});
