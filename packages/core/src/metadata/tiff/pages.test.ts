import { describe, expect, it } from "vitest";
import { type Field, TiffFile } from "../../testing/tiff-file.js";
import { joinTiffPages } from "./join-pages.js";
import { tiffPages } from "./pages.js";

/** Directories with these fields, chained in order. */
function file(order: "II" | "MM", pages: readonly (readonly Field[])[], options = {}) {
  const tiff = new TiffFile(order, options);
  const first = pages.reduceRight((next, fields) => tiff.directory(fields, next), 0);
  return tiff.bytes(first);
}

function fields(width: number, height: number, subfile?: Field): Field[] {
  const size: Field[] = [
    { tag: 0x100, type: "long", values: [width] },
    { tag: 0x101, type: "short", values: [height] },
  ];
  return subfile ? [subfile, ...size] : size;
}

const subfileType = (value: number): Field => ({ tag: 0xfe, type: "long", values: [value] });

describe("the pages of a TIFF file", () => {
  it.each([
    ["II", {}],
    ["MM", {}],
    ["II", { isBig: true }],
    ["MM", { isBig: true }],
  ] as const)("are told from smaller versions and masks (%s %j)", (order, options) => {
    const tiff = file(
      order,
      [
        fields(70_000, 30),
        fields(20, 15, subfileType(1)),
        fields(70_000, 30, subfileType(4)),
        fields(20, 15, subfileType(5)),
        fields(9, 8, subfileType(2)),
        fields(20, 15, { tag: 0xff, type: "short", values: [2] }),
        fields(20, 15, { tag: 0xff, type: "short", values: [3] }),
      ],
      options,
    );
    expect(tiffPages(tiff)).toEqual([
      { index: 0, width: 70_000, height: 30, kind: "picture" },
      { index: 1, width: 20, height: 15, kind: "reduced" },
      { index: 2, width: 70_000, height: 30, kind: "mask" },
      { index: 3, width: 20, height: 15, kind: "mask" },
      { index: 4, width: 9, height: 8, kind: "picture" },
      { index: 5, width: 20, height: 15, kind: "reduced" },
      { index: 6, width: 20, height: 15, kind: "picture" },
    ]);
  });

  it("end where the chain loops or leaves the file", () => {
    const tiff = new TiffFile("II");
    const second = tiff.directory(fields(2, 2), 8);
    const first = tiff.directory(fields(1, 1), second);
    const looping = tiff.bytes(first);
    const secondNext = second + 2 + 2 * 12;
    looping.writeUInt32LE(first, secondNext);
    expect(tiffPages(looping).map(({ width }) => width)).toEqual([1, 2]);
    looping.writeUInt32LE(0xfffffff0, secondNext);
    expect(tiffPages(looping).map(({ width }) => width)).toEqual([1, 2]);
  });

  it("are none in what is no TIFF", () => {
    expect(tiffPages(Buffer.from("II"))).toEqual([]);
    expect(tiffPages(Buffer.from("\x89PNG\r\n\x1a\n________"))).toEqual([]);
    expect(tiffPages(new TiffFile("MM").bytes(5000))).toEqual([]);
  });
});

/** A picture of one strip, with a name too long for its entry, an EXIF and a nested directory. */
function singlePage(order: "II" | "MM", name: string, strips: readonly string[]): Buffer {
  const tiff = new TiffFile(order);
  const offsets = strips.map((strip) => tiff.add(Buffer.from(strip)));
  const interoperability = tiff.directory([{ tag: 1, type: "ascii", values: "R98" }]);
  const exif = tiff.directory([
    { tag: 0x9286, type: "undefined", values: Buffer.from(`ASCII\0\0\0about ${name}`) },
    { tag: 0xa005, type: "long", values: [interoperability] },
  ]);
  return tiff.bytes(
    tiff.directory([
      { tag: 0x100, type: "short", values: [name.length] },
      { tag: 0x10d, type: "ascii", values: name },
      { tag: 0x111, type: "long", values: offsets },
      { tag: 0x117, type: "long", values: strips.map(({ length }) => length) },
      { tag: 0x8769, type: "long", values: [exif] },
    ]),
  );
}

/** What a page says, read by walking the bytes with nothing but this function. */
function read(file: Buffer, page: number) {
  const little = file.toString("latin1", 0, 2) === "II";
  const u16 = (at: number) => (little ? file.readUInt16LE(at) : file.readUInt16BE(at));
  const u32 = (at: number) => (little ? file.readUInt32LE(at) : file.readUInt32BE(at));
  const entry = (directory: number, tag: number) => {
    for (let i = 0; i < u16(directory); i++) {
      const at = directory + 2 + 12 * i;
      if (u16(at) === tag) return { count: u32(at + 4), field: at + 8, value: u32(at + 8) };
    }
    throw new Error(`no tag ${tag}`);
  };
  let directory = u32(4);
  for (let i = 0; i < page; i++) directory = u32(directory + 2 + 12 * u16(directory));
  const text = ({ count, value }: { count: number; value: number }) =>
    file.toString("latin1", value, value + count);
  const longs = ({ count, field, value }: { count: number; field: number; value: number }) =>
    Array.from({ length: count }, (_, i) => u32((count === 1 ? field : value) + 4 * i));
  const exif = entry(directory, 0x8769).value;
  const interoperability = entry(exif, 0xa005).value;
  const lengths = longs(entry(directory, 0x117));
  return {
    name: text(entry(directory, 0x10d)),
    strips: longs(entry(directory, 0x111)).map((at, i) =>
      file.toString("latin1", at, at + lengths[i]!),
    ),
    comment: text(entry(exif, 0x9286)),
    interoperability: file.toString("latin1", entry(interoperability, 1).field).slice(0, 3),
    next: u32(directory + 2 + 12 * u16(directory)),
  };
}

describe("joined TIFF pages", () => {
  it.each(["II", "MM"] as const)(
    "keep their pixels, texts and nested directories (%s)",
    (order) => {
      const joined = Buffer.from(
        joinTiffPages([
          singlePage(order, "first page", ["pixels"]),
          singlePage(order, "page", ["odd"]),
          singlePage(order, "the last page", ["strip 1", "strip 2", "strip 3"]),
        ]),
      );
      const page = (index: number) => ({
        ...read(joined, index),
        next: read(joined, index).next > 0,
      });
      const about = (name: string) => ({
        name: `${name}\0`,
        comment: `ASCII\0\0\0about ${name}`,
        interoperability: "R98",
      });
      expect(page(0)).toEqual({ ...about("first page"), strips: ["pixels"], next: true });
      expect(page(1)).toEqual({ ...about("page"), strips: ["odd"], next: true });
      const strips = ["strip 1", "strip 2", "strip 3"];
      expect(page(2)).toEqual({ ...about("the last page"), strips, next: false });
      expect(tiffPages(joined).map(({ width }) => width)).toEqual([10, 4, 13]);
    },
  );

  it("are the file itself if there is one", () => {
    const page = singlePage("II", "alone", ["pixels"]);
    expect(joinTiffPages([page])).toBe(page);
  });

  it("cannot be of several byte orders", () => {
    const pages = [singlePage("II", "first", ["1"]), singlePage("MM", "second", ["2"])];
    expect(() => joinTiffPages(pages)).toThrow(/byte order/);
  });
});
