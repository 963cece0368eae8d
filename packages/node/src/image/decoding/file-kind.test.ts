import { expect, it } from "vitest";
import { fileKind } from "./file-kind.js";

const box = (brand: string, others = "") =>
  Buffer.concat([
    Buffer.from([0, 0, 0, 16 + others.length]),
    Buffer.from(`ftyp${brand}\0\0\0\0${others}`, "latin1"),
  ]);
const text = (start: string) => Buffer.from(start.padEnd(64, " "), "latin1");

it.each([
  ["jpeg", text("\xff\xd8\xff\xe0")],
  ["png", text("\x89PNG\r\n\x1a\n")],
  ["webp", text("RIFF\0\0\0\0WEBPVP8 ")],
  ["gif", text("GIF89a")],
  ["bmp", text("BM\x36\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0")],
  ["tiff", text("II*\0")],
  ["tiff", text("MM\0+")],
  ["avif", box("avif", "mif1miaf")],
  ["avif", box("mif1", "avifmiaf")],
])("%s is known by its first bytes", (kind, file) => {
  expect(fileKind(file, "scan.jpg")).toBe(kind);
});

it.each<[what: RegExp, file: Uint8Array]>([
  [/empty/, new Uint8Array()],
  [/is none/, text("This is a letter.")],
  [/is none/, text("BMW has published")],
  [/SVG/, text("<svg xmlns='http://www.w3.org/2000/svg' width='9999' height='9999'/>")],
  [/SVG/, text('\xef\xbb\xbf<?xml version="1.0"?>\n<!-- by hand -->\n<svg>')],
  [/web page/, text("<!DOCTYPE html><html>")],
  [/PDF.*pdfimages/, text("%PDF-1.7")],
  [/HEIC.*export it as JPEG/, box("heic", "mif1heic")],
  [/HEIC/, box("mif1", "heic")],
  [/video/, box("isom", "mp42")],
  [/JPEG XL/, text("\xff\x0a")],
  [/JPEG XL/, text("\0\0\0\x0cJXL \r\n\x87\n")],
  [/JPEG 2000/, text("\0\0\0\x0cjP  \r\n\x87\n")],
  [/Photoshop/, text("8BPS\0\x01")],
  [/raw data of a camera.*raw converter/, box("crx ", "isom")],
  [/raw data of a camera/, text("FUJIFILMCCD-RAW 0201")],
  [/zip/, text("PK\x03\x04")],
])("what is not read is named: %s", (what, file) => {
  expect(() => fileKind(file, "scan.jpg")).toThrow(what);
  expect(() => fileKind(file, "scan.jpg")).toThrow(/scan\.jpg/);
});

it("raw data of a camera is told from other TIFF files, also where it hides behind a thumbnail", () => {
  const raw = directory([[262, 32803]]);
  const first = directory([
    [262, 2],
    [330, 8 + 2 + 2 * 12 + 4],
  ]);
  const file = Buffer.concat([Buffer.from("II*\0\x08\0\0\0", "latin1"), first, raw]);
  expect(() => fileKind(file, "x.dng")).toThrow(/raw data of a camera/);
  raw.writeUInt32LE(2, 2 + 8);
  const plain = Buffer.concat([file.subarray(0, 8), first, raw]);
  expect(fileKind(plain, "x.tif")).toBe("tiff");
});

/** A TIFF directory of 32-bit values. */
function directory(fields: readonly (readonly [tag: number, value: number])[]): Buffer {
  const bytes = Buffer.alloc(2 + 12 * fields.length + 4);
  bytes.writeUInt16LE(fields.length, 0);
  fields.forEach(([tag, value], i) => {
    bytes.writeUInt16LE(tag, 2 + 12 * i);
    bytes.writeUInt16LE(4, 4 + 12 * i);
    bytes.writeUInt32LE(1, 6 + 12 * i);
    bytes.writeUInt32LE(value, 10 + 12 * i);
  });
  return bytes;
}
