// Boxes of the ISO base media file format (ISO/IEC 14496-12), as far as pictures use them (23008-12).

import { ByteReader, concatBytes, DamagedMetadata, latin1Bytes } from "../byte-reader.js";

/** A box: its type, and what is behind its header. */
export interface Box {
  readonly type: string;
  readonly at: number;
  readonly end: number;
  readonly content: Uint8Array;
}

/**
 * The boxes in a span of bytes.
 *
 * @throws DamagedMetadata if one reaches beyond the end
 */
export function readBoxes(bytes: Uint8Array): Box[] {
  const reader = new ByteReader(bytes);
  const boxes: Box[] = [];
  for (let at = 0; at + 8 <= bytes.length; ) {
    const short = reader.uint32(at);
    const header = short === 1 ? 16 : 8;
    const length = short === 0 ? bytes.length - at : short === 1 ? reader.uint64(at + 8) : short;
    if (length < header) throw new DamagedMetadata("a box of no length");
    const content = reader.slice(at + header, length - header);
    boxes.push({ type: reader.latin1(at + 4, 4), at, end: at + length, content });
    at += length;
  }
  return boxes;
}

/** Writes a box. */
export function box(type: string, ...content: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const bytes = concatBytes([new Uint8Array(4), latin1Bytes(type), ...content]);
  new DataView(bytes.buffer).setUint32(0, bytes.length);
  return bytes;
}

/** Big-endian integers: sizes in bytes (1, 2 or 4) and values in turn. */
export function integers(...sizesAndValues: readonly [size: 1 | 2 | 4, value: number][]) {
  const bytes = new Uint8Array(sizesAndValues.reduce((sum, [size]) => sum + size, 0));
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const [size, value] of sizesAndValues) {
    if (size === 1) view.setUint8(at, value);
    else if (size === 2) view.setUint16(at, value);
    else view.setUint32(at, value);
    at += size;
  }
  return bytes;
}

/** Where an item of a file lies (`iloc`). */
export interface ItemLocation {
  readonly id: number;
  /** 0: in the file; 1: in the `idat` box. */
  readonly construction: number;
  readonly dataReference: number;
  readonly extents: readonly { readonly offset: number; readonly length: number }[];
}

/** Reads an `iloc` box, ISO/IEC 14496-12, 8.11.3. */
export function readItemLocations(content: Uint8Array): ItemLocation[] {
  const reader = new ByteReader(content);
  const version = reader.uint8(0);
  const sizes = reader.uint16(4);
  const [offsetSize, lengthSize, baseSize] = [sizes >> 12, (sizes >> 8) & 15, (sizes >> 4) & 15];
  const indexSize = version > 0 ? sizes & 15 : 0;
  let at = 6;
  const next = (size: number): number => {
    const value =
      size === 0
        ? 0
        : size === 2
          ? reader.uint16(at)
          : size === 4
            ? reader.uint32(at)
            : size === 8
              ? reader.uint64(at)
              : undefined;
    if (value === undefined) throw new DamagedMetadata(`numbers of ${size} bytes`);
    at += size;
    return value;
  };
  const wide = version === 2 ? 4 : 2;
  const count = next(wide);
  const items: ItemLocation[] = [];
  for (let i = 0; i < count; i++) {
    const id = next(wide);
    const construction = version > 0 ? next(2) & 15 : 0;
    const dataReference = next(2);
    const base = next(baseSize);
    const extentCount = next(2);
    const extents = [];
    for (let j = 0; j < extentCount; j++) {
      // Without sizes, extents take no bytes: a count alone must not make a list.
      if (offsetSize + lengthSize + indexSize === 0 && j > 0) break;
      next(indexSize);
      const offset = base + next(offsetSize);
      extents.push({ offset, length: next(lengthSize) });
    }
    items.push({ id, construction, dataReference, extents });
  }
  return items;
}

/** Writes an `iloc` box of version 1 with offsets of 32 bits. */
export function itemLocations(items: readonly ItemLocation[]): Uint8Array {
  const entries = items.map(({ id, construction, dataReference, extents }) =>
    integers(
      [2, id],
      [2, construction],
      [2, dataReference],
      [2, extents.length],
      ...extents.flatMap(({ offset, length }): [4, number][] => [
        [4, offset],
        [4, length],
      ]),
    ),
  );
  return box("iloc", integers([4, 0x01000000], [2, 0x4400], [2, items.length]), ...entries);
}
