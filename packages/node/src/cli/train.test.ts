// The command as people run it: processes of its own, signals, files on disk.

import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { randomUniform } from "@let-there-be-color/core/random";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ltbcProcess, startLtbc } from "../testing/ltbc-process.js";
import { flatPicture, noisePicture, temporaryFolder } from "../testing/pictures.js";
import { hasSmallDisk, onSmallDisk } from "../testing/small-disk.js";
import { tinyNetwork } from "../testing/small-networks.js";
import { findNewestCheckpoint } from "../training/checkpoint.js";
import { type JournalRecord, readJournal } from "../training/journal.js";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let common: string[];
beforeAll(async () => {
  const files: Record<string, Uint8Array | string> = {
    "network.json": JSON.stringify(tinyNetwork),
    "pictures/red/broken.jpg": "no picture",
    "pictures/blue/grey.png": await flatPicture([90, 90, 90], 16, 16),
    "pictures/blue/readme.txt": "no picture either",
  };
  for (let index = 0; index < 8; index++) {
    files[`pictures/red/${index}.png`] = await flatPicture([200, 20 * index, 30], 16, 16);
    files[`pictures/blue/${index}.png`] = await noisePicture(index, 16, 16);
  }
  folder = await temporaryFolder(files);
  common = [join(folder.path, "pictures"), "--network", join(folder.path, "network.json")];
  common.push("--crop", "8", "--batch", "4", "--validation-fraction", "0.2", "--threads", "1");
});
afterAll(() => folder.remove());

const start = (parameters: readonly string[]) => startLtbc(["train", ...parameters]);
const run = (...parameters: string[]) => ltbcProcess("train", ...parameters);

const inRun = (name: string, ...path: string[]) => join(folder.path, name, ...path);

/** What a journal says of the computation: all but time, speed and the borders of processes. */
async function computed(name: string): Promise<JournalRecord[]> {
  return (await readJournal(inRun(name, "journal.jsonl")))
    .filter((record) => record.type === "steps" || record.type === "validation")
    .map((record) => (record.type === "steps" ? { ...record, imagesPerSecond: 0 } : record));
}

async function newest(name: string) {
  if (!existsSync(inRun(name))) return null;
  const { checkpoint, rejected } = await findNewestCheckpoint(inRun(name));
  expect(rejected).toEqual([]);
  return checkpoint;
}

/** Resolves when the child has written this text, or has ended. */
function said(child: ChildProcess, text: string): Promise<void> {
  return new Promise((resolve) => {
    let seen = "";
    child.stdout?.on("data", (part) => {
      seen += part;
      if (seen.includes(text)) resolve();
    });
    child.once("close", () => resolve());
  });
}

describe("ltbc train", () => {
  it("says what it chose, trains, and leaves model, journal, curves and checkpoints", async () => {
    const { status, stdout, stderr } = await run(...common, "--epochs", "2", "-o", inRun("first"));
    expect(stderr).toBe("");
    expect(status).toBe(0);
    expect(stdout).toMatch(/^Network +compact, 0\.00 million parameters, 2 classes$/m);
    expect(stdout).toMatch(/14 for training, 4 for validation \(20 % of every class, seed 0\); /);
    expect(stdout).toMatch(/2 epochs of 3 steps, batch 4, crops of 8 pixels .* scaled to 9/);
    expect(stdout).toMatch(/^Epoch 2\/2 {2}validation: colour 0\.\d+/m);
    expect(stdout).toMatch(/Left out as broken: 1 file\n {2}\S+red\/broken\.jpg: /);
    expect(stdout).toMatch(/Left out as grey: 1 picture\n/);
    expect(stdout).toMatch(/Best model: epoch \d, .* exported to \S+model\.onnx\n$/);
    const names = await readdir(inRun("first"));
    expect(names).toEqual(expect.arrayContaining(["curves.svg", "journal.jsonl", "model.onnx"]));
    const [first] = await readJournal(inRun("first", "journal.jsonl"));
    expect(first).toMatchObject({
      type: "start",
      configuration: { classes: ["blue", "red"], network: { fusion: { channels: 4 } } },
      versions: { node: process.versions.node },
    });
  });

  it("refuses a used folder and touches nothing in it", async () => {
    const before = await stat(inRun("first", "journal.jsonl"));
    const { status, stderr } = await run(...common, "-o", inRun("first"));
    expect(status).toBe(2);
    expect(stderr).toMatch(/is not empty\. Continue its run with --resume/);
    expect(await stat(inRun("first", "journal.jsonl"))).toEqual(before);
  });

  it("freezes and slows parts and averages the weights, until resumed otherwise", async () => {
    const parts = ["--freeze", "low_level", "--learning-rate-factor", "fusion=0.5", "global.*=0.1"];
    const more = ["--moving-average", "0.9", "--epochs", "1", "-o", inRun("parts")];
    const first = await run(...common, ...parts, ...more);
    expect(first.stderr).toBe("");
    expect(first.stdout).toMatch(
      /^Parameters +fusion x 0\.5, global\.\* x 0\.1, low_level frozen$/m,
    );
    expect(first.stdout).toMatch(/^Average +of the weights, decay 0\.9: /m);
    const before = (await newest("parts"))!.state;
    expect(before.has("fusion.mid_level.weight/average")).toBe(true);
    expect(before.has("low_level.0.weight/first_moment")).toBe(false);
    const again = ["--learning-rate-factor", "low_level=1", "--moving-average", "0"];
    const second = await run("--resume", inRun("parts"), "--epochs", "2", ...again);
    expect(second.stdout).toMatch(/^Parameters +low_level x 1$/m);
    const after = (await newest("parts"))!.state;
    expect(after.get("low_level.0.weight")).not.toEqual(before.get("low_level.0.weight"));
    expect([...after.keys()].filter((name) => name.endsWith("/average"))).toEqual([]);
  });

  it("prints one JSON line with --json, and progress on stderr", async () => {
    const { status, stdout, stderr } = await run("--resume", inRun("first"), "--json");
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ reason: "finished", step: 6 });
    expect(stderr).toContain("Continuing from");
  });

  it.each([
    [[], /Expected a data set/],
    [["--resume", "x", "--output", "y"], /leave out --output/],
    [["x", "--epochs", "0"], /whole number of 1 or more/],
  ])("refuses wrong usage %j", async (parameters, message) => {
    const { status, stderr } = await run(...parameters);
    expect(status).toBe(2);
    expect(stderr).toMatch(message);
  });
});

describe("a run that is broken off", () => {
  const epochs = ["--epochs", "20"];
  // A checkpoint after every step: most kills come while one is written.
  const always = ["--checkpoint-minutes", "0.000001"];

  beforeAll(async () => {
    const { status, stderr } = await run(...common, ...epochs, "-o", inRun("unbroken"));
    expect(stderr).toBe("");
    expect(status).toBe(0);
    expect((await newest("unbroken"))?.progress.step).toBe(60);
  });

  async function expectUnbroken(name: string): Promise<void> {
    expect(await computed(name)).toEqual(await computed("unbroken"));
    expect((await newest(name))?.state).toEqual((await newest("unbroken"))?.state);
  }

  it.each([
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ] as const)(
    "by %s saves, exits with %i, says how to resume, and resumes exactly",
    async (signal, code) => {
      const child = start([...common, ...epochs, ...always, "-o", inRun(signal)]);
      let stdout = "";
      child.stdout?.on("data", (part) => (stdout += part));
      const closed = once(child, "close");
      await said(child, "Epoch 2/20");
      child.kill(signal);
      expect(await closed).toEqual([code, null]);
      expect(stdout).toContain(`Continue with: ltbc train --resume ${inRun(signal)}`);
      const step = (await newest(signal))?.progress.step ?? 0;
      expect(stdout).toContain(`Training was interrupted: ${step} steps`);
      expect(step).toBeGreaterThanOrEqual(6);
      expect(step).toBeLessThan(60);
      const resumed = await run("--resume", inRun(signal), "--threads", "1");
      expect(resumed.status).toBe(0);
      await expectUnbroken(signal);
    },
  );

  it("by SIGKILL at 16 moments always has a loadable newest checkpoint", async () => {
    const fresh = [...common, ...epochs, ...always, "-o", inRun("killed")];
    const resume = ["--resume", inRun("killed"), "--threads", "1", ...always];
    let parameters = fresh;
    let lastStep = 0;
    let kills = 0;
    for (let life = 0; kills < 16; life++) {
      const child = start(parameters);
      const closed = once(child, "close");
      // Every fourth life ends before or at its first step, the others during the steps.
      await said(child, life % 4 === 0 ? "Network" : "epoch ");
      await new Promise((resolve) => setTimeout(resolve, 150 * randomUniform(1, life)));
      child.kill("SIGKILL");
      const [status] = await closed;
      const checkpoint = await newest("killed");
      if (status === 0) {
        // It was faster than we were: once more from the start.
        await expectUnbroken("killed");
        await rm(inRun("killed"), { recursive: true });
        parameters = fresh;
        lastStep = 0;
        continue;
      }
      kills++;
      if (!checkpoint) {
        // Killed before the first checkpoint: nothing was trained, and nothing is lost.
        expect(lastStep).toBe(0);
        await rm(inRun("killed"), { recursive: true, force: true });
        continue;
      }
      expect(checkpoint.progress.step).toBeGreaterThanOrEqual(lastStep);
      lastStep = checkpoint.progress.step;
      parameters = resume;
    }
    const { status } = await run(...parameters);
    expect(status).toBe(0);
    await expectUnbroken("killed");
  });
});

describe("a run folder", () => {
  it("is one process's alone", async () => {
    const child = start([...common, "--epochs", "5000", "-o", inRun("held")]);
    const closed = once(child, "close");
    await said(child, "Epoch 1/");
    const second = await run("--resume", inRun("held"));
    expect(second.stderr).toMatch(
      new RegExp(`^error: The run folder .*held is in use by process ${child.pid}, since .*\\n$`),
    );
    expect(second.status).toBe(1);
    expect(child.exitCode).toBe(null);
    child.kill("SIGKILL");
    await closed;
    const third = await run("--resume", inRun("held"), "--max-minutes", "0.0001");
    expect(third.stderr).toBe("");
    expect(third.status).toBe(0);
    expect(await readdir(inRun("held"))).not.toContain(".ltbc-lock");
  });

  it("that is a file is refused in one line", async () => {
    const { status, stderr } = await run(...common, "-o", inRun("network.json"));
    expect(stderr).toMatch(/^error: The run folder .*network\.json cannot be used .*\n$/);
    expect(status).toBe(1);
  });

  it.skipIf(!hasSmallDisk)("on a full disk keeps its last good checkpoint", async () => {
    await mkdir(inRun("disk"));
    const words = [...common, "-o", "disk/run"].join(" ");
    const { status, stderr, stdout } = onSmallDisk(
      folder.path,
      600,
      `$ltbc train ${words} --epochs 1 > first.txt || exit 9
       head -c 700000 /dev/zero > disk/filler 2> /dev/null
       $ltbc train --resume disk/run --epochs 400 > second.txt; code=$?
       rm disk/filler
       $ltbc train --resume disk/run --epochs 3 || exit 8
       exit $code`,
    );
    expect(stderr).toMatch(
      /^error: The run folder disk\/run cannot be written \(the disk is full\)\. .* --resume disk\/run\.\n$/,
    );
    expect(status).toBe(1);
    expect(stdout).toMatch(
      /Continuing from disk\/run\/checkpoint-\d+\.json[\s\S]*Training is finished/,
    );
  });
});
