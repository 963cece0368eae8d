// Directories of TIFF and EXIF as trees that can be changed and written anew.

import { ByteReader, DamagedMetadata } from "../byte-reader.js";
import { type TiffDirectory, TiffStructure, typeSize } from "../tiff/structure.js";
import {
  EXIF_DIRECTORY,
  GPS_DIRECTORY,
  INTEROPERABILITY_DIRECTORY,
  MAKER_NOTE,
} from "../tiff/tags.js";

/** A field with its value. */
export interface Field {
  readonly tag: number;
  readonly type: number;
  readonly count: number;
  /** In the byte order of its {@link FieldTree}. */
  readonly value: Uint8Array;
  /**
   * Where the value has to lie, if that can be had: maker notes hold offsets that count from the
   * start of the whole structure, and only their makers know which.
   */
  readonly place?: number;
  /** The directory that this field leads to; the value is then made when it is written. */
  readonly directory?: readonly Field[];
}

/** Directories in one byte order. */
export interface FieldTree {
  readonly littleEndian: boolean;
  readonly fields: readonly Field[];
}

const NESTED: ReadonlySet<number> = new Set([
  EXIF_DIRECTORY,
  GPS_DIRECTORY,
  INTEROPERABILITY_DIRECTORY,
]);

/** EXIF, in it interoperability: no deeper. */
const DEEPEST = 3;

/**
 * Reads a directory with the EXIF, GPS and interoperability directories in it. What is damaged below
 * the first directory is left out.
 *
 * @throws DamagedMetadata if the directory itself cannot be read
 */
export function readFields(tiff: TiffStructure, directory: TiffDirectory): FieldTree {
  return { littleEndian: tiff.reader.littleEndian, fields: readLevel(tiff, directory, 1) };
}

function readLevel(tiff: TiffStructure, { entries }: TiffDirectory, depth: number): Field[] {
  const fields: Field[] = [];
  const led = new Set<number>(); // a directory of each kind: more would multiply from level to level
  for (const entry of entries) {
    const { tag, type, count } = entry;
    if (!NESTED.has(tag)) {
      const place = tag === MAKER_NOTE ? { place: entry.valueAt } : {};
      fields.push({ tag, type, count, value: tiff.value(entry), ...place });
      continue;
    }
    const [offset] = tiff.integers({ ...entry, count: Math.min(count, 1) });
    if (offset === undefined || depth === DEEPEST || led.has(tag)) continue;
    led.add(tag);
    try {
      const nested = readLevel(tiff, tiff.directory(offset), depth + 1);
      fields.push({ tag, type: 4, count: 1, value: new Uint8Array(4), directory: nested });
    } catch (error) {
      if (!(error instanceof DamagedMetadata)) throw error;
    }
  }
  return fields;
}

/**
 * Reads an EXIF block: the directories beside that of the thumbnail.
 *
 * @throws DamagedMetadata if its first directory cannot be read
 */
export function readExifFields(exif: Uint8Array): FieldTree {
  const tiff = new TiffStructure(exif);
  if (tiff.isBig) throw new DamagedMetadata("EXIF in BigTIFF");
  return readFields(tiff, tiff.directory(tiff.firstDirectory));
}

/** A field whose value is one integer of 16 or 32 bits, or a fraction of two. */
export function numberField(
  tag: number,
  type: 3 | 4 | 5,
  numbers: readonly number[],
  littleEndian: boolean,
): Field {
  const size = type === 3 ? 2 : 4;
  const value = new Uint8Array(numbers.length * size);
  const view = new DataView(value.buffer);
  numbers.forEach((number, i) => {
    if (size === 2) view.setUint16(i * size, number, littleEndian);
    else view.setUint32(i * size, number, littleEndian);
  });
  return { tag, type, count: type === 5 ? numbers.length / 2 : numbers.length, value };
}

/** Fields with some replaced or added. */
export function withFields(fields: readonly Field[], changed: readonly Field[]): Field[] {
  const tags = new Set(changed.map(({ tag }) => tag));
  return [...fields.filter(({ tag }) => !tags.has(tag)), ...changed];
}

/** Reads one unsigned integer of a field. */
export function fieldInteger(field: Field, littleEndian: boolean): number | undefined {
  const reader = new ByteReader(field.value, littleEndian);
  const size = typeSize(field.type);
  if (field.value.length < size) return undefined;
  if (field.type === 3) return reader.uint16(0);
  return field.type === 4 ? reader.uint32(0) : undefined;
}
