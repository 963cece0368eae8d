import { readdir, readFile, stat, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { rgbToLab } from "@let-there-be-color/core/color";
import { isOwnOutput, readMetadata } from "@let-there-be-color/core/metadata";
import sharp from "sharp";
import { afterAll, describe, expect, it } from "vitest";
import { Colorizer, type ColorPhoto, UserError } from "./index.js";
import { describedPicture } from "./testing/described-picture.js";
import { folderForTests } from "./testing/temporary-folder.js";
import { tinyColorModel, tinyDistributionModel } from "./testing/tiny-color-model.js";

const folder = await folderForTests();
const colorizer = await Colorizer.load({ model: tinyDistributionModel(), threads: 1 });
afterAll(() => colorizer.close());

const [width, height] = [96, 64];
/** Dark at the left, light at the right. */
const halves = {
  data: Uint8Array.from({ length: width * height }, (_, i) => (i % width < 48 ? 30 : 190)),
  width,
  height,
  channels: 1 as const,
};

/** [L*, a*, b*] in the middle of one of the halves. */
function colorOf(photo: ColorPhoto, half: "dark" | "light"): readonly [number, number, number] {
  const start = 3 * (32 * width + (half === "dark" ? 20 : 76));
  const [lightness, ab] = [new Float32Array(1), new Float32Array(2)];
  rgbToLab(photo.pixels.slice(start, start + 3) as Uint8Array, 1, lightness, ab);
  return [lightness[0]!, ab[0]!, ab[1]!];
}

const chromaOf = (photo: ColorPhoto, half: "dark" | "light") => {
  const [, a, b] = colorOf(photo, half);
  return Math.hypot(a, b);
};

describe("a photograph from a file", () => {
  it("keeps the file's modification time and permissions, and its metadata", async () => {
    const input = join(folder, "described.jpg");
    await writeFile(input, await describedPicture("jpeg"), { mode: 0o640 });
    const taken = new Date("2001-02-03T04:05:06.000Z");
    await utimes(input, taken, taken);
    const photo = await colorizer.colorize(input);
    for (const provenance of [true, false]) {
      const output = join(folder, `described-${provenance}.tif`);
      const notices = await photo.toFile(output, { provenance });
      const { mode, mtime } = await stat(output);
      expect(mtime).toEqual(taken);
      if (process.platform !== "win32") expect(mode & 0o777).toBe(0o640);
      const { metadata } = readMetadata(await readFile(output));
      expect(isOwnOutput(metadata)).toBe(provenance);
      expect(metadata.xmp).toContain("Österreich");
      expect(Buffer.from(metadata.iptc!).includes("A cap. ")).toBe(true);
      expect(notices.map(({ message }) => message)).toEqual([
        "Comments and texts are kept as XMP: TIFF has no comments.",
      ]);
    }
  });
});

describe("a photograph whose model predicts distributions", () => {
  it("is natural by default, and as decided as it is asked to be", async () => {
    expect(Object.keys(colorizer.readOuts!)).toEqual(["faithful", "natural", "vivid"]);
    const photo = await colorizer.colorize(halves);
    const natural = await colorizer.colorize(halves, { colors: "natural" });
    const faithful = await colorizer.colorize(halves, { colors: "faithful" });
    expect(photo.pixels).toEqual(natural.pixels);
    expect(chromaOf(faithful, "light")).toBeLessThan(0.5 * chromaOf(natural, "light"));
    expect(colorOf(photo, "dark")[2]).toBeLessThan(-30);
  });

  it("is rendered again as if it were colourised so", async () => {
    const photo = await colorizer.colorize(halves, { colors: "faithful" });
    for (const options of [
      {},
      { colors: "vivid" },
      { saturation: 0.5, warmth: -0.7 },
      { colors: "faithful", saturation: 1.2 },
    ] as const) {
      const again = await photo.render(options);
      expect(again.pixels).toEqual((await colorizer.colorize(halves, options)).pixels);
      expect(colorOf(again, "light")[0]).toBeCloseTo(colorOf(photo, "light")[0], 0);
    }
    const grey = await photo.render({ saturation: 0, warmth: 1 });
    expect(Array.from(grey.pixels)).toEqual(Array.from(halves.data).flatMap((v) => [v, v, v]));
    const [warm, cold] = [await photo.render({ warmth: 1 }), await photo.render({ warmth: -1 })];
    expect(colorOf(warm, "dark")[2] - colorOf(cold, "dark")[2]).toBeGreaterThan(8);
    await expect(photo.render({ warmth: 2 })).rejects.toThrow(/`warmth`/);
  });

  it("has alternatives for what is unsure, and none for what is sure", async () => {
    const photo = await colorizer.colorize(halves);
    const alternatives = await photo.alternatives(3);
    expect(alternatives.length).toBe(3);
    expect(alternatives[0]!.pixels).toEqual(photo.pixels);
    const greens = alternatives.filter((each) => colorOf(each, "light")[1] < -10);
    expect(greens.length).toBeGreaterThan(0);
    for (const each of alternatives) {
      const distance = Math.abs(colorOf(each, "dark")[2] - colorOf(photo, "dark")[2]);
      expect(distance).toBeLessThan(2);
    }
    const sure = { ...halves, data: halves.data.map(() => 10) };
    expect(await (await colorizer.colorize(sure)).alternatives(3)).toHaveLength(1);
    await expect(photo.alternatives(0)).rejects.toThrow(UserError);
  });

  it("shows where it is unsure, in the size of the picture", async () => {
    const map = await (await colorizer.colorize(halves)).uncertainty();
    expect(map.values).toHaveLength(map.width * map.height);
    expect([map.width, map.height]).toEqual([24, 16]);
    const path = join(folder, "uncertainty.png");
    await map.toFile(path);
    await expect(map.toFile(path)).rejects.toThrow(/exists already/);
    await map.toFile(path, { overwrite: true });
    const { data, info } = await sharp(path)
      .toColourspace("b-w")
      .raw()
      .toBuffer({ resolveWithObject: true });
    expect(info).toMatchObject({ width, height, channels: 1 });
    const at = (x: number) => data[32 * width + x]!;
    expect(at(20)).toBeLessThan(10);
    expect(at(76)).toBeGreaterThan(40);
    expect(at(76)).toBeCloseTo(255 * map.values[8 * 24 + 19]!, -1);
  });

  it("keeps its input from being overwritten when it is rendered anew", async () => {
    const input = join(folder, "in.png");
    const raw = { raw: { width, height, channels: 1 as const } };
    await writeFile(input, await sharp(halves.data, raw).png().toBuffer());
    const again = await (await colorizer.colorize(input)).render({ colors: "vivid" });
    expect(again.inputFormat).toBe("png");
    await expect(again.toFile(input, { overwrite: true })).rejects.toThrow(/the input itself/);
    const map = await again.uncertainty();
    await expect(map.toFile(input, { overwrite: true })).rejects.toThrow(UserError);
    expect((await readdir(folder)).filter((name) => name.startsWith("in."))).toEqual(["in.png"]);
  });

  it("needs its colorizer, which waits for what is being rendered", async () => {
    const short = await Colorizer.load({ model: tinyDistributionModel(), threads: 1 });
    const photo = await short.colorize(halves);
    const rendering = photo.render({ colors: "vivid" });
    await short.close();
    expect((await rendering).width).toBe(width);
    await expect(photo.render()).rejects.toThrow("This Colorizer is closed");
    await expect(photo.alternatives(2)).rejects.toThrow("This Colorizer is closed");
  });
});

describe("a photograph whose model predicts one colour", () => {
  it("takes saturation and warmth, and refuses a choice of colours before it is decoded", async () => {
    const single = await Colorizer.load({ model: tinyColorModel(), threads: 1 });
    expect(single.readOuts).toBeUndefined();
    const photo = await single.colorize(halves, { saturation: 0.2 });
    const warmer = await photo.render({ saturation: 0.2, warmth: 1 });
    expect(colorOf(warmer, "light")[2]).toBeGreaterThan(colorOf(photo, "light")[2] + 3);
    const refused = await single.colorize("missing.png", { colors: "natural" }).catch((e) => e);
    expect(refused).toMatchObject({ code: "option-invalid" });
    expect(refused.message).toMatch(/one colour for each place.*`colors`/);
    expect(await photo.alternatives(1)).toHaveLength(1);
    await expect(photo.alternatives(2)).rejects.toThrow(/`alternatives`/);
    await expect(photo.uncertainty()).rejects.toThrow(/`uncertainty`/);
    await single.close();
  });
});
