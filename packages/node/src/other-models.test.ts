// Colourisers of other programs, by a JSON file beside them.

import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  concat,
  Graph,
  type Shape,
  scale,
  serialize,
  slice,
  type Value,
} from "@let-there-be-color/core/graph";
import sharp from "sharp";
import { beforeAll, describe, expect, it } from "vitest";
import { Colorizer, type ModelInterface } from "./index.js";
import { runCommand } from "./testing/run-command.js";
import { folderForTests } from "./testing/temporary-folder.js";
import { tinyColorModel } from "./testing/tiny-color-model.js";

const folder = await folderForTests();
const inFolder = (name: string) => join(folder, name);
const photo = inFolder("photo.jpg");

/** Warm where it is light. */
function network(shape: Shape, factors: readonly [number, number]): Uint8Array {
  const graph = new Graph();
  const input: Value = graph.input("input", "float32", shape);
  const first = slice(input, [{ axis: 1, start: 0, length: 1 }]);
  graph.output("output", concat([scale(first, factors[0]), scale(first, factors[1])], 1));
  return serialize(graph);
}

// As docs/other-models.md gives them.
const siggraph17: ModelInterface = {
  input: { name: "input", picture: "lightness" },
  size: { workingSize: 256, multiple: 8 },
  output: { name: "output" },
};
const ddcolor: ModelInterface = {
  input: { name: "input", picture: "srgb" },
  size: { width: 512, height: 512 },
  output: { name: "output" },
};

beforeAll(async () => {
  const codes = Uint8Array.from({ length: 90 * 60 }, (_, i) => 60 + (i % 90));
  const picture = sharp(codes, { raw: { width: 90, height: 60, channels: 1 } });
  await writeFile(photo, await picture.withMetadata({ orientation: 6 }).jpeg().toBuffer());
  await writeFile(inFolder("siggraph17.onnx"), network([1, 1, "H", "W"], [0.3, 0.4]));
  await writeFile(inFolder("siggraph17.json"), JSON.stringify(siggraph17));
  await writeFile(inFolder("ddcolor.onnx"), network([1, 3, 512, 512], [30, 40]));
  await writeFile(inFolder("ddcolor.onnx.json"), JSON.stringify(ddcolor));
  await writeFile(inFolder("bare.onnx"), network([1, 3, 512, 512], [30, 40]));
});

async function ltbc(model: string, ...args: string[]) {
  const words = ["colorize", photo, "--model", inFolder(model), "--threads", "1", "--overwrite"];
  const { code, stderr, stdout } = await runCommand([...words, ...args]);
  return { code, stderr, stdout: String(stdout) };
}

describe("a model of another program", () => {
  it.each(["siggraph17.onnx", "ddcolor.onnx"])("%s colours a photograph", async (model) => {
    const output = inFolder(`${model}.jpg`);
    const { code, stderr, stdout } = await ltbc(model, "-o", output, "--json");
    // All in one brown it is, indeed.
    expect([code, stderr]).toEqual([0, expect.stringMatching(/^note: .* one brown.*\n$/)]);
    expect(JSON.parse(stdout)).toMatchObject({ width: 60, height: 90, scenes: [] });
    const { data, info } = await sharp(output).raw().toBuffer({ resolveWithObject: true });
    expect([info.width, info.height]).toEqual([60, 90]);
    const [red, green, blue] = data.subarray((45 * 60 + 30) * 3);
    expect(red! - green!).toBeGreaterThan(10);
    expect(green! - blue!).toBeGreaterThan(10);
  });

  it("may be described in a program, in place of any file", async () => {
    const model = network([1, 3, 64, 48], [30, 40]);
    const modelInterface: ModelInterface = { ...ddcolor, size: { width: 48, height: 64 } };
    const colorizer = await Colorizer.load({ model, modelInterface, threads: 1 });
    const { pixels, scenes } = await colorizer.colorize(photo);
    expect(pixels[3000]! - pixels[3002]!).toBeGreaterThan(20);
    expect(scenes).toEqual([]);
    await colorizer.close();
    const wrong = { ...modelInterface, size: { width: 48 } } as never;
    const load = Colorizer.load({ model, modelInterface: wrong, threads: 1 });
    await expect(load).rejects.toThrow(/`modelInterface` .*size/);
  });

  it("needs a description, and says where that is described", async () => {
    const { code, stderr } = await ltbc("bare.onnx");
    expect([code, stderr.trimEnd().split("\n").length]).toEqual([2, 1]);
    expect(stderr).toMatch(/bare\.onnx: .*inputs \["input"\].*JSON file beside it .*other-models/);
  });

  it("with a description that is wrong is refused with its name, in one line", async () => {
    await writeFile(inFolder("wrong.onnx"), network([1, 3, 512, 512], [30, 40]));
    for (const [text, message] of [
      ["{", /wrong\.json does not say .* no JSON/],
      [JSON.stringify({ ...ddcolor, size: { width: 0, height: 1 } }), /wrong\.json .*size/],
      [JSON.stringify(siggraph17), /wrong\.onnx: .*\[1, 1, H, W\] but .*\[1, 3, 512, 512\]/],
    ] as const) {
      await writeFile(inFolder("wrong.json"), text);
      const { code, stderr } = await ltbc("wrong.onnx");
      expect([code, stderr.trimEnd().split("\n").length]).toEqual([2, 1]);
      expect(stderr).toMatch(message);
    }
  });

  it.each([
    [["--colors", "vivid"], /--colors/],
    [["--alternatives", "3"], /--alternatives/],
    [["--uncertainty"], /--uncertainty/],
    [["--hint", "1,2,#ff0000"], /no input "hints"/],
    [["--reference", photo], /no input "reference_global"/],
    [["--size", "256"], /512 x 512 pixels only but --size is 256/],
  ])("has no use for %j", async (args, message) => {
    const { code, stderr } = await ltbc("ddcolor.onnx", ...args);
    expect([code, stderr.trimEnd().split("\n").length]).toEqual([2, 1]);
    expect(stderr).toMatch(message);
  });

  it("described otherwise does again what an output folder has", async () => {
    const model = inFolder("changing.onnx");
    await writeFile(model, network([1, 1, "H", "W"], [0.3, 0.4]));
    const output = inFolder("archive");
    const run = async (scale: number) => {
      const described = { ...siggraph17, output: { name: "output", scale } };
      await writeFile(inFolder("changing.json"), JSON.stringify(described));
      const words = ["colorize", photo, "--model", model, "--threads", "1", "-o", output, "--json"];
      const { code, stdout } = await runCommand(words);
      expect(code).toBe(0);
      const { channels } = await sharp(await readFile(join(output, "photo.jpg"))).stats();
      return { warm: channels[0]!.mean > channels[2]!.mean, told: String(stdout) };
    };
    expect((await run(1)).warm).toBe(true);
    expect((await run(1)).told).not.toContain('"seconds"');
    expect((await run(-1)).warm).toBe(false);
  });

  it("is no model of this project, which need no such file and heed none", async () => {
    await writeFile(inFolder("own.onnx"), tinyColorModel());
    await writeFile(inFolder("own.json"), "{");
    expect((await ltbc("own.onnx")).code).toBe(0);
    await writeFile(inFolder("text.onnx"), "no model");
    expect((await ltbc("text.onnx")).stderr).toMatch(/text\.onnx: Expected an ONNX model/);
  });
});
