// Metadata in WebP (RFC 9649, 2.7): chunks of the extended layout.

import { ByteReader, concatBytes, DamagedMetadata, latin1Bytes } from "../byte-reader.js";
import type { ContainerMetadata, PictureMetadata } from "../picture-metadata.js";
import { srgbProfile } from "../srgb-profile.js";
import { xmpText } from "../text.js";
import { withoutExifPrefix } from "./exif-prefix.js";

const HAS_ICC = 0x20;
const HAS_ALPHA = 0x10;
const HAS_EXIF = 0x08;
const HAS_XMP = 0x04;
const REPLACED: ReadonlySet<string> = new Set(["VP8X", "ICCP", "EXIF", "XMP "]);

interface Chunk {
  readonly name: string;
  readonly content: Uint8Array;
  /** The whole of it, with its padding. */
  readonly bytes: Uint8Array;
}

function readChunks(file: Uint8Array): Chunk[] {
  const reader = new ByteReader(file, true);
  const chunks: Chunk[] = [];
  try {
    for (let at = 12; at + 8 <= file.length; ) {
      const length = reader.uint32(at + 4);
      const content = reader.slice(at + 8, length);
      const end = at + 8 + length + (length % 2);
      chunks.push({ name: reader.latin1(at, 4), content, bytes: file.subarray(at, end) });
      at = end;
    }
  } catch (error) {
    if (!(error instanceof DamagedMetadata)) throw error;
  }
  return chunks;
}

/** What a WebP file says of itself. */
export function readWebp(file: Uint8Array): ContainerMetadata {
  const chunks = readChunks(file);
  const content = (wanted: string) => chunks.find(({ name }) => name === wanted)?.content;
  const exif = content("EXIF");
  const xmp = content("XMP ");
  return {
    ...(exif ? { exif: withoutExifPrefix(exif) } : {}),
    ...(xmp ? { xmp: xmpText(xmp) } : {}),
    foreign: content("C2PA") ? ["Content Credentials, which hold for the original only"] : [],
  };
}

/** Whether a file is a still WebP picture in the lossless form. */
export function isLosslessWebp(file: Uint8Array): boolean {
  const reader = new ByteReader(file);
  if (!reader.startsWith("RIFF") || !reader.startsWith("WEBP", 8)) return false;
  return readChunks(file).some(({ name }) => name === "VP8L");
}

/**
 * Puts metadata into a still WebP file, in place of any that it has, and marks it as sRGB.
 *
 * @throws DamagedMetadata if the file is no still WebP picture
 */
export function writeWebp(file: Uint8Array, { exif, xmp }: PictureMetadata): Uint8Array {
  const found = readChunks(file);
  const xmpBytes = xmp === undefined ? undefined : new TextEncoder().encode(xmp);
  const header = extendedHeader(found);
  header[0]! |= HAS_ICC | (exif ? HAS_EXIF : 0) | (xmpBytes ? HAS_XMP : 0);
  const body = concatBytes([
    latin1Bytes("WEBP"),
    chunk("VP8X", header),
    chunk("ICCP", srgbProfile()),
    ...found.filter(({ name }) => !REPLACED.has(name)).map(({ bytes }) => bytes),
    ...(exif ? [chunk("EXIF", exif)] : []),
    ...(xmpBytes ? [chunk("XMP ", xmpBytes)] : []),
  ]);
  return concatBytes([latin1Bytes("RIFF"), length(body.length), body]);
}

/** The content of the VP8X chunk: flags, width and height. */
function extendedHeader(chunks: readonly Chunk[]): Uint8Array {
  const extended = chunks.find(({ name }) => name === "VP8X");
  if (extended) {
    const header = new Uint8Array(extended.content.subarray(0, 10));
    header[0]! &= HAS_ALPHA;
    return header;
  }
  const header = new Uint8Array(10);
  const view = new DataView(header.buffer);
  const size = (width: number, height: number) => {
    view.setUint32(4, width - 1, true);
    view.setUint8(7, (height - 1) & 0xff);
    view.setUint16(8, (height - 1) >> 8, true);
  };
  const simple = chunks.find(({ name }) => name === "VP8 " || name === "VP8L");
  if (!simple) throw new DamagedMetadata("no WebP picture");
  const reader = new ByteReader(simple.content, true);
  if (simple.name === "VP8 ") {
    size(reader.uint16(6) & 0x3fff, reader.uint16(8) & 0x3fff);
    return header;
  }
  const bits = reader.uint32(1);
  size((bits & 0x3fff) + 1, ((bits >>> 14) & 0x3fff) + 1);
  if ((bits >>> 28) & 1) header[0] = HAS_ALPHA;
  return header;
}

function chunk(name: string, content: Uint8Array): Uint8Array {
  const padding = new Uint8Array(content.length % 2);
  return concatBytes([latin1Bytes(name), length(content.length), content, padding]);
}

function length(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
}
