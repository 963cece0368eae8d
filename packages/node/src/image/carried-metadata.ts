// EXIF, XMP and resolution that travel from the input to the output. The pixels are new, so sharp
// cannot keep the EXIF block itself, and rewriting it field by field would lose maker notes: it is
// put into the encoded file as it was, but for the orientation (applied to the pixels on load) and
// the embedded thumbnail (it is still grey).

import { crc32 } from "node:zlib";
import type { Metadata } from "sharp";

/** Metadata of an input picture, ready to go into an output. */
export interface CarriedMetadata {
  /** EXIF as a TIFF structure, without container prefix. */
  readonly exif?: Buffer;
  readonly xmp?: string;
  /** Pixels per inch. */
  readonly density?: number;
}

const EXIF_PREFIX = Buffer.from("Exif\0\0", "latin1");
const ORIENTATION_TAG = 0x0112;

/** Takes over what an input file says about itself. */
export function carriedMetadata(metadata: Metadata): CarriedMetadata {
  const exif = metadata.exif && uprightExif(metadata.exif);
  const xmp = metadata.xmpAsString
    ?.replace(/(tiff:Orientation=["'])\d/g, "$11")
    .replace(/(<tiff:Orientation>)\d/g, "$11");
  return {
    ...(exif ? { exif } : {}),
    ...(xmp ? { xmp } : {}),
    ...(metadata.density ? { density: metadata.density } : {}),
  };
}

/** A copy with orientation 1 and without the link to the thumbnail; undefined if damaged. */
function uprightExif(block: Buffer): Buffer | undefined {
  const hasPrefix = block.subarray(0, 6).equals(EXIF_PREFIX);
  const exif = Buffer.from(hasPrefix ? block.subarray(6) : block);
  const order = exif.toString("latin1", 0, 2);
  if (exif.length < 14 || (order !== "II" && order !== "MM")) return undefined;
  const little = order === "II";
  const read16 = (at: number) => (little ? exif.readUInt16LE(at) : exif.readUInt16BE(at));
  const read32 = (at: number) => (little ? exif.readUInt32LE(at) : exif.readUInt32BE(at));
  try {
    const directory = read32(4);
    const entries = read16(directory);
    for (let i = 0; i < entries; i++) {
      const entry = directory + 2 + i * 12;
      if (read16(entry) !== ORIENTATION_TAG) continue;
      if (little) exif.writeUInt16LE(1, entry + 8);
      else exif.writeUInt16BE(1, entry + 8);
    }
    exif.writeUInt32BE(0, directory + 2 + entries * 12); // no second directory: no thumbnail
  } catch (error) {
    if (error instanceof RangeError) return undefined; // an offset beyond the end
    throw error;
  }
  return exif;
}

/**
 * Puts EXIF into an encoded JPEG, PNG or WebP file, in place of any it has. Other formats and
 * blocks too large for a JPEG segment are returned unchanged.
 */
export function insertExif(file: Buffer, format: string, exif: Buffer): Buffer {
  if (format === "jpeg") return insertIntoJpeg(file, exif);
  if (format === "png") return insertIntoPng(file, exif);
  if (format === "webp") return insertIntoWebp(file, exif);
  return file;
}

function insertIntoJpeg(file: Buffer, exif: Buffer): Buffer {
  const payload = Buffer.concat([EXIF_PREFIX, exif]);
  if (payload.length + 2 > 0xffff) return file;
  const header = Buffer.from([0xff, 0xe1, 0, 0]);
  header.writeUInt16BE(payload.length + 2, 2);
  const before = [file.subarray(0, 2)];
  // Segments up to the tables: JFIF stays first, an EXIF segment made by the encoder goes.
  let at = 2;
  while (file[at] === 0xff && file[at + 1]! >= 0xe0 && file[at + 1]! <= 0xef) {
    const end = at + 2 + file.readUInt16BE(at + 2);
    const isExif = file[at + 1] === 0xe1 && file.subarray(at + 4, at + 10).equals(EXIF_PREFIX);
    if (!isExif) before.push(file.subarray(at, end));
    at = end;
  }
  const [start, ...segments] = before;
  const jfif = segments[0]?.[1] === 0xe0 ? segments.splice(0, 1) : [];
  return Buffer.concat([start!, ...jfif, header, payload, ...segments, file.subarray(at)]);
}

/** eXIf chunk, PNG Extensions 1.5.0; anywhere before the image data. */
function insertIntoPng(file: Buffer, exif: Buffer): Buffer {
  const typed = Buffer.concat([Buffer.from("eXIf", "latin1"), exif]);
  const frame = Buffer.alloc(8);
  frame.writeUInt32BE(exif.length, 0);
  frame.writeUInt32BE(crc32(typed), 4);
  const chunks: Buffer[] = [];
  for (let at = 8; at < file.length; ) {
    const end = at + 12 + file.readUInt32BE(at);
    if (file.toString("latin1", at + 4, at + 8) !== "eXIf") chunks.push(file.subarray(at, end));
    at = end;
  }
  const [header, ...rest] = chunks;
  const chunk = [frame.subarray(0, 4), typed, frame.subarray(4)];
  return Buffer.concat([file.subarray(0, 8), header!, ...chunk, ...rest]);
}

const WEBP_HAS_EXIF = 0x08;
const WEBP_HAS_ALPHA = 0x10;

/** WebP container specification (RFC 9649, 2.7): EXIF needs the extended layout (VP8X). */
function insertIntoWebp(file: Buffer, exif: Buffer): Buffer {
  const chunks: { name: string; bytes: Buffer }[] = [];
  for (let at = 12; at + 8 <= file.length; ) {
    const length = file.readUInt32LE(at + 4);
    const end = at + 8 + length + (length % 2);
    const name = file.toString("latin1", at, at + 4);
    if (name !== "EXIF") chunks.push({ name, bytes: Buffer.from(file.subarray(at, end)) });
    at = end;
  }
  if (chunks[0]?.name !== "VP8X") {
    const extended = extendedWebpHeader(chunks[0]!);
    if (!extended) return file;
    chunks.unshift({ name: "VP8X", bytes: extended });
  }
  chunks[0]!.bytes[8]! |= WEBP_HAS_EXIF;
  const header = Buffer.from("EXIF\0\0\0\0", "latin1");
  header.writeUInt32LE(exif.length, 4);
  const padding = Buffer.alloc(exif.length % 2);
  const xmp = chunks.findIndex(({ name }) => name === "XMP ");
  chunks.splice(xmp < 0 ? chunks.length : xmp, 0, {
    name: "EXIF",
    bytes: Buffer.concat([header, exif, padding]),
  });
  const body = Buffer.concat([Buffer.from("WEBP", "latin1"), ...chunks.map(({ bytes }) => bytes)]);
  const riff = Buffer.from("RIFF\0\0\0\0", "latin1");
  riff.writeUInt32LE(body.length, 4);
  return Buffer.concat([riff, body]);
}

/** The VP8X chunk of a still picture with one simple bitstream chunk, lossy or lossless. */
function extendedWebpHeader({ name, bytes }: { name: string; bytes: Buffer }): Buffer | undefined {
  const header = Buffer.alloc(18);
  header.write("VP8X", 0, "latin1");
  header.writeUInt32LE(10, 4);
  if (name === "VP8 ") {
    header.writeUIntLE((bytes.readUInt16LE(8 + 6) & 0x3fff) - 1, 12, 3);
    header.writeUIntLE((bytes.readUInt16LE(8 + 8) & 0x3fff) - 1, 15, 3);
    return header;
  }
  if (name !== "VP8L") return undefined;
  const bits = bytes.readUInt32LE(8 + 1);
  header.writeUIntLE(bits & 0x3fff, 12, 3);
  header.writeUIntLE((bits >>> 14) & 0x3fff, 15, 3);
  if ((bits >>> 28) & 1) header[8] = WEBP_HAS_ALPHA;
  return header;
}
