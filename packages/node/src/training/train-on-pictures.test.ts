import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { UserError } from "@let-there-be-color/core/user-error";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Colorizer } from "../colorizer.js";
import { noisePicture, temporaryFolder } from "../testing/pictures.js";
import {
  type TrainOnPicturesEvent,
  type TrainOnPicturesOptions,
  trainOnPictures,
} from "./train-on-pictures.js";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let options: TrainOnPicturesOptions;
beforeAll(async () => {
  const files: Record<string, Uint8Array | string> = { "pictures/a/broken.jpg": "no picture" };
  for (let index = 0; index < 6; index++) {
    files[`pictures/a/${index}.png`] = await noisePicture(index, 16, 16);
    files[`pictures/b/${index}.png`] = await noisePicture(index + 6, 16, 16);
  }
  folder = await temporaryFolder(files);
  options = {
    data: join(folder.path, "pictures"),
    network: {
      lowLevel: { layers: [{ channels: 4, stride: 2 }] },
      midLevel: { channels: [4] },
      global: {
        layers: [{ channels: 4, stride: 2 }],
        pooling: { type: "average" },
        hidden: [6, 4],
      },
      fusion: { channels: 4 },
      colorization: { stages: [[4]] },
    },
    ...{ crop: 8, batch: 4, validationFraction: 0.3, threads: 1, workers: 1, epochs: 2 },
  };
});
afterAll(() => folder.remove());

const inFolder = (name: string) => join(folder.path, name);

async function refusal(wrong: TrainOnPicturesOptions): Promise<UserError> {
  const outcome = await trainOnPictures({ ...options, ...wrong }).catch((error) => error);
  expect(outcome).toBeInstanceOf(UserError);
  return outcome;
}

describe("training on pictures", () => {
  it("gives a model that colourises, and tells what happens on the way", async () => {
    const events: TrainOnPicturesEvent[] = [];
    const runFolder = inFolder("run");
    const run = await trainOnPictures(
      { ...options, runFolder },
      { onProgress: (event) => events.push(event) },
    );
    expect(run).toMatchObject({ reason: "finished", runFolder, step: 4, totalSteps: 4 });
    expect(run.best?.epoch).toBeGreaterThanOrEqual(1);
    expect([...run.skipped.broken.keys()].join()).toMatch(/broken\.jpg/);
    expect(events.map(({ type }) => type).filter((type) => type !== "step")).toEqual([
      ...["opening", "prepared", "start", "phase", "checkpoint"],
      ...["validation", "checkpoint", "validation", "checkpoint", "end"],
    ]);
    expect(events.filter(({ type }) => type === "step")).toHaveLength(4);
    expect(events[1]).toMatchObject({ configuration: { classes: ["a", "b"] }, threads: 1 });
    const colorizer = await Colorizer.load({ model: run.modelPath });
    const photo = await colorizer.colorize(await noisePicture(1, 24, 16));
    expect([photo.width, photo.height, photo.scenes.length]).toEqual([24, 16, 2]);
    await colorizer.close();
  });

  it("stops with a checkpoint when it is aborted, and resumes", async () => {
    const runFolder = inFolder("aborted");
    const stop = new AbortController();
    const stopped = await trainOnPictures(
      { ...options, runFolder },
      {
        signal: stop.signal,
        onProgress: (event) => event.type === "step" && stop.abort(),
      },
    );
    expect(stopped).toMatchObject({ reason: "interrupted", step: 1, best: null });
    const { data, threads } = options;
    const resumed = await trainOnPictures({ data, threads, resume: runFolder });
    expect(resumed).toMatchObject({ reason: "finished", step: 4, runFolder });
  });

  it("rejects with the signal's reason when it is aborted before it begins", async () => {
    const runFolder = inFolder("never");
    const reason = new Error("not today");
    const watch = { signal: AbortSignal.abort(reason) };
    await expect(trainOnPictures({ ...options, runFolder }, watch)).rejects.toBe(reason);
    expect(await readdir(folder.path)).not.toContain("never");
  });

  it.each<[TrainOnPicturesOptions, string, RegExp]>([
    [{ epochs: 0 }, "option-invalid", /whole number of 1 or more for `epochs` but received 0/],
    [{ learningRate: Number.NaN }, "option-invalid", /`learningRate` but received NaN/],
    [{ phases: [{ crop: 8, epochs: 0.5 }] }, "option-invalid", /`phases` but received 0\.5/],
    [{ network: { skip: "none" } as never }, "option-invalid", /`network`: "skip" is no network/],
    [{ data: [] }, "option-invalid", /data set .* as `data`, or a run to `resume`/],
    [{ resume: "x", runFolder: "y" }, "option-invalid", /leave out `runFolder`/],
    [{ list: "x", data: ["a", "b"] }, "option-invalid", /`list` belongs to exactly one/],
    [{ data: "nowhere" }, "input-missing", /no file or folder nowhere/],
    [{ batch: 64 }, "data-invalid", /fewer than one batch of 64.*lower `batch`/],
  ])("refuses %j", async (wrong, code, message) => {
    const error = await refusal(wrong);
    expect(error.message).toMatch(message);
    expect(error.message).not.toMatch(/--[a-z]/);
    expect(error.code).toBe(code);
  });

  it("refuses a used folder, and a folder without a run", async () => {
    expect(await refusal({ runFolder: inFolder("run") })).toMatchObject({ code: "output-exists" });
    const { data } = options;
    const none = trainOnPictures({ data, resume: inFolder("pictures") });
    await expect(none).rejects.toMatchObject({ code: "checkpoint-invalid" });
  });
});
