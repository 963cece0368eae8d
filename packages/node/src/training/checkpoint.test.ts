import { spawnSync } from "node:child_process";
import { copyFile, readdir, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { noSteps, type TrainingState } from "@let-there-be-color/core/training";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { unfinishedName } from "../files/unfinished-file.js";
import { temporaryFolder } from "../testing/pictures.js";
import {
  checkpointPath,
  discardCheckpointsAfter,
  findNewestCheckpoint,
  readCheckpoint,
  saveCheckpoint,
  type TrainingProgress,
} from "./checkpoint.js";
import { openCheckpoint, refuseUsedFolder } from "./run-folder.js";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(() => folder.remove());

function progressAt(step: number, bestStep: number | null = null): TrainingProgress {
  return {
    step,
    position: { phase: 0, epoch: 0, batch: step },
    plan: [{ crop: 8, epochs: 1, batchSize: 1, batchesPerEpoch: 1000 }],
    seed: 4,
    best:
      bestStep === null
        ? null
        : { step: bestStep, phase: 0, epoch: 1, measure: "colorLoss", value: 0.25 },
    epochsWithoutImprovement: 0,
    // A third has no short decimal form: JSON must bring back the same bits.
    epochTotals: { ...noSteps, steps: 3, sums: { colorLoss: 1 / 3 }, weights: { pictures: 6 } },
    windowTotals: noSteps,
    journalLines: 5,
    validations: [],
    seconds: 1.5,
    configuration: { any: "thing" },
  };
}

function stateOf(value: number): TrainingState {
  return new Map([
    ["weight", { shape: [2, 2], data: Float32Array.of(value, 0.1, -0, 1e-40) }],
    ["weight/first_moment", { shape: [], data: Float32Array.of(3) }],
  ]);
}

const save = (step: number, bestStep: number | null = null, keep = 2) =>
  saveCheckpoint(folder.path, progressAt(step, bestStep), stateOf(step), keep);

const steps = async () =>
  (await readdir(folder.path))
    .filter((name) => name.endsWith(".json"))
    .map((name) => Number(name.replace(/\D/g, "")))
    .sort((one, other) => one - other);

const newestStep = async () =>
  (await findNewestCheckpoint(folder.path)).checkpoint?.progress.step ?? null;

describe("saving and reading", () => {
  it("brings back progress and state exactly, from either file's name", async () => {
    const path = await save(7, 7);
    for (const name of [path, path.replace(".json", ".safetensors")]) {
      const { progress, state } = await readCheckpoint(name);
      expect(progress).toEqual(progressAt(7, 7));
      expect(state).toEqual(stateOf(7));
    }
  });

  it("keeps the newest, and the best that any of them refers to", async () => {
    for (const [step, best] of [
      [10, 10],
      [20, 20],
      [30, 20],
      [40, 20],
      [100, 100],
    ] as const) {
      await save(step, best);
    }
    expect(await steps()).toEqual([20, 40, 100]);
    await save(110, 100);
    expect(await steps()).toEqual([100, 110]);
    expect((await readdir(folder.path)).length).toBe(4);
  });

  it("leaves no half checkpoint when it cannot finish", async () => {
    await save(1);
    const broken = new Map([["weight", { shape: [5], data: new Float32Array(2) }]]);
    await expect(saveCheckpoint(folder.path, progressAt(2), broken, 1)).rejects.toThrow(
      /weight: shape \[5\] does not hold 2 values/,
    );
    expect(await newestStep()).toBe(1);
  });
});

describe("finding the newest", () => {
  it("goes by the step, not by the names as text", async () => {
    await save(9, null, 9);
    await save(1000, null, 9);
    await save(200, null, 9);
    expect(await newestStep()).toBe(1000);
  });

  it("finds nothing in a folder without checkpoints", async () => {
    await writeFile(join(folder.path, "checkpoint-final.json"), "{}");
    expect(await findNewestCheckpoint(folder.path)).toEqual({ checkpoint: null, rejected: [] });
    await expect(openCheckpoint(folder.path)).rejects.toThrow(/holds no usable checkpoint/);
    await expect(openCheckpoint(join(folder.path, "no"))).rejects.toThrow(/There is no run folder/);
  });

  const damages: [string, (json: string, tensors: string) => Promise<unknown>, RegExp][] = [
    ["its tensors are missing", (_, tensors) => rm(tensors), /is missing/],
    ["its tensors are cut short", (_, tensors) => truncate(tensors, 40), /has 40 bytes/],
    [
      "one bit of its tensors is flipped",
      async (_, tensors) => {
        const bytes = await readFile(tensors);
        bytes[bytes.length - 1]! ^= 1;
        await writeFile(tensors, bytes);
      },
      /is not the file that/,
    ],
    ["its JSON is cut short", (json) => truncate(json, 100), /not JSON/],
    ["its JSON is empty", (json) => truncate(json, 0), /not JSON/],
    [
      "its JSON is another program's",
      (json) => writeFile(json, '{"step": 99}'),
      /not a checkpoint/,
    ],
    [
      "its JSON is of a later format",
      async (json) => {
        const text = await readFile(json, "utf8");
        await writeFile(json, text.replace('"formatVersion": 2', '"formatVersion": 99'));
      },
      /has checkpoint format 99/,
    ],
    [
      "its JSON names a file outside the folder",
      async (json) => {
        const text = await readFile(json, "utf8");
        await writeFile(json, text.replace('"file": "', '"file": "../'));
      },
      /names no tensors file/,
    ],
    [
      "its tensors are those of another checkpoint",
      (_, tensors) => copyFile(join(folder.path, "checkpoint-20.safetensors"), tensors),
      /is not the file that/,
    ],
  ];
  it.each(damages)("falls back to the one before, and says so, when %s", async (_, harm, why) => {
    await save(10, null, 9);
    await save(20, null, 9);
    const path = await save(30, null, 9);
    await harm(path, path.replace(".json", ".safetensors"));
    const { checkpoint, rejected } = await findNewestCheckpoint(folder.path);
    expect(checkpoint?.progress.step).toBe(20);
    expect(rejected).toEqual([{ path, reason: expect.stringMatching(why) }]);
  });

  it("ignores what a killed process left: tensors without JSON, unfinished files", async () => {
    const path = await save(10);
    await copyFile(
      path.replace(".json", ".safetensors"),
      join(folder.path, "checkpoint-20.safetensors"),
    );
    await writeFile(join(folder.path, "checkpoint-20.json.tmp"), "{"); // as it was named once
    const { pid } = spawnSync(process.execPath, ["--version"]);
    const abandoned = unfinishedName().replace(`-${process.pid}-`, `-${pid}-`);
    await writeFile(join(folder.path, abandoned), "{");
    expect(await newestStep()).toBe(10);
    await discardCheckpointsAfter(folder.path, 10);
    expect((await readdir(folder.path)).sort()).toEqual([
      "checkpoint-10.json",
      "checkpoint-10.safetensors",
    ]);
  });

  it("counts no damaged checkpoint when it deletes old ones", async () => {
    await save(10);
    await truncate((await save(20)).replace(".json", ".safetensors"), 3);
    await save(30);
    expect(await newestStep()).toBe(30);
    await truncate(checkpointPath(folder.path, 30), 3);
    expect(await newestStep()).toBe(10);
  });
});

describe("run folders", () => {
  it("may be missing or empty, but not used", async () => {
    await refuseUsedFolder(folder.path);
    await refuseUsedFolder(join(folder.path, "missing"));
    await save(1);
    const before = (await stat(checkpointPath(folder.path, 1))).mtimeMs;
    await expect(refuseUsedFolder(folder.path)).rejects.toThrow(/is not empty.*`resume`/);
    expect((await stat(checkpointPath(folder.path, 1))).mtimeMs).toBe(before);
  });
});
