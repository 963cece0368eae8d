// Metadata in JPEG: JFIF, EXIF 3.0 (4.7.2), XMP part 3 (1.1.3), Photoshop's image resources, comments.

import { ByteReader, concatBytes, latin1 } from "../byte-reader.js";
import { photoshopResources, readPhotoshopResources } from "../iptc/photoshop-resources.js";
import type { ContainerMetadata, PictureMetadata, Resolution } from "../picture-metadata.js";
import { srgbProfile } from "../srgb-profile.js";
import { xmpText } from "../text.js";
import { extendedGuid, joinXmp, splitXmp } from "../xmp/extended.js";
import {
  APP0,
  APP1,
  APP2,
  APP11,
  APP13,
  beginsWith,
  COMMENT,
  inPieces,
  LARGEST_SEGMENT,
  readSegments,
  type Segment,
  segment,
} from "./jpeg-segments.js";

const EXIF = "Exif\0\0";
const XMP = "http://ns.adobe.com/xap/1.0/\0";
const EXTENDED_XMP = "http://ns.adobe.com/xmp/extension/\0";
const PHOTOSHOP = "Photoshop 3.0\0";
const ICC = "ICC_PROFILE\0";
const GUID_LENGTH = 32;
/** GUID, length of the whole and offset of the piece. */
const EXTENDED_HEADER = GUID_LENGTH + 8;

/** The most that a JPEG file holds of EXIF: one segment. */
export const LARGEST_JPEG_EXIF = LARGEST_SEGMENT - EXIF.length;
const LARGEST_XMP = LARGEST_SEGMENT - XMP.length;
const UNITS = ["none", "inch", "centimeter"] as const;

/** What a JPEG file says of itself. */
export function readJpeg(file: Uint8Array): ContainerMetadata {
  const { segments } = readSegments(file);
  const exif = exifOf(segments);
  const xmp = xmpOf(segments);
  const resources = readPhotoshopResources(contentOf(segments, APP13, PHOTOSHOP));
  const comments = segments.filter(({ marker }) => marker === COMMENT);
  const resolution = jfifResolution(segments);
  const { iptc, others } = resources;
  return {
    ...(exif ? { exif } : {}),
    ...(xmp.packet ? { xmp: xmp.packet } : {}),
    ...(iptc ? { iptc } : {}),
    ...(others ? { photoshopResources: others } : {}),
    ...(comments.length > 0 ? { comments: comments.map(({ content }) => content) } : {}),
    ...(resolution ? { resolution } : {}),
    damaged: [
      ...(resources.isWhole ? [] : ["Photoshop image resources"]),
      ...(xmp.isWhole ? [] : ["Extended XMP"]),
    ],
    foreign: foreignSegments(segments),
  };
}

/** EXIF beyond one segment goes on in the next ones, which have the prefix, but no header. */
function exifOf(segments: readonly Segment[]): Uint8Array | undefined {
  const blocks = segments
    .filter(({ marker, content }) => marker === APP1 && beginsWith(content, EXIF))
    .map(({ content }) => content.subarray(EXIF.length));
  const [first, ...others] = blocks;
  const more = others.findIndex((block) => beginsWith(block, "II*") || beginsWith(block, "MM\0*"));
  const parts = more < 0 ? others : others.slice(0, more);
  return first && (parts.length > 0 ? concatBytes([first, ...parts]) : first);
}

function xmpOf(segments: readonly Segment[]): { packet?: string; isWhole: boolean } {
  const standard = segments.find(
    ({ marker, content }) => marker === APP1 && beginsWith(content, XMP),
  );
  if (!standard) return { isWhole: true };
  const packet = xmpText(standard.content.subarray(XMP.length));
  const guid = extendedGuid(packet);
  if (!guid) return { packet, isWhole: true };
  const extended = extendedXmp(segments, guid);
  if (!extended) return { packet, isWhole: false };
  try {
    return { packet: joinXmp(packet, xmpText(extended)), isWhole: true };
  } catch {
    return { packet, isWhole: false };
  }
}

function extendedXmp(segments: readonly Segment[], guid: string): Uint8Array | undefined {
  const pieces = segments
    .filter(({ marker, content }) => marker === APP1 && beginsWith(content, EXTENDED_XMP))
    .map(({ content }) => new ByteReader(content.subarray(EXTENDED_XMP.length)))
    .filter((reader) => reader.length > EXTENDED_HEADER)
    .filter((reader) => reader.latin1(0, GUID_LENGTH).toUpperCase() === guid)
    .map((reader) => ({
      at: reader.uint32(GUID_LENGTH + 4),
      bytes: reader.bytes.subarray(EXTENDED_HEADER),
    }))
    .sort((a, b) => a.at - b.at);
  let end = 0;
  for (const { at, bytes } of pieces) {
    if (at !== end) return undefined; // one is missing, or there twice
    end += bytes.length;
  }
  return end > 0 ? concatBytes(pieces.map(({ bytes }) => bytes)) : undefined;
}

function contentOf(segments: readonly Segment[], kind: number, name: string): Uint8Array {
  return concatBytes(
    segments
      .filter(({ marker, content }) => marker === kind && beginsWith(content, name))
      .map(({ content }) => content.subarray(name.length)),
  );
}

function jfifResolution(segments: readonly Segment[]): Resolution | undefined {
  const jfif = segments.find(
    ({ marker, content }) =>
      marker === APP0 && beginsWith(content, "JFIF\0") && content.length >= 12,
  );
  if (!jfif) return undefined;
  const reader = new ByteReader(jfif.content);
  const unit = UNITS[reader.uint8(7)];
  const [x, y] = [reader.uint16(8), reader.uint16(10)];
  if (!unit || x === 0 || y === 0 || (unit === "none" && x === y)) return undefined;
  return { x, y, unit };
}

function foreignSegments(segments: readonly Segment[]): string[] {
  const found = (kind: number, name: string) =>
    segments.some(({ marker, content }) => marker === kind && beginsWith(content, name));
  return [
    ...(segments.some(({ marker, content }) => marker === APP11 && latin1(content).includes("c2pa"))
      ? ["Content Credentials, which hold for the original only"]
      : []),
    ...(found(APP2, "MPF\0") ? ["further pictures in the file (previews)"] : []),
  ];
}

/**
 * Puts metadata into a JPEG file, in place of any that it has, and marks it as sRGB.
 *
 * @param metadata its EXIF has at most {@link LARGEST_JPEG_EXIF} bytes
 * @throws DamagedMetadata if long XMP is no well-formed RDF in XML
 */
export function writeJpeg(file: Uint8Array, metadata: PictureMetadata): Uint8Array {
  const { segments, end } = readSegments(file);
  const { exif, xmp, iptc, photoshopResources: others, comments = [], resolution } = metadata;
  const resources = photoshopResources(iptc, others);
  const isReplaced = ({ marker, content }: Segment) =>
    marker === APP0 ||
    marker === COMMENT ||
    marker === APP13 ||
    (marker === APP1 && (beginsWith(content, EXIF) || beginsWith(content, XMP))) ||
    (marker === APP2 && beginsWith(content, ICC));
  return concatBytes([
    file.subarray(0, 2),
    jfif(resolution),
    ...(exif ? [segment(APP1, EXIF, exif)] : []),
    ...(xmp ? xmpSegments(xmp) : []),
    ...inPieces(resources, LARGEST_SEGMENT - PHOTOSHOP.length).map((piece) =>
      segment(APP13, PHOTOSHOP, piece),
    ),
    segment(APP2, ICC, Uint8Array.of(1, 1), srgbProfile()),
    ...comments
      .flatMap((comment) => inPieces(comment, LARGEST_SEGMENT))
      .map((piece) => segment(COMMENT, "", piece)),
    ...segments.filter((found) => !isReplaced(found)).map(({ bytes }) => bytes),
    file.subarray(end),
  ]);
}

/** The JFIF segment; without a resolution it states square pixels. */
function jfif({ x, y, unit }: Resolution = { x: 1, y: 1, unit: "none" }): Uint8Array {
  const content = new Uint8Array(9);
  const view = new DataView(content.buffer);
  const [density, other] = wholeNumbers(x, y, unit === "none");
  view.setUint16(0, 0x0102);
  view.setUint8(2, UNITS.indexOf(unit));
  view.setUint16(3, density);
  view.setUint16(5, other);
  return segment(APP0, "JFIF\0", content);
}

/** Numbers of 16 bits; a ratio of small ones is brought to larger ones. */
function wholeNumbers(x: number, y: number, isRatio: boolean): [number, number] {
  const scale = isRatio ? 1000 / Math.max(x, y) : 1;
  const whole = (value: number) => Math.min(Math.max(Math.round(value * scale), 1), 0xffff);
  if (isRatio && x === y) return [1, 1];
  return [whole(x), whole(y)];
}

function xmpSegments(xmp: string): Uint8Array[] {
  const { standard, extended } = splitXmp(xmp, LARGEST_XMP);
  const first = segment(APP1, XMP, new TextEncoder().encode(standard));
  if (!extended) return [first];
  const { guid, bytes } = extended;
  const largest = LARGEST_SEGMENT - EXTENDED_XMP.length - EXTENDED_HEADER;
  const others = inPieces(bytes, largest).map((piece, i) => {
    const place = new Uint8Array(8);
    const view = new DataView(place.buffer);
    view.setUint32(0, bytes.length);
    view.setUint32(4, i * largest);
    return segment(APP1, EXTENDED_XMP, new TextEncoder().encode(guid), place, piece);
  });
  return [first, ...others];
}
