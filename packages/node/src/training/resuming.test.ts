// The promise of checkpoints, with the real network on the CPU: a run that was broken off anywhere
// and resumed has, bit for bit, the losses and the final state of one that was not.

import { cp } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readModelMetadata } from "@let-there-be-color/core/model";
import { networkPreset } from "@let-there-be-color/core/network";
import { objectiveOf } from "@let-there-be-color/core/objective";
import { randomUint32, randomUniform } from "@let-there-be-color/core/random";
import {
  type Batch,
  createTrainableNetwork,
  type PhasePlan,
} from "@let-there-be-color/core/training";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createRuntime } from "../runtime/onnx-runtime.js";
import { temporaryFolder } from "../testing/pictures.js";
import { type Checkpoint, findNewestCheckpoint, readCheckpoint } from "./checkpoint.js";
import { recordedConfiguration } from "./earlier-formats.js";
import { readJournal } from "./journal.js";
import { exportedModel } from "./run/model-export.js";
import { train } from "./trainer.js";
import type { TrainingOptions } from "./trainer-options.js";

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

const objective = { type: "hybrid", alpha: 0.01, reduction: "mean" } as const;

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
  return { size, count: size, lightness: values(1, 0, 100), ab: values(2, -40, 80), labels };
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
    objective: objectiveOf(objective, network),
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
          objective,
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
  const losses = (await computed(unbroken)).map(({ measures }) => measures.colorLoss);
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

describe("a run folder of checkpoint format 1", () => {
  // Written by the first version with the same pictures and network; step 8 of 14, after one epoch.
  const old = fileURLToPath(new URL("../../src/testing/run-of-format-1", import.meta.url));

  it("is continued with its best model, its sums and its journal", async () => {
    const run = join(folder.path, "old");
    await cp(old, run, { recursive: true });
    const { checkpoint } = await findNewestCheckpoint(run);
    const { best, epochTotals } = checkpoint!.progress;
    const value = 0.01532854966353625;
    expect(best).toEqual({ step: 5, phase: 0, epoch: 1, measure: "colorLoss", value });
    expect(epochTotals).toMatchObject({ steps: 3, weights: { pictures: 12, labelled: 8 } });
    const end = await complete(optionsFor(run, checkpoint!));
    expect(end.progress.step).toBe(14);
    const [here, there] = [await computed(run), await computed(unbroken)];
    expect(here.map(({ type, step }) => [type, step])).toEqual(
      there.map(({ type, step }) => [type, step]),
    );
    // On another processor the first eight steps are rounded otherwise.
    for (const [index, { measures }] of here.entries()) {
      expect(measures.colorLoss).toBeCloseTo(there[index]!.measures.colorLoss!, 4);
      expect(measures.classLoss).toBeCloseTo(there[index]!.measures.classLoss!, 2);
      expect(measures.accuracy).toBeCloseTo(there[index]!.measures.accuracy!, 6);
    }
    const epochs = (records: typeof here) =>
      records.flatMap((record) => (record.type === "validation" ? [record.training] : []));
    expect(epochs(here)[1]!.colorLoss).toBeCloseTo(epochs(there)[1]!.colorLoss!, 4);
    expect(epochs(here)[1]!.accuracy).toBeCloseTo(epochs(there)[1]!.accuracy!, 6);
  });

  it("says what it was configured with, and exports its model", async () => {
    const checkpoint = await readCheckpoint(join(old, "checkpoint-5.json"));
    expect(recordedConfiguration(checkpoint.progress)).toMatchObject({
      objective,
      parameterGroups: [],
      movingAverage: 0,
      clipNorm: 1,
    });
    const { properties, classes } = readModelMetadata(exportedModel(checkpoint));
    expect(classes).toEqual(["beach", "forest", "sky"]);
    const { step, validation } = JSON.parse(properties["ltbc.training"]!);
    expect([step, validation.abError]).toEqual([5, 12.380852057326477]);
  });
});
