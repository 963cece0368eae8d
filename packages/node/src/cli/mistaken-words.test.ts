import { copyFile, mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { beforeAll, describe, expect, it } from "vitest";
import { runCommand } from "../testing/run-command.js";
import { folderForTests } from "../testing/temporary-folder.js";
import { tinyColorModel } from "../testing/tiny-color-model.js";

const root = await folderForTests();
const photos = join(root, "photos");
const a = join(photos, "a.png");
const modelFile = join(root, "tiny.onnx");
const model = ["--model", modelFile, "--threads", "1"];

beforeAll(async () => {
  await mkdir(photos);
  const picture = sharp({ create: { width: 8, height: 8, channels: 3, background: "#888" } });
  await writeFile(a, await picture.png().toBuffer());
  await writeFile(modelFile, tinyColorModel({}));
});

describe("a mistyped command", () => {
  it.each([
    [["evalute", photos], /no command evalute, .*evaluate/],
    [["evalute", photos, "--report", "x"], /no command evalute, .*evaluate/],
    [["trian", photos], /no command trian, .*train/],
    [["color", a], /no command color, .*colorize/],
    [["--json", "evalute", photos], /no command evalute, .*evaluate/],
    [[photos, "evaluate"], /no command evaluate, .*ltbc evaluate, begin with it/],
    [["frobnicate", photos], /no command frobnicate, .*Commands are colorize, train/],
  ])("%j is refused before anything is written", async (words, message) => {
    const { code, stderr } = await runCommand([...words, ...model]);
    expect(stderr).toMatch(message);
    expect(stderr.trimEnd()).not.toContain("\n");
    expect(code).toBe(2);
    expect(await readdir(photos)).toEqual(["a.png"]);
  });

  it("is none if a picture or folder has that name, or with the command before it", async () => {
    const folder = join(root, "of its own");
    await mkdir(folder);
    await copyFile(a, join(folder, "evalute"));
    const before = process.cwd();
    process.chdir(folder);
    try {
      expect((await runCommand(["evalute", "--quiet", ...model])).code).toBe(0);
      const missing = await runCommand(["colorize", "evalue", "evalute", "--overwrite", ...model]);
      expect(missing.code).toBe(1);
      expect(missing.stderr).toContain("evalue does not exist");
    } finally {
      process.chdir(before);
    }
  });

  it("is none in British spelling", async () => {
    const output = ["-o", join(root, "british.png")];
    expect((await runCommand(["colourise", a, ...output, ...model])).code).toBe(0);
    expect((await runCommand(["colourise", "--help"])).stdout.toString()).toContain("--saturation");
  });
});

describe("two names, the second of a picture that does not exist", () => {
  it.each([[[]], [["colorize"]]])("get the flag that is missing: ltbc %j", async (command) => {
    const output = join(photos, "it's new.jpg");
    const { code, stderr } = await runCommand([...command, a, output, ...model]);
    expect(stderr).toBe(
      `error: ${output} does not exist. To write the coloured picture to it: ltbc ${a} -o '${join(photos, "it'\\''s new.jpg")}'\n`,
    );
    expect(code).toBe(2);
    expect(await readdir(photos)).toEqual(["a.png"]);
  });

  it("are two inputs with an output folder", async () => {
    const names = [a, join(photos, "b.png"), "-o", join(root, "both")];
    const { code, stderr } = await runCommand([...names, ...model]);
    expect(code).toBe(1);
    expect(stderr).toContain("b.png does not exist");
    expect(await readdir(join(root, "both"))).toContain("a.png");
  });
});
