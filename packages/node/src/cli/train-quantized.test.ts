// A network with a classifier's encoder and colours as classes, from the command line to its model file.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { readModelMetadata } from "@let-there-be-color/core/model";
import { type BackboneNetworkConfig, networkPreset } from "@let-there-be-color/core/network";
import {
  ChromaBins,
  PRIOR_NAME,
  type QuantizedHead,
  quantizedColors,
} from "@let-there-be-color/core/objective";
import type { TrainingState } from "@let-there-be-color/core/training";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { encoderFile, narrowEncoder } from "../testing/encoder-file.js";
import { ltbcProcess } from "../testing/ltbc-process.js";
import { flatPicture, temporaryFolder } from "../testing/pictures.js";
import { readCheckpoint } from "../training/checkpoint.js";
import { readJournal } from "../training/journal.js";
import { writeSafetensors } from "../training/safetensors.js";

const head: QuantizedHead = { type: "quantized", spacing: 40, stride: 4 };
const bins = ChromaBins.of(head.spacing);
const options = {
  encoder: narrowEncoder,
  ...{
    global: { hidden: [6] },
    fusion: { channels: 8 },
    colorization: { stages: [[], [6], [6], [5]] },
  },
  head,
};
const network = networkPreset("mobilenet", options) as BackboneNetworkConfig;

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
const inFolder = (...names: string[]) => join(folder.path, ...names);
const train = (...words: string[]) => ltbcProcess("train", ...words);
let common: string[];
beforeAll(async () => {
  const files: Record<string, Uint8Array | string> = { "network.json": JSON.stringify(options) };
  // Of 16 pictures 12 are red and 4 blue.
  for (let index = 0; index < 12; index++) {
    files[`pictures/barn/${index}.png`] = await flatPicture([190 + index, 20, 20], 40, 32);
  }
  for (let index = 0; index < 4; index++) {
    files[`pictures/sea/${index}.png`] = await flatPicture([30, 30, 200 + index], 40, 32);
  }
  folder = await temporaryFolder(files);
  await writeSafetensors(inFolder("encoder.safetensors"), encoderFile(network), {
    licence: "CC0-1.0",
  });
  common = [inFolder("pictures"), "--preset", "mobilenet", "--network", inFolder("network.json")];
  common.push("--encoder-weights", inFolder("encoder.safetensors"), "--encoder-statistics", "2");
  common.push("--crop", "32", "--batch", "4", "--validation", inFolder("pictures"));
  common.push("--views", "0.6-0.9", "--augmentation", "tone=1,jpeg=0.25");
  common.push("--neighbours", "3", "--rebalancing", "0.5");
  common.push("--schedule", "constant", "--warmup", "0", "--threads", "1");
});
afterAll(() => folder.remove());

const checkpoint = (run: string, step: number) =>
  readCheckpoint(inFolder(run, `checkpoint-${step}.json`));

function valuesOf(state: TrainingState, name: string): number[] {
  return Array.from(state.get(name)!.data);
}

describe("ltbc train --preset mobilenet", () => {
  let said: string;
  beforeAll(async () => {
    const { status, stdout, stderr } = await train(
      ...common,
      "--epochs",
      "1",
      "-o",
      inFolder("run"),
    );
    expect(stderr).toBe("");
    expect(status).toBe(0);
    said = stdout;
  });

  it("says what it chose", () => {
    expect(said).toMatch(
      /^Encoder +mobilenet-v1, weights of encoder\.safetensors, normalisation frozen, statistics of 2 batches$/m,
    );
    expect(said).toMatch(/^Parameters +encoder\.\* x 0\.03, encoder\.\*\.depthwise\.\* frozen$/m);
    expect(said).toMatch(/^Views +of 60 to 90 % of a picture's short side$/m);
    expect(said).toMatch(/^Changed +tone 100 %, jpeg 25 %$/m);
    expect(said).toMatch(/pictures scaled to 53$/m);
  });

  it("records what was chosen", async () => {
    const [start] = await readJournal(inFolder("run", "journal.jsonl"));
    expect(start).toMatchObject({
      configuration: {
        objective: { type: "quantized-chroma", neighbours: 3, rebalancing: 0.5 },
        views: [0.6, 0.9],
        augmentation: { tone: 1, jpeg: 0.25 },
        encoderStatistics: 2,
        encoderOrigin: { file: "encoder.safetensors", licence: "CC0-1.0" },
      },
    });
  });

  it("starts from the file's weights, statistics of grey pictures and counted colours", async () => {
    const [{ state: before }, { state: after }] = [
      await checkpoint("run", 0),
      await checkpoint("run", 4),
    ];
    const file = encoderFile(network);
    for (const layer of ["block1.depthwise", "block7.pointwise"]) {
      const stored = file.get(`${layer}.weight`)!.data as Float32Array;
      expect(before.get(`encoder.${layer}.weight`)!.data).toEqual(stored);
    }
    const [depthwise, pointwise] = ["block1.depthwise", "block7.pointwise"].map((layer) =>
      [before, after].map((state) => valuesOf(state, `encoder.${layer}.weight`)),
    );
    expect(depthwise![1]).toEqual(depthwise![0]);
    expect(pointwise![1]).not.toEqual(pointwise![0]);

    // The file's means are 0. Estimated once, they stay.
    const mean = "encoder.first.normalization.running_mean";
    expect(Math.max(...valuesOf(before, mean).map(Math.abs))).toBeGreaterThan(1e-3);
    expect(valuesOf(after, mean)).toEqual(valuesOf(before, mean));

    const prior = valuesOf(before, PRIOR_NAME);
    expect(prior.length).toBe(bins.count);
    expect(prior.reduce((sum, share) => sum + share)).toBeCloseTo(1, 5);
    // sRGB (200, 20, 20) is about a* 64, b* 48; (30, 30, 200) is a* 60, b* -85.
    const [red, blue] = [prior[bins.nearest(64, 48)]!, prior[bins.nearest(60, -85)]!];
    expect(red).toBe(Math.max(...prior));
    expect(blue).toBeGreaterThan(2 / bins.count);
    expect(red).toBeGreaterThan(1.5 * blue);
    expect(valuesOf(after, PRIOR_NAME)).toEqual(prior);
  });

  it("leaves the statistics of the file with --encoder-statistics 0", async () => {
    const words = [...common, "--encoder-statistics", "0", "--epochs", "1"];
    const { status } = await train(...words, "-o", inFolder("as-in-file"));
    expect(status).toBe(0);
    const { state } = await checkpoint("as-in-file", 0);
    expect(valuesOf(state, "encoder.first.normalization.running_mean")).toEqual([0, 0, 0, 0]);
  });

  it("goes on as an unbroken run would", async () => {
    const whole = await train(...common, "--epochs", "2", "-o", inFolder("whole"));
    expect(whole.status).toBe(0);
    const resumed = await train("--resume", inFolder("run"), "--epochs", "2", "--threads", "1");
    expect(resumed.stderr).toBe("");
    expect((await checkpoint("run", 8)).state).toEqual((await checkpoint("whole", 8)).state);
  });

  it.each([
    ["--views", "0.6-0.9"],
    ["--augmentation", "none"],
  ])("keeps %s of its run", async (flag, value) => {
    const { status, stderr } = await train("--resume", inFolder("run"), flag, value);
    expect(status).toBe(2);
    expect(stderr).toContain(`${flag} belongs to the run and cannot be changed when it is resumed`);
  });

  it("exports colours, logits and the prior", async () => {
    const { status, stderr } = await ltbcProcess(
      "export",
      inFolder("run"),
      "-o",
      inFolder("out.onnx"),
    );
    expect(stderr).toBe("");
    expect(status).toBe(0);
    const model = await readFile(inFolder("out.onnx"));
    expect(model.equals(await readFile(inFolder("run", "model.onnx")))).toBe(true);
    const { properties } = readModelMetadata(model);
    expect(JSON.parse(properties["ltbc.encoderWeights"]!)).toMatchObject({ licence: "CC0-1.0" });
    const stated = JSON.parse(properties["ltbc.network"]!) as BackboneNetworkConfig;
    const { prior } = quantizedColors(stated.head as QuantizedHead, properties);
    const counted = valuesOf((await checkpoint("run", 8)).state, PRIOR_NAME);
    Array.from(prior.shares, (share, bin) => expect(share).toBeCloseTo(counted[bin]!, 5));

    const session = await InferenceSession.create(model);
    const luminance = new Tensor("float32", new Float32Array(45 * 33).fill(40), [1, 1, 45, 33]);
    const results = await session.run({ luminance });
    await session.release();
    expect(results.ab!.dims).toEqual([1, 2, 45, 33]);
    // Of the picture enlarged to 64 x 64, at a quarter of the size.
    expect(results.ab_logits!.dims).toEqual([1, 16, 16, bins.count]);
    expect(results.scene_logits!.dims).toEqual([1, 2]);
  });

  it.each([
    [["--encoder-weights", "nowhere.safetensors"], /Expected a file with the encoder's weights/],
    [
      ["--encoder-statistics", "5", "--preset", "compact"],
      /--encoder-statistics is for networks with/,
    ],
    [["--encoder-statistics", "-1"], /Expected a whole number of 0 or more/],
    [["--neighbours", "0"], /Expected a whole number of 1 or more/],
    [["--rebalancing", "1.5"], /Expected a number from 0 to 1/],
    [["--views", "1-0.5"], /Expected the least and the most share/],
    [["--augmentation", "fog=1"], /with a change of emulsion/],
  ])("refuses %j", async (words, message) => {
    const { status, stderr } = await train(
      ...common.slice(0, 1),
      "--preset",
      "mobilenet",
      ...words,
    );
    expect(status).toBe(2);
    expect(stderr).toMatch(message);
  });
});
