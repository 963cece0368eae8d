import { describe, expect, it } from "vitest";
import { TiffFile } from "../../testing/tiff-file.js";
import { outputMetadata } from "../correct.js";
import { TiffStructure } from "../tiff/structure.js";
import { correctedExif, exifOrientation } from "./correct.js";
import { readExifFields } from "./fields.js";
import { fitExif } from "./fit.js";
import { exifOfTiff } from "./from-tiff.js";
import { exifWithResolution, resolutionOfExif } from "./resolution.js";
import { fieldsInByteOrder, writeFields } from "./write-fields.js";

const THUMBNAIL = Buffer.from("\xff\xd8 a grey picture \xff\xd9", "latin1");
const MAKER_NOTE = Buffer.from("a maker note with offsets that only its maker knows");

/** An EXIF block of a camera set to Adobe RGB and held on its side. */
function cameraExif(order: "II" | "MM", { thumbnail = THUMBNAIL } = {}) {
  const tiff = new TiffFile(order);
  const makerNoteAt = tiff.add(MAKER_NOTE);
  const interoperability = tiff.directory([{ tag: 1, type: "ascii", values: "R03" }]);
  const gps = tiff.directory([{ tag: 3, type: "ascii", values: "E" }]);
  const exif = tiff.directory([
    { tag: 0x9003, type: "ascii", values: "1931:04:05 06:07:08" },
    { tag: 0xa001, type: "short", values: [2] },
    { tag: 0xa002, type: "short", values: [30] },
    { tag: 0xa003, type: "long", values: [40] },
    { tag: 0xa005, type: "long", values: [interoperability] },
    { tag: 0xa500, type: "rational", values: [22, 10] },
    { tag: 0x927c, type: "undefined", values: MAKER_NOTE },
  ]);
  const second = [
    { tag: 0x201, type: "long", values: [0] },
    { tag: 0x202, type: "long", values: [thumbnail.length] },
  ] as const;
  const secondAt = tiff.directory(second);
  const first = tiff.directory(
    [
      { tag: 0x100, type: "short", values: [30] },
      { tag: 0x10f, type: "ascii", values: "Maker of cameras" },
      { tag: 0x112, type: "short", values: [6] },
      { tag: 0x13e, type: "rational", values: [313, 1000, 329, 1000] },
      { tag: 0x213, type: "short", values: [2] },
      { tag: 0x8769, type: "long", values: [exif] },
      { tag: 0x8825, type: "long", values: [gps] },
    ],
    secondAt,
  );
  const thumbnailAt = tiff.add(thumbnail);
  const block = tiff.bytes(first);
  tiff.number(thumbnailAt, 4).copy(block, secondAt + 2 + 8);
  return { block, makerNoteAt };
}

/** Fields by tag, with those of nested directories beside them. */
function values(exif: Uint8Array): Map<number, Buffer> {
  const found = new Map<number, Buffer>();
  const walk = (fields: ReturnType<typeof readExifFields>["fields"]) => {
    for (const { tag, value, directory } of fields) {
      if (directory) walk(directory);
      else found.set(tag, Buffer.from(value));
    }
  };
  walk(readExifFields(exif).fields);
  return found;
}

describe.each(["II", "MM"] as const)("corrected EXIF (%s)", (order) => {
  const { block } = cameraExif(order);
  const corrected = correctedExif(block, { width: 70_000, height: 30 });
  const found = values(corrected);
  const number = (tag: number) => {
    const bytes = found.get(tag)!;
    return order === "II" ? bytes.readUIntLE(0, bytes.length) : bytes.readUIntBE(0, bytes.length);
  };

  it("is upright, in sRGB and of the size of the output", () => {
    expect([exifOrientation(block), exifOrientation(corrected)]).toEqual([6, 1]);
    expect([0xa001, 0xa002, 0xa003, 0x100].map(number)).toEqual([1, 70_000, 30, 70_000]);
    expect(found.get(1)!.toString()).toBe("R98\0");
    expect(found.has(0xa500)).toBe(false);
    expect(found.has(0x13e)).toBe(false);
  });

  it("has lost the thumbnail, and nothing else", () => {
    expect(Buffer.from(corrected).includes("a grey picture")).toBe(false);
    expect(corrected.length).toBe(block.length - THUMBNAIL.length - (THUMBNAIL.length % 2));
    expect(new TiffStructure(corrected).chain()).toHaveLength(1);
    expect(found.get(0x10f)!.toString()).toBe("Maker of cameras\0");
    expect(found.get(0x9003)!.toString()).toBe("1931:04:05 06:07:08\0");
    expect(found.get(0x213)).toBeDefined();
    const place = block.lastIndexOf(MAKER_NOTE);
    expect(Buffer.from(corrected).lastIndexOf(MAKER_NOTE)).toBe(place);
  });

  it("leaves the input as it was", () => {
    expect(block.equals(cameraExif(order).block)).toBe(true);
  });
});

describe("EXIF written anew", () => {
  it("keeps the maker note where it was, in the other byte order, too", () => {
    const { block } = cameraExif("MM");
    const place = block.lastIndexOf(MAKER_NOTE);
    const tree = readExifFields(block);
    const turned = writeFields({ littleEndian: true, fields: fieldsInByteOrder(tree, true) });
    expect(turned.inPlace).toBe(true);
    expect(Buffer.from(turned.bytes).indexOf(MAKER_NOTE)).toBe(place);
    const rewritten = values(turned.bytes);
    expect(rewritten.get(0xa002)!.readUInt16LE()).toBe(30);
    expect(rewritten.get(0xa500)!.readUInt32LE(0)).toBe(22);
    expect(rewritten.get(0x9003)!.toString()).toBe("1931:04:05 06:07:08\0");
    expect(rewritten.size).toBe(values(block).size);
  });

  it("says if the maker note had to move", () => {
    const tiff = new TiffFile("II");
    tiff.add(Buffer.alloc(40_000));
    const exif = tiff.directory([{ tag: 0x927c, type: "undefined", values: MAKER_NOTE }]);
    const block = tiff.bytes(tiff.directory([{ tag: 0x8769, type: "long", values: [exif] }]));
    const { bytes, inPlace } = writeFields(readExifFields(block));
    expect(inPlace).toBe(false);
    expect(bytes.length).toBeLessThan(200);
    expect(values(bytes).get(0x927c)!.equals(MAKER_NOTE)).toBe(true);
  });

  it("turns comments in UTF-16", () => {
    const tiff = new TiffFile("MM");
    const comment = Buffer.concat([Buffer.from("UNICODE\0"), Buffer.from("\0G\0r", "latin1")]);
    const exif = tiff.directory([{ tag: 0x9286, type: "undefined", values: comment }]);
    const block = tiff.bytes(tiff.directory([{ tag: 0x8769, type: "long", values: [exif] }]));
    const fields = fieldsInByteOrder(readExifFields(block), true);
    expect(Buffer.from(fields[0]!.directory![0]!.value).toString("latin1")).toBe("UNICODE\0G\0r\0");
  });

  it("fits by leaving out the maker note, then the largest values", () => {
    const tiff = new TiffFile("II");
    const exif = tiff.directory([
      { tag: 0x9286, type: "undefined", values: Buffer.alloc(3000, "c") },
      { tag: 0x927c, type: "undefined", values: Buffer.alloc(1000, "m") },
      { tag: 0x9003, type: "ascii", values: "1931:04:05 06:07:08" },
    ]);
    const block = tiff.bytes(
      tiff.directory([
        { tag: 0x10e, type: "ascii", values: "x".repeat(500) },
        { tag: 0x8769, type: "long", values: [exif] },
      ]),
    );
    expect(fitExif(block, 5000)).toEqual({ exif: block, leftOut: [] });
    expect(fitExif(block, 4000).leftOut).toEqual([0x927c]);
    const { exif: fitted, leftOut } = fitExif(block, 1000);
    expect(leftOut).toEqual([0x927c, 0x9286]);
    expect([...values(fitted).keys()].sort()).toEqual([0x10e, 0x9003]);
  });
});

it("has one directory of each kind, where a hostile block names thousands", () => {
  const tiff = new TiffFile("II");
  const many = (tag: number, offset: number) =>
    tiff.directory(Array.from({ length: 2000 }, () => ({ tag, type: "long", values: [offset] })));
  const last = tiff.directory([{ tag: 1, type: "ascii", values: "R98" }]);
  const block = tiff.bytes(many(0x8769, many(0xa005, last)));
  const [exif, ...others] = readExifFields(block).fields;
  expect(others).toEqual([]);
  expect(exif!.directory).toHaveLength(1);
  expect(exif!.directory![0]!.directory).toHaveLength(1);
});

describe("EXIF out of a TIFF file", () => {
  it("is what describes the picture, not its pixels", () => {
    const tiff = new TiffFile("MM", { isBig: true });
    const exif = tiff.directory([{ tag: 0x9003, type: "ascii", values: "1931:04:05 06:07:08" }]);
    const file = tiff.bytes(
      tiff.directory([
        { tag: 0x100, type: "short", values: [30] },
        { tag: 0x10d, type: "ascii", values: "Album 7" },
        { tag: 0x111, type: "long", values: [8] },
        { tag: 0x13c, type: "ascii", values: "a scanner's computer" },
        { tag: 0x2bc, type: "byte", values: "<x:xmpmeta/>" },
        { tag: 0x8769, type: "long", values: [exif] },
        { tag: 0xc4a5, type: "undefined", values: Buffer.from("a tag that nobody knows") },
      ]),
    );
    const structure = new TiffStructure(file);
    const block = exifOfTiff(structure, structure.directory(structure.firstDirectory))!;
    expect([...values(block).keys()]).toEqual([0x10d, 0x13c, 0x9003, 0xc4a5]);
    expect(values(block).get(0xc4a5)!.toString()).toBe("a tag that nobody knows");
  });

  it("is nothing if the file says nothing", () => {
    const tiff = new TiffFile("II");
    const file = tiff.bytes(
      tiff.directory([
        { tag: 0x100, type: "short", values: [30] },
        { tag: 0x112, type: "short", values: [1] },
        { tag: 0x11a, type: "rational", values: [300, 1] },
      ]),
    );
    const structure = new TiffStructure(file);
    const directory = structure.directory(structure.firstDirectory);
    expect(exifOfTiff(structure, directory)).toBeUndefined();
  });
});

it.each([300, 72.5, 118.11, 1 / 3, 4_000_000])("states a resolution of %d", (x) => {
  const { bytes } = exifWithResolution(undefined, { x, y: 2 * x, unit: "centimeter" });
  const found = resolutionOfExif(bytes)!;
  expect(found.unit).toBe("centimeter");
  expect(Math.abs(found.x / x - 1)).toBeLessThan(1e-5);
  expect(Math.abs(found.y / x - 2)).toBeLessThan(1e-5);
});

it("is left out of the output if its parts lie over each other", () => {
  const tiff = new TiffFile("II");
  const block = tiff.bytes(
    tiff.directory([
      { tag: 0x112, type: "short", values: [6] },
      { tag: 0x11a, type: "rational", values: [300, 1] },
      { tag: 0x11b, type: "rational", values: [150, 1] },
    ]),
  );
  const entry = block.indexOf(Buffer.from([0x1a, 0x01]));
  block.writeUInt32LE(0, entry + 8); // the resolution lies in the header
  const output = outputMetadata({ exif: block, comments: [] }, { width: 1, height: 1 });
  expect(output).toEqual({ comments: [] });
});
