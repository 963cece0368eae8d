// `ltbc colorize` on a box of old photographs, some of them in colour.

import { mkdir, mkdtemp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { beforeAll, describe, expect, it } from "vitest";
import { runCommand } from "../testing/run-command.js";
import { folderForTests } from "../testing/temporary-folder.js";
import { tinyColorModel } from "../testing/tiny-color-model.js";

const root = await folderForTests();
const model = join(root, "tiny.onnx");
const [width, height] = [120, 80];

beforeAll(async () => {
  await writeFile(model, tinyColorModel());
});

const colorize = (...words: string[]) =>
  runCommand(["colorize", "--model", model, "--threads", "1", ...words]);

/** @param colorAt codes; `grey` 0..255 grows from left to right */
function picture(colorAt: (grey: number, y: number) => readonly number[]): Promise<Buffer> {
  const rgb = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++) {
    rgb.set(colorAt((255 * (i % width)) / (width - 1), Math.floor(i / width)), 3 * i);
  }
  return sharp(rgb, { raw: { width, height, channels: 3 } })
    .jpeg({ quality: 80 })
    .toBuffer();
}

const sepia = picture((grey) => [30 + 0.85 * grey, 20 + 0.78 * grey, 10 + 0.58 * grey]);
const garden = picture((grey, y) => (y < 30 ? [80, 120, grey] : [grey, 150, 60]));

async function box(): Promise<string> {
  const folder = await mkdtemp(join(root, "box-"));
  await mkdir(join(folder, "in"));
  await writeFile(join(folder, "in", "garden.jpg"), await garden);
  await writeFile(join(folder, "in", "portrait.jpg"), await sepia);
  return folder;
}

describe("photographs in colour in a mixed box", () => {
  it("are treated as grey by default, each told and all counted", async () => {
    const folder = await box();
    const { code, stderr } = await colorize(join(folder, "in"), "-o", join(folder, "out"));
    expect(code).toBe(0);
    expect(stderr).toMatch(/^note: .*garden\.jpg: A photograph in colour/m);
    expect(stderr).not.toMatch(/portrait\.jpg: A photograph in colour/);
    expect(stderr).toMatch(/^Treated as grey: 1, each a photograph in colour; --skip-color /m);
    await expect(readFile(join(folder, "out", "garden.jpg"))).resolves.toBeDefined();
  });

  it("are left alone by --skip-color, and counted", async () => {
    const folder = await box();
    const words = [join(folder, "in"), "-o", join(folder, "out"), "--skip-color"];
    const report = join(folder, "report.json");
    const { code, stdout, stderr } = await colorize(...words, "--json", "--report", report);
    expect(code).toBe(0);
    const lines = String(stdout).trim().split("\n");
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { input: join(folder, "in", "garden.jpg"), code: "color-photograph" },
      { input: join(folder, "in", "portrait.jpg"), output: join(folder, "out", "portrait.jpg") },
    ]);
    await expect(readFile(join(folder, "out", "garden.jpg"))).rejects.toThrow("ENOENT");
    await expect(readFile(join(folder, "out", "portrait.jpg"))).resolves.toBeDefined();
    expect(stderr).toMatch(/^Left out: 1, each a photograph in colour\.$/m);
    expect(await readFile(report, "utf8")).toContain("color-photograph");
    // What is already done is not done again for the option's sake; what was left is done without it.
    const again = await colorize(join(folder, "in"), "-o", join(folder, "out"));
    expect(again.stderr).toMatch(/1 of 2 pictures are done, 1 were done before/);
  });
});

describe("--restore-levels", () => {
  it("spreads the lightness of a faded picture, which stays as it is otherwise", async () => {
    const folder = await mkdtemp(join(root, "faded-"));
    const faded = join(folder, "faded.png");
    const codes = Uint8Array.from({ length: width * height }, (_, i) => 100 + (i % width) / 2);
    await sharp(codes, { raw: { width, height, channels: 1 } })
      .png()
      .toFile(faded);
    const contrast = async (...words: string[]) => {
      const output = join(folder, `out${words.length}.png`);
      expect((await colorize(faded, "-o", output, ...words)).code).toBe(0);
      const { channels } = await sharp(output).greyscale().stats();
      return channels[0]!.max - channels[0]!.min;
    };
    expect(await contrast()).toBeLessThan(80);
    expect(await contrast("--restore-levels")).toBeGreaterThan(180);
  });
});
