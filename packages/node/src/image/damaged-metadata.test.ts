// Metadata that is damaged is left out and said so; it never stands in the way of a picture.

import {
  isOwnOutput,
  outputMetadata,
  readMetadata,
  tiffPages,
  writeMetadata,
} from "@let-there-be-color/core/metadata";
import { randomUniform } from "@let-there-be-color/core/random";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { describedPicture } from "../testing/described-picture.js";
import { decodePhoto } from "./decode.js";
import { OUTPUT_FORMATS, type OutputFormat } from "./format.js";

const output = { width: 30, height: 40, provenance: { systemVersion: "1" } };

async function plainPicture(format: OutputFormat): Promise<Buffer> {
  return sharp({ create: { width: 30, height: 40, channels: 3, background: "#777" } })
    .toFormat(format)
    .toBuffer();
}

it("of 2,000 mutated files none stops the work, and what is kept can be written", {
  timeout: 120_000,
}, async () => {
  const files = await Promise.all(OUTPUT_FORMATS.map(describedPicture));
  const targets = await Promise.all(OUTPUT_FORMATS.map(plainPicture));
  let drawn = 0;
  const below = (n: number) => Math.floor(randomUniform(13, drawn++) * n);
  let damaged = 0;
  let kept = 0;
  for (let i = 0; i < 2000; i++) {
    const file = new Uint8Array(files[i % files.length]!);
    for (let changes = 1 + below(6); changes > 0; changes--) {
      const at = below(Math.min(file.length, 3000));
      file[at] = [0, 255, below(256), file[at]! ^ (1 << below(8))][below(4)]!;
    }
    const mutated = below(5) === 0 ? file.subarray(0, below(file.length)) : file;
    const { metadata, notices } = readMetadata(mutated);
    tiffPages(mutated);
    isOwnOutput(metadata);
    if (notices.length > 0) damaged++;
    if (metadata.exif) kept++;
    const target = i % targets.length;
    writeMetadata(targets[target]!, OUTPUT_FORMATS[target]!, outputMetadata(metadata, output));
  }
  expect(damaged).toBeGreaterThan(500);
  expect(kept).toBeGreaterThan(500);
});

describe("a picture", () => {
  it("comes without what is damaged, and a notice says so", async () => {
    const file = await describedPicture("jpeg");
    const start = file.indexOf("Exif\0\0") + 6;
    file.writeUInt32LE(0x7fffffff, start + 4); // where the first directory lies
    const { metadata, notices } = await decodePhoto(file, "x");
    expect(metadata.exif).toBeUndefined();
    expect(metadata.xmp).toContain("Österreich");
    expect(notices).toEqual([
      { code: "metadata-damaged", message: "EXIF of the input is damaged and left out." },
    ]);
  });

  it("keeps the directories that are whole where one leads to itself", async () => {
    const { metadata } = readMetadata(await describedPicture("jpeg"));
    const exif = Buffer.from(metadata.exif!);
    const first = exif.readUInt32LE(4);
    const entries = exif.readUInt16LE(first);
    for (let i = 0; i < entries; i++) {
      const entry = first + 2 + 12 * i;
      if (exif.readUInt16LE(entry) === 0x8769) exif.writeUInt32LE(first, entry + 8);
    }
    exif.writeUInt32LE(first, first + 2 + 12 * entries); // the next directory, too
    for (const format of OUTPUT_FORMATS) {
      const corrected = outputMetadata({ exif }, output);
      const { bytes } = writeMetadata(await plainPicture(format), format, corrected);
      expect(Buffer.from(bytes).includes("A. Photographer")).toBe(true);
    }
  });

  it("has at most 64 KB of EXIF as JPEG, and a notice says what is missing", async () => {
    const makerNote = Buffer.alloc(70_000, "m");
    const block = Buffer.alloc(8 + 2 + 2 * 12 + 4 + 2 + 12 + 4);
    block.write("II*\0\x08\0\0\0", "latin1");
    const entry = (at: number, tag: number, type: number, count: number, value: number) => {
      block.writeUInt16LE(tag, at);
      block.writeUInt16LE(type, at + 2);
      block.writeUInt32LE(count, at + 4);
      block.writeUInt32LE(value, at + 8);
    };
    block.writeUInt16LE(2, 8);
    entry(10, 0x013b, 2, 4, 0x00676e49); // Artist: "Ing"
    entry(22, 0x8769, 4, 1, 38);
    block.writeUInt16LE(1, 38);
    entry(40, 0x927c, 7, makerNote.length, block.length);
    const exif = Buffer.concat([block, makerNote]);
    const written = async (format: OutputFormat) =>
      writeMetadata(await plainPicture(format), format, { exif });
    const { bytes, notices } = await written("jpeg");
    expect(notices).toEqual([
      {
        code: "not-kept",
        message: "Not kept: the maker note (the camera's own data): JPEG holds 64 KB of EXIF.",
      },
    ]);
    expect((await sharp(bytes).metadata()).exif!.includes("Ing\0")).toBe(true);
    for (const format of ["png", "webp", "tiff", "avif"] as const) {
      const whole = await written(format);
      expect(whole.notices).toEqual([]);
      expect(Buffer.from(whole.bytes).includes(makerNote)).toBe(true);
    }
  });
});
