import { concatBytes, latin1Bytes } from "../byte-reader.js";
import { RATIONAL, SRATIONAL, typeSize } from "../tiff/structure.js";
import { USER_COMMENT } from "../tiff/tags.js";
import type { Field, FieldTree } from "./fields.js";

const HEADER_LENGTH = 8;
const UTF16_COMMENT = "UNICODE\0";

/** Maker notes stay where they were only near the start: the way there is filled with zeros. */
const LARGEST_GAP = 0x8000;

/** A written structure. */
export interface WrittenFields {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Whether all fields that have to lie at a place do. */
  readonly inPlace: boolean;
}

/**
 * Writes directories as a classic TIFF structure with one main directory, in the byte order of the
 * tree. Entries are sorted by tag (TIFF 6.0, section 2).
 */
export function writeFields(tree: FieldTree): WrittenFields {
  return new FieldWriter(tree).write();
}

class FieldWriter {
  readonly #tree: FieldTree;
  readonly #littleEndian: boolean;
  /** What is written where; in order of its allocation. */
  readonly #pieces: { at: number; bytes: Uint8Array }[] = [];
  readonly #reserved: { at: number; length: number } | undefined;
  #inPlace = true;
  #end = HEADER_LENGTH;

  constructor(tree: FieldTree) {
    this.#tree = tree;
    this.#littleEndian = tree.littleEndian;
    const placed = allFields(tree.fields).find(({ place }) => place !== undefined);
    if (placed?.place !== undefined && placed.value.length > 4) {
      const { place: at } = placed;
      if (at >= HEADER_LENGTH && at <= LARGEST_GAP) {
        this.#reserved = { at, length: placed.value.length };
      } else {
        this.#inPlace = false;
      }
    }
  }

  write(): WrittenFields {
    const order = this.#littleEndian ? 0x49 : 0x4d;
    const header = new Uint8Array(HEADER_LENGTH);
    const view = new DataView(header.buffer);
    header.set([order, order]);
    view.setUint16(2, 42, this.#littleEndian);
    view.setUint32(4, this.#directory(this.#tree.fields), this.#littleEndian);
    const { at, length } = this.#reserved ?? { at: 0, length: 0 };
    const bytes = new Uint8Array(Math.max(this.#end, at + length + (length % 2)));
    bytes.set(header);
    for (const piece of this.#pieces) bytes.set(piece.bytes, piece.at);
    return { bytes, inPlace: this.#inPlace };
  }

  /** @returns where the directory lies */
  #directory(fields: readonly Field[]): number {
    const sorted = [...fields].sort((a, b) => a.tag - b.tag);
    const bytes = new Uint8Array(2 + sorted.length * 12 + 4);
    const at = this.#add(bytes);
    const view = new DataView(bytes.buffer);
    view.setUint16(0, sorted.length, this.#littleEndian);
    sorted.forEach((field, i) => {
      const entry = 2 + i * 12;
      view.setUint16(entry, field.tag, this.#littleEndian);
      view.setUint16(entry + 2, field.type, this.#littleEndian);
      view.setUint32(entry + 4, field.count, this.#littleEndian);
      if (field.directory) {
        view.setUint32(entry + 8, this.#directory(field.directory), this.#littleEndian);
        return;
      }
      if (field.value.length <= 4) bytes.set(field.value, entry + 8);
      else view.setUint32(entry + 8, this.#value(field), this.#littleEndian);
    });
    return at;
  }

  #value({ place, value }: Field): number {
    if (place === undefined || place !== this.#reserved?.at) return this.#add(value);
    this.#pieces.push({ at: place, bytes: value });
    return place;
  }

  /** Adds bytes behind what there is, and behind the reserved place if they would reach into it. */
  #add(bytes: Uint8Array): number {
    const reserved = this.#reserved;
    if (reserved && this.#end <= reserved.at && this.#end + bytes.length > reserved.at) {
      this.#end = reserved.at + reserved.length + ((reserved.at + reserved.length) % 2);
    }
    const at = this.#end;
    this.#pieces.push({ at, bytes });
    this.#end += bytes.length + (bytes.length % 2);
    return at;
  }
}

function allFields(fields: readonly Field[]): Field[] {
  return fields.flatMap((field) => [field, ...allFields(field.directory ?? [])]);
}

/** The fields of a tree in a byte order. */
export function fieldsInByteOrder(tree: FieldTree, littleEndian: boolean): Field[] {
  const isOther = tree.littleEndian !== littleEndian;
  const inOrder = (fields: readonly Field[]): Field[] =>
    fields.map((field) => ({
      ...field,
      value: inByteOrder(field, isOther),
      ...(field.directory ? { directory: inOrder(field.directory) } : {}),
    }));
  return inOrder(tree.fields);
}

/**
 * The bytes of a value, each number turned round if the order differs. What is of no type has an
 * order of its own, if any, but for comments in UTF-16 (EXIF 3.0, 4.6.6.6).
 */
function inByteOrder({ tag, type, value }: Field, isOther: boolean): Uint8Array {
  if (!isOther) return value;
  const text = latin1Bytes(UTF16_COMMENT);
  if (tag === USER_COMMENT && text.every((byte, i) => value[i] === byte)) {
    return concatBytes([text, turned(value.subarray(text.length), 2)]);
  }
  const isFraction = type === RATIONAL || type === SRATIONAL;
  return turned(value, isFraction ? 4 : typeSize(type));
}

/** Numbers of so many bytes in the other order. */
function turned(value: Uint8Array, size: number): Uint8Array {
  if (size <= 1) return value;
  const other = new Uint8Array(value.length);
  for (let at = 0; at + size <= value.length; at += size) {
    for (let i = 0; i < size; i++) other[at + i] = value[at + size - 1 - i]!;
  }
  return other;
}
