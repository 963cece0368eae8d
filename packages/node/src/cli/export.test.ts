import { mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { readModelMetadata } from "@let-there-be-color/core/model";
import { type NetworkConfig, networkPreset } from "@let-there-be-color/core/network";
import { DEFAULT_READ_OUTS } from "@let-there-be-color/core/objective";
import { initialState, noSteps } from "@let-there-be-color/core/training";
import { UserError } from "@let-there-be-color/core/user-error";
import { InferenceSession, Tensor } from "onnxruntime-node";
import { afterAll, beforeAll, expect, test } from "vitest";
import { noisePicture, temporaryFolder } from "../testing/pictures.js";
import { runCommand } from "../testing/run-command.js";
import { tinyNetwork } from "../testing/small-networks.js";
import { tinyColorModel } from "../testing/tiny-color-model.js";
import { saveCheckpoint, type TrainingProgress } from "../training/checkpoint.js";
import { exportCommand } from "./export.js";

const network: NetworkConfig = networkPreset("compact", { ...tinyNetwork, classes: 0 });

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
beforeAll(async () => {
  folder = await temporaryFolder();
  await saveRun(folder.path, network);
});
afterAll(() => folder.remove());

/** Two checkpoints, of which the first is the best. */
async function saveRun(path: string, network: NetworkConfig): Promise<void> {
  const best = { step: 1, phase: 0, epoch: 1, measure: "colorLoss", value: 0.1 };
  for (const step of [1, 2]) {
    const progress: TrainingProgress = {
      ...{ step, best, plan: [], seed: step, validations: [], seconds: 0, journalLines: 0 },
      position: { phase: 0, epoch: 0, batch: 0 },
      epochsWithoutImprovement: 0,
      epochTotals: noSteps,
      windowTotals: noSteps,
      configuration: {
        network,
        classes: [],
        phases: [{ resize: 96 }],
        objective: {},
        optimizer: {},
      },
    };
    await saveCheckpoint(path, progress, initialState({ network, seed: step }), 9);
  }
}

async function exported(...options: string[]): Promise<Buffer> {
  const path = join(folder.path, "exported.onnx");
  await exportCommand().parseAsync([...options, "-o", path, "--overwrite"], { from: "user" });
  return readFile(path);
}

test("a run folder gives its best model, which colours pictures of any size", async () => {
  const model = await exported(folder.path);
  expect(model.equals(await exported(join(folder.path, "checkpoint-1.json")))).toBe(true);
  const session = await InferenceSession.create(model);
  const lightness = new Tensor("float32", new Float32Array(13 * 9).fill(40), [1, 1, 13, 9]);
  expect((await session.run({ luminance: lightness })).ab?.dims).toEqual([1, 2, 13, 9]);
  await session.release();
});

test("--newest and a checkpoint of its own choose another", async () => {
  const newest = await exported(folder.path, "--newest");
  expect(newest.equals(await exported(join(folder.path, "checkpoint-2.safetensors")))).toBe(true);
  expect(newest.equals(await exported(folder.path))).toBe(false);
});

test("--precision float32 stores the weights as they are", async () => {
  const weights = initialState({ network, seed: 1 }).get("mid_level.0.weight")!.data;
  const bytes = Buffer.from(weights.buffer, weights.byteOffset, weights.byteLength);
  const single = await exported(folder.path, "--precision", "float32");
  expect(single.includes(bytes)).toBe(true);
  expect((await exported(folder.path)).includes(bytes)).toBe(false);
});

test("--int8 quantises a run and a model file alike", async () => {
  const files = Array.from({ length: 17 }, (_, i) => noisePicture(i, 48, 40));
  const photographs = await temporaryFolder({
    ...Object.fromEntries((await Promise.all(files)).map((file, i) => [`${i}.png`, file])),
    "broken.png": "no picture",
  });
  const calibration = ["--int8", "--calibration", photographs.path];
  const quantized = await exported(folder.path, "--precision", "float32", ...calibration);
  const plain = join(folder.path, "plain.onnx");
  await exportCommand().parseAsync([folder.path, "--precision", "float32", "-o", plain], {
    from: "user",
  });
  expect((await exported(plain, ...calibration)).equals(quantized)).toBe(true);
  const session = await InferenceSession.create(quantized);
  const lightness = new Tensor("float32", new Float32Array(13 * 9).fill(40), [1, 1, 13, 9]);
  expect((await session.run({ luminance: lightness })).ab?.dims).toEqual([1, 2, 13, 9]);
  await session.release();
  const { properties } = readModelMetadata(quantized);
  expect(JSON.parse(properties["ltbc.quantization"]!)).toEqual({ bits: 8, photographs: 17 });
  await photographs.remove();
});

test("what --int8 cannot do is explained", async () => {
  const model = fileURLToPath(import.meta.resolve("@let-there-be-color/models/color.onnx"));
  const few = await temporaryFolder({ "a.png": await noisePicture(1) });
  await expect(exported(folder.path, "--int8")).rejects.toThrow("add --calibration");
  await expect(exported(folder.path, "--calibration", few.path)).rejects.toThrow("for --int8 only");
  await expect(exported(model)).rejects.toThrow("is a model already");
  await expect(
    exported(join(folder.path, "no.onnx"), "--int8", "--calibration", few.path),
  ).rejects.toThrow("cannot be read (ENOENT)");
  await expect(exported(model, "--int8", "--calibration", few.path)).rejects.toThrow(
    "at least 16 photographs to calibrate on but could read 1",
  );
  const foreign = join(folder.path, "foreign.onnx");
  await writeFile(foreign, tinyColorModel());
  await expect(exported(foreign, "--int8", "--calibration", few.path)).rejects.toThrow(
    "in the form that this version exports",
  );
  await few.remove();
});

test("a folder without a run is explained", async () => {
  const empty = await temporaryFolder({ "notes.txt": "nothing" });
  await expect(exported(empty.path)).rejects.toThrow(UserError);
  await empty.remove();
});

test("--read-outs stores how colours are taken from distributions", async () => {
  const { path, remove } = await temporaryFolder();
  const quantized = networkPreset("mobilenet", { classes: 0 });
  await saveRun(path, quantized);
  const file = join(path, "read-outs.json");
  const { natural } = DEFAULT_READ_OUTS;
  const readOuts = { ...DEFAULT_READ_OUTS, natural: { ...natural, prior: 0.25 } };
  await writeFile(file, JSON.stringify(readOuts));
  const { properties } = readModelMetadata(await exported(path, "--read-outs", file));
  expect(JSON.parse(properties["ltbc.network"]!).head.readOuts).toEqual(readOuts);

  await expect(exported(folder.path, "--read-outs", file)).rejects.toThrow("compact predicts one");
  await writeFile(file, JSON.stringify({ ...readOuts, natural: { ...natural, prior: "all" } }));
  await expect(exported(path, "--read-outs", file)).rejects.toThrow("natural.prior");
  await expect(exported(path, "--read-outs", join(path, "no.json"))).rejects.toThrow("ENOENT");
  await remove();
});

test("what is there already is kept unless told otherwise, and an input always", async () => {
  const target = await temporaryFolder({ "taken.onnx": "precious", "notes.txt": "precious" });
  const inTarget = (name: string) => join(target.path, name);
  const written = async () =>
    Object.fromEntries(
      await Promise.all(
        (await readdir(target.path)).map(async (name) => [name, (await stat(inTarget(name))).size]),
      ),
    );
  const before = await written();
  const plain = join(folder.path, "own-input.onnx");
  await exportCommand().parseAsync([folder.path, "-o", plain], { from: "user" });
  const content = await readFile(plain);
  const int8 = [plain, "--int8", "--calibration", folder.path];
  const cases: [string[], RegExp, number][] = [
    [
      [folder.path, "-o", inTarget("taken.onnx")],
      /taken\.onnx exists already; .* --overwrite\./,
      2,
    ],
    [
      [folder.path, "-o", inTarget("notes.txt"), "--overwrite"],
      /ending in \.onnx, as --output but/,
      2,
    ],
    [[folder.path, "-o", target.path], /ending in \.onnx/, 2],
    [
      [folder.path, "-o", join(folder.path, "checkpoint-1.json"), "--overwrite"],
      /ending in \.onnx/,
      2,
    ],
    [
      [folder.path, "-o", join(inTarget("notes.txt"), "x.onnx")],
      /No file can be written to the folder/,
      1,
    ],
    [[...int8, "-o", plain, "--overwrite"], /own-input\.onnx is the input itself/, 2],
  ];
  for (const [words, message, code] of cases) {
    const result = await runCommand(["export", ...words]);
    expect(result.stderr).toMatch(message);
    expect(result.stderr).toMatch(/^error: .*\n$/);
    expect(result.code).toBe(code);
  }
  expect(await written()).toEqual(before);
  expect((await readFile(plain)).equals(content)).toBe(true);
  // The run's own model, which training writes, is written anew.
  for (let time = 0; time < 2; time++) {
    expect((await runCommand(["export", folder.path])).code).toBe(0);
  }
  const folderOfThatName = inTarget("folder.onnx");
  await mkdir(folderOfThatName);
  const onFolder = await runCommand(["export", folder.path, "-o", folderOfThatName, "--overwrite"]);
  expect(onFolder.stderr).toMatch(/^error: .*folder\.onnx cannot be written .*\n$/);
  expect((await readdir(target.path)).filter((name) => name.endsWith(".tmp"))).toEqual([]);
  await target.remove();
});
