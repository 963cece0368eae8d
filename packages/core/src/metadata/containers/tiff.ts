// Metadata in TIFF: fields of its directories (TIFF 6.0, EXIF 3.0, XMP part 3, IPTC and Photoshop).

import { concatBytes } from "../byte-reader.js";
import {
  type Field,
  fieldInteger,
  readExifFields,
  readFields,
  withFields,
} from "../exif/fields.js";
import { exifOfTiff, iptcOfTiff } from "../exif/from-tiff.js";
import { resolutionFields, resolutionOf } from "../exif/resolution.js";
import { isAboutPixels, PHOTOSHOP_LAYERS } from "../exif/tags-of-pixels.js";
import { fieldsInByteOrder, writeFields } from "../exif/write-fields.js";
import { photoshopResources, readPhotoshopResources } from "../iptc/photoshop-resources.js";
import type { ContainerMetadata, PictureMetadata } from "../picture-metadata.js";
import { srgbProfile } from "../srgb-profile.js";
import { xmpText } from "../text.js";
import { LONG, TiffStructure, typeSize, UNDEFINED } from "../tiff/structure.js";
import {
  ICC_PROFILE,
  INTEROPERABILITY_DIRECTORY,
  IPTC,
  ORIENTATION,
  PHOTOSHOP_RESOURCES,
  STRIP_BYTE_COUNTS,
  STRIP_OFFSETS,
  TILE_BYTE_COUNTS,
  TILE_OFFSETS,
  XMP,
} from "../tiff/tags.js";

/**
 * What a directory of a TIFF file says of its picture.
 *
 * @param page its place in the chain, from 0
 * @throws DamagedMetadata if there is no such directory
 */
export function readTiff(file: Uint8Array, page: number): ContainerMetadata {
  const tiff = new TiffStructure(file);
  const directory = tiff.chain()[page];
  if (!directory) return {};
  const value = (tag: number) => {
    const entry = tiff.find(directory, tag);
    return entry && entry.length > 4 ? tiff.value(entry) : undefined;
  };
  const exif = exifOfTiff(tiff, directory);
  const xmp = value(XMP);
  const resources = value(PHOTOSHOP_RESOURCES);
  const { iptc, others, isWhole } = readPhotoshopResources(resources ?? new Uint8Array());
  const ownIptc = value(IPTC);
  const allIptc = ownIptc ? iptcOfTiff(ownIptc) : iptc;
  const resolution = resolutionOf(tiff, directory);
  const isUsual = resolution?.unit === "none" && resolution.x === resolution.y;
  return {
    ...(exif ? { exif } : {}),
    ...(xmp ? { xmp: xmpText(xmp) } : {}),
    ...(allIptc ? { iptc: allIptc } : {}),
    ...(others ? { photoshopResources: others } : {}),
    ...(resolution && !isUsual ? { resolution } : {}),
    damaged: isWhole ? [] : ["Photoshop image resources"],
    foreign: tiff.find(directory, PHOTOSHOP_LAYERS) ? ["Photoshop's layers"] : [],
  };
}

/** A TIFF file, and whether its maker note lies where its offsets count from. */
export interface WrittenTiff {
  readonly bytes: Uint8Array;
  readonly inPlace: boolean;
}

/**
 * Puts metadata into a TIFF file with one directory, as an encoder writes it, in place of any that it
 * has, and marks it as sRGB. The directories go to the front, so that maker notes of EXIF blocks keep
 * their distance from the start.
 *
 * @throws DamagedMetadata if the EXIF block or the file cannot be read
 */
export function writeTiff(file: Uint8Array, metadata: PictureMetadata): WrittenTiff {
  const tiff = new TiffStructure(file);
  const { littleEndian, fields } = readFields(tiff, tiff.directory(tiff.firstDirectory));
  const pixelFields = fields.filter(({ tag }) => isAboutPixels(tag) && tag !== ICC_PROFILE);
  const described = describedFields(metadata, littleEndian);
  const all = withFields(withFields(described, pixelFields), addedFields(metadata, littleEndian));
  const pixels = pixelSpan(pixelFields, littleEndian, file.length);
  // Values do not change the length, so the first pass tells where the pixels will begin.
  const { length } = writeFields({ littleEndian, fields: all }).bytes;
  const distance = length - pixels.start;
  const moved = all.map((field) =>
    field.tag === STRIP_OFFSETS || field.tag === TILE_OFFSETS
      ? withOffset(field, littleEndian, distance)
      : field,
  );
  const { bytes, inPlace } = writeFields({ littleEndian, fields: moved });
  return { bytes: concatBytes([bytes, file.subarray(pixels.start, pixels.end)]), inPlace };
}

/** The fields of an EXIF block, in the byte order of the file. */
function describedFields({ exif, resolution }: PictureMetadata, littleEndian: boolean): Field[] {
  const stated = resolution ? resolutionFields(resolution, littleEndian) : [];
  if (!exif) return stated;
  // Orientation comes with the pixels: those of an output are upright.
  const kept = fieldsInByteOrder(readExifFields(exif), littleEndian).filter(
    ({ tag }) => !isAboutPixels(tag) && tag !== ORIENTATION,
  );
  return withFields(kept.map(withoutInteroperability), stated);
}

/** Interoperability is about JPEG files of cameras; TIFF has no such directory. */
function withoutInteroperability(field: Field): Field {
  if (!field.directory) return field;
  const directory = field.directory.filter(({ tag }) => tag !== INTEROPERABILITY_DIRECTORY);
  return { ...field, directory };
}

function addedFields(metadata: PictureMetadata, littleEndian: boolean): Field[] {
  const { xmp, iptc, photoshopResources: others } = metadata;
  const bytes = (tag: number, type: number, value: Uint8Array): Field => ({
    tag,
    type,
    count: value.length,
    value,
  });
  const upright = new Uint8Array(2);
  new DataView(upright.buffer).setUint16(0, 1, littleEndian);
  return [
    { tag: ORIENTATION, type: 3, count: 1, value: upright },
    bytes(ICC_PROFILE, UNDEFINED, srgbProfile()),
    ...(xmp ? [bytes(XMP, 1, new TextEncoder().encode(xmp))] : []),
    ...(iptc ? [iptcField(iptc)] : []),
    ...(others ? [bytes(PHOTOSHOP_RESOURCES, 1, photoshopResources(undefined, others))] : []),
  ];
}

/** IPTC is declared to be longs, which it is not: so TIFF readers know it. */
function iptcField(iptc: Uint8Array): Field {
  const value = new Uint8Array(Math.ceil(iptc.length / 4) * 4);
  value.set(iptc);
  return { tag: IPTC, type: LONG, count: value.length / 4, value };
}

/** Where the strips or tiles of a file lie. */
function pixelSpan(fields: readonly Field[], littleEndian: boolean, fileLength: number) {
  const values = (...tags: number[]) => {
    const field = fields.find(({ tag }) => tags.includes(tag));
    if (!field) return [];
    const size = typeSize(field.type);
    return Array.from({ length: field.count }, (_, i) =>
      fieldInteger({ ...field, value: field.value.subarray(i * size) }, littleEndian),
    ).filter((value) => value !== undefined);
  };
  const offsets = values(STRIP_OFFSETS, TILE_OFFSETS);
  const lengths = values(STRIP_BYTE_COUNTS, TILE_BYTE_COUNTS);
  let start = fileLength;
  let end = 0;
  offsets.forEach((offset, i) => {
    start = Math.min(start, offset);
    end = Math.max(end, offset + (lengths[i] ?? 0));
  });
  return { start, end: Math.min(end, fileLength) };
}

/** Offsets of 32 bits, each moved. */
function withOffset(field: Field, littleEndian: boolean, distance: number): Field {
  const value = new Uint8Array(field.value);
  const view = new DataView(value.buffer);
  for (let at = 0; at < value.length; at += 4) {
    view.setUint32(at, view.getUint32(at, littleEndian) + distance, littleEndian);
  }
  return { ...field, value };
}
