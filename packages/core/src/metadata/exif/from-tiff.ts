import { ByteReader } from "../byte-reader.js";
import type { TiffDirectory, TiffStructure } from "../tiff/structure.js";
import {
  IPTC,
  ORIENTATION,
  PHOTOSHOP_RESOURCES,
  RESOLUTION_UNIT,
  X_RESOLUTION,
  XMP,
  Y_RESOLUTION,
} from "../tiff/tags.js";
import { readFields } from "./fields.js";
import { isAboutPixels } from "./tags-of-pixels.js";
import { writeFields } from "./write-fields.js";

const KEPT_APART: ReadonlySet<number> = new Set([XMP, IPTC, PHOTOSHOP_RESOURCES]);

/** What any TIFF file has, and no reason to make an EXIF block. */
const NOTHING_SAID: ReadonlySet<number> = new Set([
  ORIENTATION,
  X_RESOLUTION,
  Y_RESOLUTION,
  RESOLUTION_UNIT,
]);

/**
 * An EXIF block of all that a directory of a TIFF file says about the picture rather than its
 * pixels; undefined if that is nothing.
 */
export function exifOfTiff(tiff: TiffStructure, directory: TiffDirectory): Uint8Array | undefined {
  const { littleEndian, fields } = readFields(tiff, directory);
  const described = fields.filter(({ tag }) => !isAboutPixels(tag) && !KEPT_APART.has(tag));
  if (described.every(({ tag }) => NOTHING_SAID.has(tag))) return undefined;
  return writeFields({ littleEndian, fields: described }).bytes;
}

/**
 * IPTC-IIM as a TIFF field holds it: some writers declare bytes to be longs, which a program of
 * another byte order then turns round.
 */
export function iptcOfTiff(value: Uint8Array): Uint8Array {
  const reader = new ByteReader(value);
  const marker = 0x1c;
  if (value[0] === marker || value[3] !== marker) return value;
  const turned = new Uint8Array(value.length - (value.length % 4));
  const view = new DataView(turned.buffer);
  for (let at = 0; at < turned.length; at += 4) view.setUint32(at, reader.uint32(at), true);
  return turned;
}
