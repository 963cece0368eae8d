import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { lightnessOfPixels } from "@let-there-be-color/core/color";
import { isOwnOutput, readMetadata } from "@let-there-be-color/core/metadata";
import sharp from "sharp";
import { beforeAll, describe, expect, it } from "vitest";
import { JOURNAL_FILE } from "../archive/journal.js";
import { runCommand } from "../testing/run-command.js";
import { folderForTests } from "../testing/temporary-folder.js";
import { tinyColorModel, tinyDistributionModel } from "../testing/tiny-color-model.js";

const root = await folderForTests();
const model = join(root, "tiny.onnx");
const distributions = join(root, "distributions.onnx");

beforeAll(async () => {
  await writeFile(
    model,
    tinyColorModel({ scenesPerLightness: { sea: 0.02, sky: 0.01, hill: 0, ice: -1 } }),
  );
  await writeFile(distributions, tinyDistributionModel());
});

const ltbc = (args: readonly string[], stdin?: Uint8Array, isTTY?: boolean) =>
  runCommand(args, { ...(stdin ? { stdin } : {}), ...(isTTY ? { isTTY } : {}) });

const colorize = (args: readonly string[], stdin?: Uint8Array, isTTY?: boolean) =>
  ltbc(["colorize", "--model", model, "--threads", "1", ...args], stdin, isTTY);

const grey = (value: number, format: "png" | "jpeg" | "gif" = "png") =>
  sharp(new Uint8Array(24 * 16).fill(value), { raw: { width: 24, height: 16, channels: 1 } })
    .toFormat(format)
    .toBuffer();

/** A new folder with the given files, by relative path. */
async function folderWith(files: Record<string, Uint8Array | string>): Promise<string> {
  const folder = join(root, `case-${(await readdir(root)).length}`);
  await mkdir(folder);
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
  return folder;
}

/** The files in a folder but the journal. */
async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && entry.name !== JOURNAL_FILE)
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
}

async function isColor(path: string): Promise<boolean> {
  const { channels } = await sharp(path).stats();
  return Math.abs(channels[0]!.mean - channels[2]!.mean) > 5;
}

describe("ltbc colorize", () => {
  it("writes beside the input and prints path, time and the three best scenes", async () => {
    const folder = await folderWith({ "photo.jpg": await grey(150, "jpeg") });
    // Without the name of a command, colorize is meant.
    const { code, stdout, stderr } = await ltbc([join(folder, "photo.jpg"), "--model", model]);
    expect(stderr).toMatch(/^note: .*photo\.jpg: The picture is nearly of one tone.*\n$/);
    expect(code).toBe(0);
    expect(await filesIn(folder)).toEqual(["photo.color.jpg", "photo.jpg"]);
    expect(await isColor(join(folder, "photo.color.jpg"))).toBe(true);
    expect(String(stdout)).toMatch(
      /photo\.color\.jpg {2}\d+\.\d s {2}sea \d+ %, sky \d+ %, hill \d+ %\n/,
    );
  });

  it("keeps tree and names of a folder, and changes only extensions it cannot write", async () => {
    const folder = await folderWith({
      "in/a/b.png": await grey(100),
      "in/a/deep/er/c.JPG": await grey(120, "jpeg"),
      "in/d.gif": await grey(140, "gif"),
      "in/e.jfif": await grey(160, "jpeg"),
      "in/notes.txt": "no picture",
      "in/.hidden.png": await grey(1),
    });
    const { code } = await colorize([join(folder, "in"), "-o", join(folder, "out")]);
    expect(code).toBe(0);
    expect(await filesIn(join(folder, "out"))).toEqual([
      "a/b.png",
      "a/deep/er/c.JPG",
      "d.png",
      "e.jfif",
    ]);
    expect(await isColor(join(folder, "out", "a", "deep", "er", "c.JPG"))).toBe(true);
  });

  it("walked again without --output, leaves its own results out", async () => {
    const folder = await folderWith({ "a.png": await grey(100) });
    expect((await colorize([folder])).code).toBe(0);
    expect((await colorize([folder, "--overwrite"])).code).toBe(0);
    expect(await filesIn(folder)).toEqual(["a.color.png", "a.png"]);
  });

  it("does not overwrite unless told to", async () => {
    const folder = await folderWith({ "a.png": await grey(100), "a.color.png": "precious" });
    const refused = await colorize([join(folder, "a.png")]);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain("exists already");
    expect(await readFile(join(folder, "a.color.png"), "utf8")).toBe("precious");
    expect((await colorize([join(folder, "a.png"), "--overwrite"])).code).toBe(0);
    expect(await isColor(join(folder, "a.color.png"))).toBe(true);
  });

  it("never writes onto the input, even with --overwrite", async () => {
    const folder = await folderWith({ "a.png": await grey(100) });
    const before = await readFile(join(folder, "a.png"));
    expect((await colorize([folder, "-o", folder, "--overwrite"])).code).toBe(1);
    expect(await readFile(join(folder, "a.png"))).toEqual(before);
    expect(await filesIn(folder)).toEqual(["a.png"]);
  });

  it("finishes the others when some fail, and says which and why", async () => {
    const jpeg = await grey(90, "jpeg");
    const folder = await folderWith({
      "1.png": await grey(100),
      "2.jpg": jpeg.subarray(0, jpeg.length - 30),
      "3.png": "",
      "4.png": await grey(100),
    });
    const { code, stderr } = await colorize([
      folder,
      join(folder, "5.png"),
      "-o",
      join(folder, "out"),
    ]);
    expect(code).toBe(1);
    expect(await filesIn(join(folder, "out"))).toEqual(["1.png", "4.png"]);
    expect(stderr).toContain("2 of 5 pictures are done, 3 failed:");
    const summary = stderr.slice(stderr.indexOf("2 of 5"));
    expect(summary).toMatch(/2\.jpg is broken or cut short/);
    expect(summary).toMatch(/3\.png is empty/);
    expect(summary).toMatch(/5\.png does not exist/);
  });

  it("makes of many overlapping pictures what it makes of each alone, and tells in order", async () => {
    const sizes = [
      [900, 700], // large enough for several threads
      [3, 2],
      [120, 80],
      [701, 900],
      [64, 64],
      [16, 300],
      [800, 800],
    ] as const;
    const files: Record<string, Uint8Array> = {};
    for (const [i, [width, height]] of sizes.entries()) {
      const codes = Uint8Array.from({ length: width * height }, (_, p) => (p * 31 + i * 57) % 251);
      const image = sharp(codes, { raw: { width, height, channels: 1 } });
      files[`${i}.png`] = await image.png({ compressionLevel: 1 }).toBuffer();
    }
    const folder = await folderWith(files);
    const [together, alone] = [join(folder, "together"), join(folder, "alone")];
    const { code, stdout } = await colorize([folder, "-o", together, "--threads", "3", "--json"]);
    expect(code).toBe(0);
    const lines = String(stdout).trimEnd().split("\n");
    const inputs = Object.keys(files).map((name) => join(folder, name));
    expect(lines.map((line) => JSON.parse(line).input)).toEqual(inputs);
    for (const name of Object.keys(files)) {
      expect((await colorize([join(folder, name), "-o", join(alone, name)])).code).toBe(0);
      const [first, second] = await Promise.all(
        [together, alone].map((output) => sharp(join(output, name)).raw().toBuffer()),
      );
      expect(first!.equals(second!), name).toBe(true);
    }
  });

  it("keeps 16 bits, alpha and L*", async () => {
    const samples = Uint16Array.from({ length: 40 * 40 * 2 }, (_, i) => (i * 40503) & 0xffff);
    const png = await sharp(samples, { raw: { width: 40, height: 40, channels: 2 } })
      .toColourspace("grey16")
      .png()
      .toBuffer();
    const folder = await folderWith({ "deep.png": png });
    expect((await colorize([join(folder, "deep.png")])).code).toBe(0);
    const path = join(folder, "deep.color.png");
    expect(await sharp(path).metadata()).toMatchObject({ depth: "ushort", channels: 4 });
    const raw = await sharp(path).toColourspace("rgb16").raw({ depth: "ushort" }).toBuffer();
    const pixels = new Uint16Array(raw.buffer, raw.byteOffset, raw.length / 2);
    const [before, after] = [new Float32Array(1600), new Float32Array(1600)];
    lightnessOfPixels(samples, 2, 1600, before);
    lightnessOfPixels(pixels, 4, 1600, after);
    for (let i = 0; i < 1600; i++) {
      expect(pixels[i * 4 + 3]).toBe(samples[i * 2 + 1]);
      expect(Math.abs(after[i]! - before[i]!)).toBeLessThan(2e-3);
    }
  });

  it("writes alternatives and uncertainty beside the picture, as many as there are", async () => {
    const folder = await folderWith({
      "dark.png": await grey(10),
      "light.jpg": await grey(190, "jpeg"),
    });
    const wanted = ["--alternatives", "3", "--uncertainty", "--model", distributions];
    const { code, stdout, stderr } = await colorize([folder, ...wanted, "--json"]);
    expect(stderr).toContain(
      `note: ${join(folder, "dark.png")}: the network sees one likely colouring only, not 3.\n`,
    );
    expect(stderr.match(/one likely colouring/g)).toHaveLength(1);
    expect(stderr).toContain("2 of 2 pictures are done.\n");
    expect(code).toBe(0);
    const written = [
      ...["dark.color.png", "dark.uncertainty.png"],
      ...["light.color-2.jpg", "light.color-3.jpg", "light.color.jpg", "light.uncertainty.png"],
    ];
    expect(await filesIn(folder)).toEqual([...written, "dark.png", "light.jpg"].sort());
    const [dark, light] = String(stdout)
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(dark).not.toHaveProperty("alternatives");
    expect(dark.notices.map((notice: { code: string }) => notice.code)).toContain(
      "fewer-alternatives",
    );
    expect(light.notices).toMatchObject([{ code: "one-tone" }]);
    expect(dark.uncertainty).toBe(join(folder, "dark.uncertainty.png"));
    expect(light).toMatchObject({
      output: join(folder, "light.color.jpg"),
      alternatives: [2, 3].map((n) => join(folder, `light.color-${n}.jpg`)),
      uncertainty: join(folder, "light.uncertainty.png"),
    });
    const colors = await Promise.all(
      ["", "-2", "-3"].map(async (number) => {
        const { channels } = await sharp(join(folder, `light.color${number}.jpg`)).stats();
        return channels[0]!.mean - channels[1]!.mean;
      }),
    );
    expect(Math.max(...colors) - Math.min(...colors)).toBeGreaterThan(30);
    const { channels, format } = await sharp(join(folder, "light.uncertainty.png")).metadata();
    expect({ channels, format }).toEqual({ channels: 1, format: "png" });
    // What a run has written is no input of the next.
    const again = await colorize([folder, ...wanted, "--overwrite"]);
    expect(again.code).toBe(0);
    expect(
      String(again.stdout)
        .trimEnd()
        .split("\n")
        .map((line) => line.split("  ")[0]),
    ).toEqual([
      ...["dark.color.png", "dark.uncertainty.png"].map((name) => join(folder, name)),
      join(folder, "light.color.jpg"),
      ...[2, 3].map((n) => join(folder, `light.color-${n}.jpg`)),
      join(folder, "light.uncertainty.png"),
    ]);
    expect(await filesIn(folder)).toHaveLength(8);
  });

  it("refuses before the work where any of the outputs is taken", async () => {
    const files = { "a.png": await grey(190), "a.color-2.png": "precious" };
    const folder = await folderWith(files);
    const wanted = ["--alternatives", "2", "--model", distributions];
    const { code, stderr } = await colorize([join(folder, "a.png"), ...wanted]);
    expect(code).toBe(1);
    expect(stderr).toContain("a.color-2.png exists already");
    expect(await filesIn(folder)).toEqual(Object.keys(files).sort());
  });

  it("colours as decided as --colors says, warmer or colder", async () => {
    const folder = await folderWith({ "a.png": await grey(190), "b.png": await grey(10) });
    const means = async (name: string, ...options: string[]) => {
      const output = join(folder, `${name}${options.join("")}.png`);
      const args = [join(folder, name), "-o", output, "--model", distributions];
      expect((await colorize([...args, ...options])).code).toBe(0);
      const { channels } = await sharp(output).stats();
      return channels.map(({ mean }) => mean) as [number, number, number];
    };
    const [red, green] = await means("a.png");
    const [faithfulRed, faithfulGreen] = await means("a.png", "--colors", "faithful");
    expect(red - green).toBeGreaterThan(faithfulRed - faithfulGreen + 10);
    expect(await means("a.png", "--colors", "natural")).toEqual([red, green, expect.any(Number)]);
    const [, , warm] = await means("b.png", "--warmth", "1");
    const [, , cold] = await means("b.png", "--warmth", "-1");
    expect(cold - warm).toBeGreaterThan(5);
  });

  it("says in the file where the colours come from, unless it shall not", async () => {
    const folder = await folderWith({ "a.png": await grey(130) });
    const own = async (...options: string[]) => {
      const output = join(folder, `out${options.length}.png`);
      expect((await colorize([join(folder, "a.png"), "-o", output, ...options])).code).toBe(0);
      return isOwnOutput(readMetadata(await readFile(output)).metadata);
    };
    expect(await own()).toBe(true);
    expect(await own("--no-provenance")).toBe(false);
  });

  it("pipes standard input to standard output in the same format", async () => {
    const { code, stdout, stderr } = await colorize(["-"], await grey(130, "jpeg"));
    expect(code).toBe(0);
    expect(await sharp(stdout).metadata()).toMatchObject({ format: "jpeg", width: 24, height: 16 });
    expect(stderr).toMatch(/standard output .*sea/);
    const png = await colorize(["-", "--format", "png", "--quiet"], await grey(130, "jpeg"));
    expect((await sharp(png.stdout).metadata()).format).toBe("png");
    expect(png.stderr).not.toMatch(/standard output/);
  });

  it("does not pour a picture onto a terminal", async () => {
    expect((await colorize(["-"], await grey(130), true)).code).toBe(2);
  });

  it("prints a line of JSON for each input, failed ones, too", async () => {
    const folder = await folderWith({ "a.png": await grey(100), "b.png": "broken" });
    const { code, stdout } = await colorize([folder, "--json"]);
    expect(code).toBe(1);
    const [a, b] = String(stdout)
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(a).toMatchObject({
      input: join(folder, "a.png"),
      output: join(folder, "a.color.png"),
      width: 24,
      height: 16,
      seconds: expect.any(Number),
    });
    expect(a.scenes.map(({ name }: { name: string }) => name)).toEqual(["sea", "sky", "hill"]);
    expect(b).toMatchObject({
      input: join(folder, "b.png"),
      error: expect.stringContaining("b.png"),
      code: "input-broken",
    });
  });

  it("writes one input to the file and in the format that --output names", async () => {
    const folder = await folderWith({ "a.png": await grey(100) });
    const output = join(folder, "new", "result.webp");
    expect((await colorize([join(folder, "a.png"), "-o", output, "--size", "64"])).code).toBe(0);
    expect((await sharp(output).metadata()).format).toBe("webp");
  });

  it.each<[string, (folder: string) => string[]]>([
    ["an unknown option", (folder) => [folder, "--colour"]],
    ["a size out of range", (folder) => [folder, "--size", "5"]],
    ["a size that is no number", (folder) => [folder, "--size", "big"]],
    ["so many threads that they would only wait", (folder) => [folder, "--threads", "1024"]],
    ["a saturation out of range", (folder) => [folder, "--saturation", "3"]],
    ["a warmth out of range", (folder) => [folder, "--warmth", "-1.1"]],
    ["too many alternatives", (folder) => [folder, "--alternatives", "10"]],
    ["unknown colours", (folder) => [folder, "--colors", "garish"]],
    ["a choice of colours that the model has not", (folder) => [folder, "--colors", "vivid"]],
    ["alternatives that the model has not", (folder) => [folder, "--alternatives", "2"]],
    ["doubts that the model does not tell", (folder) => [folder, "--uncertainty"]],
    [
      "several pictures for standard output",
      () => ["-", "--alternatives", "2", "--model", distributions],
    ],
    ["a quality out of range", (folder) => [folder, "--quality", "101"]],
    ["an unknown format", (folder) => [folder, "--format", "bmp"]],
    ["no input", () => []],
    ["a folder without pictures", (folder) => [join(folder, "empty")]],
    ["an output that cannot be written", (folder) => [join(folder, "a.png"), "-o", "x.bmp"]],
    ["a contradiction", (folder) => [join(folder, "a.png"), "-o", "x.png", "--format", "jpeg"]],
    ["a missing model", (folder) => [folder, "--model", join(folder, "none.onnx")]],
  ])("answers %s with exit code 2 and writes nothing", async (_, args) => {
    const files = { "a.png": await grey(100), "b/a.png": await grey(90), "empty/x.txt": "" };
    const folder = await folderWith(files);
    const { code, stdout, stderr } = await colorize(args(folder));
    expect(code).toBe(2);
    expect(String(stdout)).toBe("");
    expect(stderr).toMatch(/^error: /);
    expect(stderr).not.toMatch(/^ {4}at /m);
    expect(await filesIn(folder)).toEqual(Object.keys(files).sort());
  });
});

describe("ltbc", () => {
  it("shows help with units, ranges and defaults", async () => {
    const { code, stdout } = await ltbc(["colorize", "--help"]);
    expect(code).toBe(0);
    expect(String(stdout)).toMatch(
      /--quality <q>\s+of JPEG, WebP and AVIF, 1 to 100 \(default: 95;/,
    );
    expect((await ltbc(["--version"])).stdout.toString()).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  it("shows its help and fails when called with nothing", async () => {
    const { code, stderr } = await ltbc([]);
    expect(code).toBe(2);
    expect(stderr).toContain("Usage: ltbc");
  });
});
