// The structure that TIFF files and EXIF blocks share (TIFF 6.0, section 2): a header and a chain of
// directories, whose entries hold their value or where it lies. BigTIFF has the same with 8 bytes.

import { ByteReader, DamagedMetadata } from "../byte-reader.js";

/** Bytes of one value of each field type; TIFF 6.0 section 2, TIFF Supplement 1 (13), BigTIFF (16..18). */
const TYPE_SIZES: readonly number[] = [0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8];

export const SHORT = 3;
export const LONG = 4;
export const RATIONAL = 5;
export const UNDEFINED = 7;
export const SRATIONAL = 10;
const LONG8 = 16;
const IFD8 = 18;

/** Entries of a whole chain: tens of thousands of pages. Directories may overlap in a hostile file. */
const MOST_ENTRIES = 2 ** 20;

/** Bytes of one value of a field type; 0 if there is no such type. */
export function typeSize(type: number): number {
  return TYPE_SIZES[type] ?? 0;
}

/** A field of a directory. */
export interface TiffEntry {
  readonly tag: number;
  readonly type: number;
  /** How many values. */
  readonly count: number;
  /** Where the entry itself lies. */
  readonly at: number;
  /** Where its value lies, inside the entry if it is short. */
  readonly valueAt: number;
  /** Bytes of the value. */
  readonly length: number;
}

/** A list of fields. */
export interface TiffDirectory {
  readonly offset: number;
  /** Those that can be read: entries of unknown types or with values beyond the end are left out. */
  readonly entries: readonly TiffEntry[];
  /** How many entries were left out. */
  readonly damaged: number;
  /** Where the offset of the next directory is written. */
  readonly nextAt: number;
  /** Offset of the next directory; 0 after the last one. */
  readonly next: number;
}

/** A TIFF file or EXIF block, read in place. */
export class TiffStructure {
  readonly reader: ByteReader;
  /** BigTIFF. */
  readonly isBig: boolean;
  readonly firstDirectory: number;

  /** @throws DamagedMetadata if there is no TIFF header */
  constructor(bytes: Uint8Array) {
    const order = new ByteReader(bytes);
    const littleEndian = order.startsWith("II");
    if (!littleEndian && !order.startsWith("MM")) throw new DamagedMetadata("no byte order");
    this.reader = new ByteReader(bytes, littleEndian);
    const version = this.reader.uint16(2);
    this.isBig = version === 43;
    // 42, or what makers put there in structures that are TIFF otherwise (Panasonic, Olympus).
    if (!this.isBig && ![42, 0x55, 0x4f52, 0x5352].includes(version)) {
      throw new DamagedMetadata("no version of TIFF");
    }
    this.firstDirectory = this.isBig ? this.reader.uint64(8) : this.reader.uint32(4);
  }

  /**
   * The directory at an offset.
   *
   * @throws DamagedMetadata if it is not within the file
   */
  directory(offset: number): TiffDirectory {
    const { reader, isBig } = this;
    const count = isBig ? reader.uint64(offset) : reader.uint16(offset);
    const [header, size] = isBig ? [8, 20] : [2, 12];
    const nextAt = offset + header + count * size;
    if (nextAt > reader.length) throw new DamagedMetadata(`directory of ${count} entries`);
    const entries: TiffEntry[] = [];
    for (let at = offset + header; at < nextAt; at += size) {
      const entry = this.#entry(at);
      if (entry) entries.push(entry);
    }
    // Writers cut the file behind the last entry; then there is no next directory.
    const hasNext = nextAt + (isBig ? 8 : 4) <= reader.length;
    const next = !hasNext ? 0 : isBig ? reader.uint64(nextAt) : reader.uint32(nextAt);
    return { offset, entries, damaged: count - entries.length, nextAt, next };
  }

  #entry(at: number): TiffEntry | undefined {
    const { reader, isBig } = this;
    const tag = reader.uint16(at);
    const type = reader.uint16(at + 2);
    const count = isBig ? reader.uint64(at + 4) : reader.uint32(at + 4);
    const size = typeSize(type);
    if (size === 0) return undefined;
    const length = count * size;
    const [field, inside] = isBig ? [at + 12, 8] : [at + 8, 4];
    const valueAt = length <= inside ? field : isBig ? reader.uint64(field) : reader.uint32(field);
    if (valueAt + length > reader.length) return undefined;
    return { tag, type, count, at, valueAt, length };
  }

  /**
   * The main directories, in order; a chain that loops, leaves the file or is longer than any real one
   * ends there.
   */
  chain(): TiffDirectory[] {
    const directories: TiffDirectory[] = [];
    const seen = new Set<number>();
    let entries = 0;
    for (let offset = this.firstDirectory; offset !== 0 && !seen.has(offset); ) {
      seen.add(offset);
      if (entries > MOST_ENTRIES) break;
      try {
        const directory = this.directory(offset);
        directories.push(directory);
        entries += directory.entries.length + directory.damaged;
        offset = directory.next;
      } catch (error) {
        if (error instanceof DamagedMetadata && directories.length > 0) break;
        throw error;
      }
    }
    return directories;
  }

  /** The value as it is written, in the structure's byte order; a view. */
  value(entry: TiffEntry): Uint8Array {
    return this.reader.slice(entry.valueAt, entry.length);
  }

  /** Values of an unsigned integer field; none for other types. */
  integers(entry: TiffEntry): number[] {
    const { reader } = this;
    const size = typeSize(entry.type);
    const isInteger = [1, SHORT, LONG, 7, 13, LONG8, IFD8].includes(entry.type);
    if (!isInteger) return [];
    return Array.from({ length: entry.count }, (_, i) => {
      const at = entry.valueAt + i * size;
      if (size === 1) return reader.uint8(at);
      if (size === 2) return reader.uint16(at);
      return size === 4 ? reader.uint32(at) : reader.uint64(at);
    });
  }

  /** The first value of an unsigned integer field of a directory. */
  integer(directory: TiffDirectory, tag: number): number | undefined {
    const entry = this.find(directory, tag);
    if (!entry || entry.count === 0) return undefined;
    return this.integers({ ...entry, count: 1 })[0];
  }

  /** An entry by its tag; of several the first, as libtiff has it. */
  find(directory: TiffDirectory, tag: number): TiffEntry | undefined {
    return directory.entries.find((entry) => entry.tag === tag);
  }
}
