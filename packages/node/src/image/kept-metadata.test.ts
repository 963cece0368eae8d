// What an input says about itself, in outputs of every format, read by libvips where it can and by
// looking for the bytes where it cannot.

import {
  isOwnOutput,
  outputMetadata,
  readMetadata,
  writeMetadata,
} from "@let-there-be-color/core/metadata";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { describedPicture } from "../testing/described-picture.js";
import { decodePhoto } from "./decode.js";
import { encodePhoto, type PixelPicture } from "./encode.js";
import { OUTPUT_FORMATS } from "./format.js";
import { rotatedPhoto } from "./rotate.js";
import { SharedMemory } from "./shared-memory.js";

const [width, height] = [40, 30];
const provenance = { systemVersion: "0.1.0, model test" };

function picture(overrides: Partial<PixelPicture>): PixelPicture {
  const pixels = new Uint8Array(width * height * 3).fill(99);
  return { width, height, pixels, channels: 3, metadata: {}, ...overrides };
}

/** An EXIF block of a picture on its side, whose pixels are no squares. */
function exifWithResolutions(x: number, y: number): Buffer {
  const block = Buffer.alloc(8 + 2 + 3 * 12 + 4 + 16);
  block.write("MM\0*\0\0\0\x08\0\x03", "latin1");
  const values = block.length - 16;
  [
    [0x0112, 3, 1, 6 << 16],
    [0x011a, 5, 1, values],
    [0x011b, 5, 1, values + 8],
  ].forEach(([tag, type, count, value], i) => {
    block.writeUInt16BE(tag!, 10 + 12 * i);
    block.writeUInt16BE(type!, 12 + 12 * i);
    block.writeUInt32BE(count!, 14 + 12 * i);
    block.writeUInt32BE(value!, 18 + 12 * i);
  });
  [x, 1, y, 1].forEach((value, i) => {
    block.writeUInt32BE(value, values + 4 * i);
  });
  return block;
}

const pairs = OUTPUT_FORMATS.flatMap((from) => OUTPUT_FORMATS.map((to) => [from, to] as const));

describe("metadata of the input", () => {
  it.each(pairs)("%s -> %s", async (from, to) => {
    const { metadata } = readMetadata(await describedPicture(from));
    const { bytes, notices } = await encodePhoto(picture({ metadata }), to, { provenance });
    const written = await sharp(bytes, { failOn: "warning" }).metadata();
    expect([written.width, written.height, written.orientation ?? 1]).toEqual([40, 30, 1]);
    expect(written.xmpAsString).toContain("Österreich");
    expect(written.xmpAsString).not.toMatch(/tiff:Orientation[^<]*8/);
    if (to !== "avif" && to !== "png") expect(written.icc).toHaveLength(480);
    if (to !== "webp" && to !== "avif") expect(written.density).toBe(300);
    for (const text of ["A. Photographer", "A street", "Lens 50"])
      expect(bytes).toContainText(text);

    const found = readMetadata(bytes);
    expect(found.notices).toEqual([]);
    expect(found.metadata.resolution).toEqual({ x: 300, y: 300, unit: "inch" });
    expect(isOwnOutput(found.metadata)).toBe(true);

    const hasIptc = from === "jpeg" || from === "tiff";
    const holdsIptc = to === "jpeg" || to === "tiff";
    expect(found.metadata.iptc !== undefined).toBe(hasIptc && holdsIptc);
    if (hasIptc) expect(bytes).toContainText("A cap. ");
    if (from === "jpeg") expect(bytes).toContainText("Kommentar");
    if (from === "png") expect(bytes).toContainText("not for children");
    const codes = notices.map(({ code }) => code);
    const moved =
      (hasIptc && !holdsIptc) ||
      (from === "png" && to !== "png") ||
      (from === "jpeg" && to !== "jpeg" && to !== "png");
    expect(codes.includes("kept-elsewhere")).toBe(moved);
    expect(codes).not.toContain("not-kept");
  });

  it("is upright and without marks of Adobe RGB", async () => {
    const { metadata } = await decodePhoto(await describedPicture("jpeg"), "x");
    const output = outputMetadata(metadata, { width, height });
    // Fields of the EXIF directory: 0xa001 ColorSpace, 0xa002 and 0xa003 the sizes, as shorts or longs.
    const exif = Buffer.from(output.exif!);
    const shortOf = (tag: number) => {
      const at = exif.indexOf(Buffer.from([tag & 0xff, tag >> 8])); // libexif writes little-endian
      return exif.readUInt16LE(at + 8);
    };
    expect(exif.toString("latin1", 0, 2)).toBe("II");
    expect([0x0112, 0xa001, 0xa002, 0xa003].map(shortOf)).toEqual([1, 1, 40, 30]);
  });

  it("has its resolutions across and down turned with the pixels", async () => {
    const said = {
      exif: exifWithResolutions(300, 150),
      resolution: { x: 300, y: 150, unit: "inch" },
    } as const;
    const file = await sharp(picture({}).pixels, { raw: { width, height, channels: 3 } })
      .tiff()
      .toBuffer();
    const tiff = Buffer.from(writeMetadata(file, "tiff", said).bytes);
    const decoded = rotatedPhoto(await decodePhoto(tiff, "x"), 90, new SharedMemory());
    for (const format of ["jpeg", "png", "webp", "tiff"] as const) {
      const { metadata } = readMetadata(
        (await encodePhoto(picture({ metadata: decoded.metadata }), format)).bytes,
      );
      expect(metadata.resolution).toEqual({ x: 150, y: 300, unit: "inch" });
    }
    const upright = outputMetadata(said, { width, height });
    expect(upright.resolution).toEqual({ x: 150, y: 300, unit: "inch" });
    expect(Buffer.from(upright.exif!).readUInt32BE(8 + 2 + 3 * 12 + 4)).toBe(150);
  });

  it("says nothing of a network where it shall not", async () => {
    for (const format of OUTPUT_FORMATS) {
      const { bytes } = await encodePhoto(picture({}), format);
      expect(isOwnOutput(readMetadata(bytes).metadata)).toBe(false);
      expect((await sharp(bytes).metadata()).xmp).toBeUndefined();
    }
  });

  it("goes into pictures with alpha and 16 bits", async () => {
    const { metadata } = readMetadata(await describedPicture("tiff"));
    for (const format of ["png", "webp", "tiff", "avif"] as const) {
      const pixels = Uint16Array.from({ length: width * height * 4 }, (_, i) => (i * 7919) % 65536);
      const { bytes } = await encodePhoto(picture({ metadata, pixels, channels: 4 }), format, {
        provenance,
      });
      const written = await sharp(bytes, { failOn: "warning" }).metadata();
      expect(written).toMatchObject({ width, height, hasAlpha: true });
      expect(written.xmpAsString).toContain("Österreich");
      expect(bytes).toContainText("Lens 50");
      const depth = { png: "ushort", tiff: "ushort", avif: "ushort", webp: "uchar" }[format];
      expect(written.depth).toBe(depth);
    }
  });

  it("leaves the pixels as the encoder wrote them", async () => {
    const pixels = Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * 7919) % 256);
    const { metadata } = readMetadata(await describedPicture("jpeg"));
    for (const format of OUTPUT_FORMATS) {
      const decoded = async (said: PixelPicture["metadata"]) => {
        const { bytes } = await encodePhoto(picture({ pixels, metadata: said }), format, {
          quality: 95,
        });
        return sharp(bytes, { ignoreIcc: true }).raw().toBuffer();
      };
      expect((await decoded(metadata)).equals(await decoded({}))).toBe(true);
    }
  });
});

describe("what a file was", () => {
  it("stays lossless as WebP unless a quality is asked for", async () => {
    const pixels = Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * 7919) % 256);
    const raw = sharp(pixels, { raw: { width, height, channels: 3 } });
    const lossless = await decodePhoto(await raw.clone().webp({ lossless: true }).toBuffer(), "x");
    expect(lossless.isLossless).toBe(true);
    expect((await decodePhoto(await raw.clone().webp().toBuffer(), "x")).isLossless).toBe(false);
    const back = async (options: { quality?: number }) => {
      const { bytes } = await encodePhoto(picture({ pixels, isLossless: true }), "webp", options);
      return sharp(bytes).raw().toBuffer();
    };
    expect((await back({})).equals(Buffer.from(pixels))).toBe(true);
    expect((await back({ quality: 95 })).equals(Buffer.from(pixels))).toBe(false);
  });

  it("keeps 12 of 16 bits as AVIF", async () => {
    const grays = Uint16Array.from(
      { length: width * height * 3 },
      (_, i) => Math.floor(i / 3) * 54,
    );
    const { bytes } = await encodePhoto(picture({ pixels: grays }), "avif", { quality: 100 });
    const samples = await sharp(bytes).toColourspace("rgb16").raw({ depth: "ushort" }).toBuffer();
    const back = new Uint16Array(samples.buffer, samples.byteOffset, samples.length / 2);
    const worst = grays.reduce((most, gray, i) => Math.max(most, Math.abs(gray - back[i]!)), 0);
    expect(worst).toBeLessThan(160); // less than a step of 8 bits, 257
  });
});

declare module "vitest" {
  interface Matchers {
    /** A text, in UTF-8, stands in the bytes. */
    toContainText(text: string): void;
  }
}

expect.extend({
  toContainText: (bytes: Buffer, text: string) => ({
    pass: bytes.includes(Buffer.from(text, "utf8")),
    message: () => `expected the file to contain ${text}`,
  }),
});
