import type { Dataset, DatasetSource } from "./dataset.js";
import type { ZipEntryLocation } from "./zip-source.js";

/**
 * The items of a data set in columns of shared memory: every worker sees the same table, so that
 * millions of pictures cost no copies.
 */
export interface ItemColumns {
  readonly sources: readonly DatasetSource[];
  readonly length: number;
  /** All names in UTF-8; name i lies between nameStarts[i] and nameStarts[i + 1]. */
  readonly names: Uint8Array;
  readonly nameStarts: Float64Array;
  readonly source: Uint16Array;
  readonly label: Int32Array;
  /** Header offset, packed size and unpacked size of the zip entry, in bytes: [length, 3]. */
  readonly zipNumbers: Float64Array;
  readonly crc32: Uint32Array;
  readonly deflated: Uint8Array;
}

/** Packs the items for the workers. */
export function packItems(dataset: Dataset): ItemColumns {
  const { items } = dataset;
  const nameStarts = new Float64Array(new SharedArrayBuffer(8 * (items.length + 1)));
  for (const [index, { name }] of items.entries()) {
    nameStarts[index + 1] = nameStarts[index]! + Buffer.byteLength(name);
  }
  const columns: ItemColumns = {
    sources: dataset.sources,
    length: items.length,
    names: new Uint8Array(new SharedArrayBuffer(nameStarts[items.length]!)),
    nameStarts,
    source: new Uint16Array(new SharedArrayBuffer(2 * items.length)),
    label: new Int32Array(new SharedArrayBuffer(4 * items.length)),
    zipNumbers: new Float64Array(new SharedArrayBuffer(24 * items.length)),
    crc32: new Uint32Array(new SharedArrayBuffer(4 * items.length)),
    deflated: new Uint8Array(new SharedArrayBuffer(items.length)),
  };
  const names = Buffer.from(columns.names.buffer);
  for (const [index, { name, source, label, zipEntry }] of items.entries()) {
    names.write(name, nameStarts[index]!);
    columns.source[index] = source;
    columns.label[index] = label;
    if (zipEntry) {
      const { headerOffset, compressedSize, uncompressedSize } = zipEntry;
      columns.zipNumbers.set([headerOffset, compressedSize, uncompressedSize], 3 * index);
      columns.crc32[index] = zipEntry.crc32;
      columns.deflated[index] = zipEntry.deflated ? 1 : 0;
    }
  }
  return columns;
}

/** The name of an item in its source, and its length in bytes. */
export function nameOf(columns: ItemColumns, index: number): { name: string; byteLength: number } {
  const start = columns.nameStarts[index]!;
  const byteLength = columns.nameStarts[index + 1]! - start;
  const { buffer, byteOffset } = columns.names;
  return { name: Buffer.from(buffer, byteOffset + start, byteLength).toString(), byteLength };
}

/** The zip entry of an item whose source is a zip. */
export function zipEntryOf(columns: ItemColumns, index: number): ZipEntryLocation {
  return {
    headerOffset: columns.zipNumbers[3 * index]!,
    compressedSize: columns.zipNumbers[3 * index + 1]!,
    uncompressedSize: columns.zipNumbers[3 * index + 2]!,
    crc32: columns.crc32[index]!,
    deflated: columns.deflated[index] === 1,
  };
}
