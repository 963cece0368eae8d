import type { Resolution } from "../picture-metadata.js";
import { RATIONAL, type TiffDirectory, TiffStructure } from "../tiff/structure.js";
import { RESOLUTION_UNIT, X_RESOLUTION, Y_RESOLUTION } from "../tiff/tags.js";
import { type Field, type FieldTree, numberField, readExifFields, withFields } from "./fields.js";
import { type WrittenFields, writeFields } from "./write-fields.js";

const UNITS = { none: 1, inch: 2, centimeter: 3 } as const;

/** Resolution as TIFF and EXIF state it (TIFF 6.0, section 8; the unit is inches unless stated). */
export function resolutionOf(
  tiff: TiffStructure,
  directory: TiffDirectory,
): Resolution | undefined {
  const [x, y] = [X_RESOLUTION, Y_RESOLUTION].map((tag) => {
    const entry = tiff.find(directory, tag);
    if (entry?.type !== RATIONAL || entry.count < 1) return undefined;
    const value = tiff.reader.uint32(entry.valueAt) / tiff.reader.uint32(entry.valueAt + 4);
    return value > 0 && Number.isFinite(value) ? value : undefined;
  });
  if (x === undefined || y === undefined) return undefined;
  const unit = tiff.integer(directory, RESOLUTION_UNIT);
  return { x, y, unit: unit === 1 ? "none" : unit === 3 ? "centimeter" : "inch" };
}

/** Resolution stated in an EXIF block. */
export function resolutionOfExif(exif: Uint8Array): Resolution | undefined {
  const tiff = new TiffStructure(exif);
  return resolutionOf(tiff, tiff.directory(tiff.firstDirectory));
}

/** The three fields of a resolution. */
export function resolutionFields({ x, y, unit }: Resolution, littleEndian: boolean): Field[] {
  return [
    numberField(X_RESOLUTION, RATIONAL, fraction(x), littleEndian),
    numberField(Y_RESOLUTION, RATIONAL, fraction(y), littleEndian),
    numberField(RESOLUTION_UNIT, 3, [UNITS[unit]], littleEndian),
  ];
}

/**
 * An EXIF block that states a resolution, for formats that have no other place for it.
 *
 * @param exif a block to add to, if there is one
 */
export function exifWithResolution(
  exif: Uint8Array | undefined,
  resolution: Resolution,
): WrittenFields {
  const tree: FieldTree = exif ? readExifFields(exif) : { littleEndian: false, fields: [] };
  const stated = resolutionFields(resolution, tree.littleEndian);
  return writeFields({ ...tree, fields: withFields(tree.fields, stated) });
}

/** A positive number as numerator and denominator of 32 bits, to six digits. */
function fraction(value: number): [number, number] {
  for (const denominator of [1, 10, 100, 1000, 10_000, 1_000_000]) {
    const numerator = Math.round(value * denominator);
    if (numerator > 0xffffffff) break;
    if (Math.abs(numerator / denominator - value) < 1e-6 * value) return [numerator, denominator];
  }
  const denominator = 10 ** Math.max(0, Math.min(6, 8 - Math.ceil(Math.log10(value))));
  return [Math.min(Math.round(value * denominator), 0xffffffff), denominator];
}
