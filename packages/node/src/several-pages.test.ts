import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { tiffPages } from "@let-there-be-color/core/metadata";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openPhoto } from "./image/decode.js";
import { Colorizer, joinTiffPages, UserError } from "./index.js";
import { runCommand } from "./testing/run-command.js";
import { folderForTests } from "./testing/temporary-folder.js";
import { tinyColorModel } from "./testing/tiny-color-model.js";

const folder = await folderForTests();
const model = tinyColorModel();
const modelPath = join(folder, "tiny.onnx");
const album = join(folder, "album.tif");
const colorizer = await Colorizer.load({ model, threads: 1 });
afterAll(() => colorizer.close());

const xmp = (about: string) =>
  `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" dc:source="${about}"/></rdf:RDF></x:xmpmeta>`;

/** Lightness rises from left to right, from another start on each page. */
function ramp(width: number, height: number, start: number, channels: 1 | 2 = 1, bits = 8) {
  const codes = { length: width * height * channels };
  const codeAt = (_: unknown, i: number) =>
    channels === 2 && i % 2 === 1 ? 128 : start + (Math.floor(i / channels) % width);
  const data = Uint8Array.from(codes, codeAt);
  const samples = bits === 16 ? Uint16Array.from(data, (code) => code * 257) : data;
  const image = sharp(samples, { raw: { width, height, channels } });
  return image.toColourspace(bits === 16 ? "grey16" : "b-w").withXmp(xmp(`page of ${width}`));
}

beforeAll(async () => {
  await writeFile(modelPath, model);
  const pyramid = { tile: true, pyramid: true, tileWidth: 128, tileHeight: 128 } as const;
  const pages = [
    ramp(200, 150, 20).tiff(pyramid),
    ramp(40, 60, 90, 1, 16).tiff({ compression: "deflate" }),
    ramp(31, 17, 150, 2).tiff({ compression: "lzw" }),
  ];
  const files = await Promise.all(pages.map((page) => page.toBuffer()));
  await writeFile(album, joinTiffPages(files));
});

const colorize = (...args: string[]) =>
  runCommand(["colorize", album, "--model", modelPath, "--threads", "1", ...args]);

async function pagesOf(path: string) {
  const file = await readFile(path);
  const pages = [];
  for (const { index, kind } of tiffPages(file)) {
    const page = sharp(file, { page: index });
    const { width, height, channels, depth, xmpAsString = "" } = await page.metadata();
    const { channels: bands } = await page.stats();
    const isColor = Math.abs(bands[0]!.mean - bands[2]!.mean) > 5;
    const ownXmp = xmpAsString.includes(`page of ${width}`);
    pages.push({ kind, width, height, channels, depth, isColor, ownXmp });
  }
  return pages;
}

describe("a TIFF of several pages", () => {
  it("has its full-size pictures as pages, not the levels of a pyramid", async () => {
    const file = await readFile(album);
    expect(tiffPages(file).map(({ kind }) => kind)).toContain("reduced");
    const { pages } = await openPhoto(file, "album.tif");
    const sizes = [];
    for (const page of pages) {
      const { gray, bitDepth, alpha, notices } = await page.decode();
      expect(notices).toEqual([]);
      sizes.push([gray.width, gray.height, bitDepth, alpha !== undefined]);
    }
    expect(sizes).toEqual([
      [200, 150, 8, false],
      [40, 60, 16, false],
      [31, 17, 8, true],
    ]);
  });

  it("becomes one TIFF of all pages, each with its size, depth, alpha and metadata", async () => {
    const output = join(folder, "all.tif");
    const { code, stderr } = await colorize("-o", output);
    expect([code, stderr]).toEqual([0, expect.not.stringContaining("Only the first")]);
    const page = { kind: "picture", isColor: true, ownXmp: true };
    expect(await pagesOf(output)).toEqual([
      { ...page, width: 200, height: 150, channels: 3, depth: "uchar" },
      { ...page, width: 40, height: 60, channels: 3, depth: "ushort" },
      { ...page, width: 31, height: 17, channels: 4, depth: "uchar" },
    ]);
  });

  it("gives its first page to other formats, and says so", async () => {
    const output = join(folder, "first.png");
    const { code, stderr } = await colorize("-o", output);
    expect(code).toBe(0);
    expect(stderr).toMatch(/note: .*Only the first of 3 pages is colourised; TIFF takes all/);
    expect(await sharp(output).metadata()).toMatchObject({ width: 200, height: 150 });
  });

  it("fails as a whole if a page is damaged, which is named", async () => {
    const damaged = join(folder, "damaged.tif");
    const [good, bad] = await Promise.all(
      [9, 90].map((start) => ramp(20, 20, start).tiff().toBuffer()),
    );
    await writeFile(damaged, joinTiffPages([good!, withoutPixels(bad!)]));
    const output = join(folder, "damaged-out.tif");
    const { code, stderr } = await runCommand([
      ...["colorize", damaged, "--model", modelPath, "--threads", "1", "-o", output],
    ]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/error: page 2 of .*damaged\.tif/);
    await expect(readFile(output)).rejects.toThrow(/ENOENT/);
  });

  it("is read page by page by the library, which joins them again", async () => {
    const first = await colorizer.colorize(album);
    expect(first.pageCount).toBe(3);
    expect(first.notices).toMatchObject([{ code: "pages-left-out" }]);
    const files: Buffer[] = [];
    for (let page = 0; page < first.pageCount; page++) {
      const photo = await colorizer.colorize(album, { page });
      expect(photo.notices.filter(({ code }) => code === "pages-left-out")).toEqual([]);
      files.push(await photo.toBuffer());
    }
    await writeFile(join(folder, "joined.tif"), joinTiffPages(files));
    const sizes = (await pagesOf(join(folder, "joined.tif"))).map(({ width }) => width);
    expect(sizes).toEqual([200, 40, 31]);
    for (const page of [3, -1, 0.5]) {
      await expect(colorizer.colorize(album, { page })).rejects.toThrow(UserError);
    }
  });
});

/** A TIFF of libvips that says of its compression what is not so. */
function withoutPixels(file: Buffer): Buffer {
  const copy = Buffer.from(file);
  const at = copy.readUInt32LE(4);
  for (let i = 0; i < copy.readUInt16LE(at); i++) {
    const entry = at + 2 + 12 * i;
    if (copy.readUInt16LE(entry) === 259) copy.writeUInt16LE(8, entry + 8); // deflate
  }
  return copy;
}

describe("the limit of pixels", () => {
  it("is checked before anything is decoded", async () => {
    const file = await ramp(40, 60, 90).png().toBuffer();
    await expect(colorizer.colorize(file, { maxPixels: 2399 })).rejects.toThrow(/40 x 60 pixels/);
    expect((await colorizer.colorize(file, { maxPixels: 2400 })).width).toBe(40);
    await expect(colorizer.colorize(file, { maxPixels: 0 })).rejects.toThrow(/`maxPixels`/);
    const output = join(folder, "never.png");
    const { code, stderr } = await colorize("--max-pixels", "2400", "-o", output);
    expect(code).toBe(1);
    expect(stderr).toMatch(/200 x 150 pixels, .*--max-pixels/);
  });

  it("stops small files of large pictures", async () => {
    const bomb = await readFile(new URL("../src/testing/picture-kinds/rgb.bmp", import.meta.url));
    const large = Buffer.from(bomb);
    large.writeInt32LE(40_000, 18);
    large.writeInt32LE(40_000, 22);
    await expect(colorizer.colorize(large)).rejects.toThrow(/1,600 million/);
  });
});
