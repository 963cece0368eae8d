import { describe, expect, it } from "vitest";
import { type Field, TiffFile } from "../../testing/tiff-file.js";
import {
  isCameraRawTiff,
  tiffOfPixelsOnly,
  tiffOfUniformSamples,
  tiffPixelBytes,
  tiffPixelFormat,
} from "./pixel-fields.js";
import { TiffStructure } from "./structure.js";

const short = (tag: number, ...values: number[]): Field => ({ tag, type: "short", values });
const long = (tag: number, ...values: number[]): Field => ({ tag, type: "long", values });

/** 12 bits, RGB and alpha, in two strips, with an orientation and a resolution unit. */
function twelveBits(tiff: TiffFile, orientation: number, unit: number, stripLength = 6): Field[] {
  const strips = [tiff.add(new Uint8Array(6)), tiff.add(new Uint8Array(6))];
  return [
    long(256, 1),
    long(257, 2),
    short(258, 12, 12, 12, 12),
    short(259, 1),
    short(262, 2),
    long(273, ...strips),
    short(274, orientation),
    short(277, 4),
    long(278, 1),
    long(279, 6, stripLength),
    short(284, 1),
    short(296, unit),
    short(338, 2),
  ];
}

describe.each([
  ["II", false],
  ["MM", false],
  ["II", true],
  ["MM", true],
] as const)("the pixels of a TIFF page (%s, BigTIFF: %s)", (order, isBig) => {
  const file = (orientation: number, unit: number, stripLength?: number) => {
    const tiff = new TiffFile(order, { isBig });
    const second = tiff.directory(twelveBits(tiff, orientation, unit, stripLength).reverse());
    return tiff.bytes(tiff.directory(twelveBits(tiff, 6, 2), second));
  };

  it("are described", () => {
    expect(tiffPixelFormat(file(3, 2), 1)).toEqual({
      ...{ width: 1, height: 2, photometric: 2, bitsPerSample: 12, samplesPerPixel: 4 },
      ...{ sampleFormat: 1, compression: 1, planarConfiguration: 1 },
      ...{ extraSamples: [2], orientation: 3 },
    });
    expect(tiffPixelFormat(file(3, 2), 2)).toBeUndefined();
    expect(tiffPixelFormat(file(0, 2), 1)!.orientation).toBe(1);
    expect(tiffPixelFormat(Buffer.from("II"))).toBeUndefined();
  });

  it("are counted, if they are all there", () => {
    expect(tiffPixelBytes(file(1, 2), 1)).toBe(12);
    expect(tiffPixelBytes(file(1, 2, 9999), 1)).toBeUndefined();
  });

  it("are left alone by a copy in which nothing else is", () => {
    const original = file(9, 77);
    const copy = Buffer.from(tiffOfPixelsOnly(original, 1)!);
    expect(copy.subarray(isBig ? 16 : 8, original.length)).toEqual(
      original.subarray(isBig ? 16 : 8),
    );
    expect(tiffPixelFormat(copy)).toEqual(tiffPixelFormat(original, 1));
    expect(tiffPixelFormat(copy, 1)).toBeUndefined();
    expect(tiffPixelBytes(copy)).toBe(12);
    const [entrySize, start] = isBig ? [20, 8] : [12, 2];
    const at = original.length + (original.length % 2) + start;
    const number = order === "II" ? copy.readUInt16LE.bind(copy) : copy.readUInt16BE.bind(copy);
    const tags = Array.from({ length: 11 }, (_, i) => number(at + i * entrySize));
    expect(tags).toEqual([256, 257, 258, 259, 262, 273, 277, 278, 279, 284, 338]);
  });

  it("are stated without a contradiction, also where the file contradicts itself", () => {
    const tiff = new TiffFile(order, { isBig });
    const strips = [tiff.add(new Uint8Array(6)), tiff.add(new Uint8Array(6))];
    const fields = [
      long(256, 1, 5),
      long(257, 2),
      short(258, 8, 16),
      long(273, ...strips),
      short(277, 3, 2, 2),
      long(278, 1),
      long(279, 6, 6),
      short(339, 1),
    ];
    const original = tiff.bytes(tiff.directory(fields));
    const uniform = tiffOfUniformSamples(original)!;
    expect(tiffPixelFormat(uniform)).toEqual(tiffPixelFormat(original));
    expect(tiffPixelBytes(uniform)).toBe(12);
    const count = (tag: number) => {
      const structure = new TiffStructure(uniform);
      return structure.find(structure.chain()[0]!, tag)?.count;
    };
    expect([256, 257, 258, 277, 339].map(count)).toEqual([1, 1, 3, 1, 3]);
  });

  it("are not all there if blocks are missing from the list", () => {
    const tiff = new TiffFile(order, { isBig });
    const strip = tiff.add(new Uint8Array(6));
    const fields = [long(256, 1), long(257, 200), long(273, strip), long(278, 1), long(279, 6)];
    expect(tiffPixelBytes(tiff.bytes(tiff.directory(fields)))).toBeUndefined();
  });

  it("become pixels of one sample each where samples share bytes", () => {
    expect(tiffPixelFormat(tiffOfUniformSamples(file(1, 2), 1)!)).toMatchObject({
      ...{ width: 4, height: 2, samplesPerPixel: 1, bitsPerSample: 12, photometric: 1 },
    });
  });
});

it("raw data of a camera is found in the chain and below it", () => {
  const picture = [long(256, 1), long(257, 1), short(262, 2)];
  const tiff = new TiffFile("MM");
  const raw = tiff.directory([long(256, 9), long(257, 9), short(262, 34892)]);
  const below = tiff.directory([...picture, long(330, raw)]);
  const inChain = tiff.directory(picture, raw);
  expect(isCameraRawTiff(tiff.bytes(below))).toBe(true);
  expect(isCameraRawTiff(tiff.bytes(inChain))).toBe(true);
  expect(isCameraRawTiff(tiff.bytes(tiff.directory(picture)))).toBe(false);
  expect(isCameraRawTiff(Buffer.from("II*\0"))).toBe(false);
});
