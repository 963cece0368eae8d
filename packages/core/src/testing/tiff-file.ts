// TIFF structures written field by field, for tests: any byte order, classic or BigTIFF.

import { Buffer } from "node:buffer";

const TYPES = { byte: 1, ascii: 2, short: 3, long: 4, rational: 5, undefined: 7 } as const;

/** A field: its tag, type and values; `offsetOf` values are places of other pieces. */
export interface Field {
  readonly tag: number;
  readonly type: keyof typeof TYPES;
  readonly values: string | Uint8Array | readonly number[];
}

/** Writes numbers in one byte order. */
export class TiffFile {
  readonly littleEndian: boolean;
  readonly isBig: boolean;
  #pieces: Buffer[] = [];
  #length = 0;

  constructor(order: "II" | "MM", { isBig = false } = {}) {
    this.littleEndian = order === "II";
    this.isBig = isBig;
    const header = isBig
      ? [this.number(43, 2), this.number(8, 2), this.number(0, 2)]
      : [this.number(42, 2)];
    this.add(Buffer.concat([Buffer.from(order), ...header, this.number(0, isBig ? 8 : 4)]));
  }

  number(value: number, size: number): Buffer {
    const bytes = Buffer.alloc(size);
    for (let i = 0, rest = value; i < size; i++, rest = Math.floor(rest / 256)) {
      bytes[this.littleEndian ? i : size - 1 - i] = rest % 256;
    }
    return bytes;
  }

  /** Adds bytes at an even offset, which is returned. */
  add(bytes: Uint8Array): number {
    const at = this.#length;
    this.#pieces.push(Buffer.from(bytes), Buffer.alloc(bytes.length % 2));
    this.#length += bytes.length + (bytes.length % 2);
    return at;
  }

  /** Adds a directory and the values that do not fit into it; returns its offset. */
  directory(fields: readonly Field[], next = 0): number {
    const offsetSize = this.isBig ? 8 : 4;
    const entries = fields.map(({ tag, type, values }) => {
      const bytes = this.#value(type, values);
      const size = { byte: 1, ascii: 1, short: 2, long: 4, rational: 8, undefined: 1 }[type];
      const field =
        bytes.length <= offsetSize
          ? Buffer.concat([bytes, Buffer.alloc(offsetSize - bytes.length)])
          : this.number(this.add(bytes), offsetSize);
      const count = this.number(bytes.length / size, offsetSize);
      return Buffer.concat([this.number(tag, 2), this.number(TYPES[type], 2), count, field]);
    });
    const count = this.number(fields.length, this.isBig ? 8 : 2);
    return this.add(Buffer.concat([count, ...entries, this.number(next, offsetSize)]));
  }

  #value(type: Field["type"], values: Field["values"]): Buffer {
    if (typeof values === "string") return Buffer.from(`${values}\0`, "utf8");
    if (values instanceof Uint8Array) return Buffer.from(values);
    const size = { byte: 1, ascii: 1, short: 2, long: 4, rational: 4, undefined: 1 }[type];
    return Buffer.concat(values.map((value) => this.number(value, size)));
  }

  /** The file, whose chain begins at this directory. */
  bytes(firstDirectory: number): Buffer {
    const file = Buffer.concat(this.#pieces);
    this.number(firstDirectory, this.isBig ? 8 : 4).copy(file, this.isBig ? 8 : 4);
    return file;
  }
}
