import { deflateSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { TiffFile } from "../../testing/tiff-file.js";
import { readMetadata } from "../read.js";

const u32 = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};
const exif = (() => {
  const tiff = new TiffFile("MM");
  return tiff.bytes(tiff.directory([{ tag: 0x13b, type: "ascii", values: "A. Photographer" }]));
})();
const packet = (properties: string) =>
  `<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" ${properties}/></rdf:RDF></x:xmpmeta>`;

describe("JPEG", () => {
  const jpeg = (...segments: (readonly [marker: number, content: string | Buffer])[]) => {
    const parts = segments.map(([marker, content]) => {
      const bytes = typeof content === "string" ? Buffer.from(content, "latin1") : content;
      const length = bytes.length + 2;
      return Buffer.concat([Buffer.from([0xff, marker, length >> 8, length & 0xff]), bytes]);
    });
    return Buffer.concat([Buffer.from([0xff, 0xd8]), ...parts, Buffer.from([0xff, 0xda, 0, 2])]);
  };
  const app1 = (name: string, ...content: Buffer[]) =>
    [0xe1, Buffer.concat([Buffer.from(name, "latin1"), ...content])] as const;

  it("may have EXIF in several segments", () => {
    const file = jpeg(
      app1("Exif\0\0", exif.subarray(0, 20)),
      app1("Exif\0\0", exif.subarray(20, 30)),
      app1("Exif\0\0", exif.subarray(30)),
      app1("Exif\0\0", exif), // a second block
    );
    expect(exif.equals(readMetadata(file).metadata.exif!)).toBe(true);
  });

  const guid = "0123456789ABCDEF0123456789ABCDEF";
  const xap = app1(
    "http://ns.adobe.com/xap/1.0/\0",
    Buffer.from(packet(`xmlns:n="http://ns.adobe.com/xmp/note/" n:HasExtendedXMP="${guid}"`)),
  );
  const extended = Buffer.from(packet('xmlns:d="http://purl.org/dc/elements/1.1/" d:source="far"'));
  const piece = (from: number, to: number) =>
    app1(
      "http://ns.adobe.com/xmp/extension/\0",
      Buffer.from(guid),
      u32(extended.length),
      u32(from),
      extended.subarray(from, to),
    );

  it("may have XMP in several segments, in any order", () => {
    const { metadata, notices } = readMetadata(jpeg(piece(100, 999), xap, piece(0, 100)));
    expect(metadata.xmp).toContain('d:source="far"');
    expect(metadata.xmp).not.toContain(guid);
    expect(notices).toEqual([]);
  });

  it("says if one of them is missing", () => {
    const { metadata, notices } = readMetadata(jpeg(xap, piece(100, 999)));
    expect(metadata.xmp).toContain("HasExtendedXMP");
    expect(notices.map(({ message }) => message)).toEqual([
      "Extended XMP of the input is damaged and left out.",
    ]);
  });

  it("has comments and a resolution, and says what cannot go along", () => {
    const { metadata, notices } = readMetadata(
      jpeg(
        [0xe0, "JFIF\0\x01\x02\x02\0\x76\0\x76\0\0"],
        [0xfe, "one"],
        [0xfe, "two"],
        [0xe2, "MPF\0"],
        [0xeb, "JP\0\x01....jumbc2pa"],
      ),
    );
    expect(metadata.comments!.map(String)).toHaveLength(2);
    expect(metadata.resolution).toEqual({ x: 118, y: 118, unit: "centimeter" });
    expect(notices.map(({ message }) => message)).toEqual([
      "Not kept: Content Credentials, which hold for the original only.",
      "Not kept: further pictures in the file (previews).",
    ]);
  });
});

describe("PNG", () => {
  const png = (...chunks: (readonly [type: string, ...content: (string | Buffer)[]])[]) =>
    Buffer.concat([
      Buffer.from("\x89PNG\r\n\x1a\n", "latin1"),
      ...chunks.flatMap(([type, ...content]) => {
        const bytes = Buffer.concat(content.map((part) => Buffer.from(part as string, "latin1")));
        return [u32(bytes.length), Buffer.from(type), bytes, u32(0)];
      }),
    ]);

  it("has blocks in texts, as older programs write them", () => {
    const hex = Buffer.concat([Buffer.from("Exif\0\0", "latin1"), exif]).toString("hex");
    const lines = hex.replace(/.{72}/g, "$&\n");
    const profile = `\nexif\n ${hex.length / 2}\n${lines}\n`;
    const file = png(["zTXt", "Raw profile type exif\0\0", deflateSync(profile)]);
    expect(exif.equals(readMetadata(file).metadata.exif!)).toBe(true);
    const short = png(["tEXt", "Raw profile type exif\0", profile.slice(0, -20)]);
    expect(readMetadata(short).metadata.exif).toBeUndefined();
    expect(readMetadata(short).notices).toMatchObject([{ code: "metadata-damaged" }]);
  });

  it("has texts of three kinds", () => {
    const file = png(
      ["tEXt", "Title\0Stra\xdfe"],
      ["zTXt", "Comment\0\0", deflateSync("packed")],
      ["iTXt", "Author\0\x01\0de\0", Buffer.from("Urheber\0"), deflateSync("Jürgen")],
    );
    expect(readMetadata(file).metadata.texts).toEqual([
      { keyword: "Title", text: "Straße" },
      { keyword: "Comment", text: "packed" },
      { keyword: "Author", text: "Jürgen", language: "de", translatedKeyword: "Urheber" },
    ]);
  });

  it("may hold a text that unpacks to gigabytes", () => {
    const bomb = deflateSync(Buffer.alloc(80 * 2 ** 20));
    const { metadata, notices } = readMetadata(png(["zTXt", "Comment\0\0", bomb]));
    expect(metadata.texts).toBeUndefined();
    expect(notices).toMatchObject([{ code: "metadata-damaged" }]);
  });

  it("may hold many such texts, and one that is none", () => {
    const packed = deflateSync(Buffer.alloc(20 * 2 ** 20, " "));
    const bombs = Array.from({ length: 100 }, () => ["zTXt", "Comment\0\0", packed] as const);
    const { metadata, notices } = readMetadata(png(["tEXt", "Title\0first"], ...bombs));
    expect(metadata.texts!.length).toBeLessThan(5); // 64 MB together
    expect(metadata.texts![0]).toEqual({ keyword: "Title", text: "first" });
    expect(notices).toMatchObject([{ code: "metadata-damaged" }]);
  });
});

it("GIF has comments and XMP", () => {
  // The packet is no sub-blocks: a trailer leads readers of such out of it.
  const trailer = Buffer.from([1, ...Array.from({ length: 256 }, (_, i) => 255 - i), 0]);
  const gif = Buffer.concat([
    Buffer.from("GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff", "latin1"),
    Buffer.from("\x21\xfe\x07Comment\0\x21\xff\x0bXMP DataXMP", "latin1"),
    Buffer.from(packet('xmlns:d="http://purl.org/dc/elements/1.1/" d:source="gif"')),
    trailer,
    Buffer.from("\x2c\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0\x21\xfe\x04last\0\x3b", "latin1"),
  ]);
  const { metadata } = readMetadata(gif);
  expect(metadata.comments!.map((comment) => Buffer.from(comment).toString())).toEqual([
    "Comment",
    "last",
  ]);
  expect(metadata.xmp).toContain('d:source="gif"');
});

it.each(["", "text", "\xff\xd8", "\x89PNG\r\n\x1a\n", "RIFF....WEBP", "GIF89a"])(
  "of %j nothing is known",
  (text) => {
    expect(readMetadata(Buffer.from(text, "latin1"))).toEqual({ metadata: {}, notices: [] });
  },
);
