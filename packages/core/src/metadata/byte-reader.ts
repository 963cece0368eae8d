/**
 * Metadata that contradicts itself: a length beyond the end, a directory that leads to itself. It
 * never leaves this folder: what is damaged is left out, and a notice says so.
 */
export class DamagedMetadata extends Error {
  override readonly name = "DamagedMetadata";
}

/** Numbers out of bytes, in one byte order; every read is checked against the end. */
export class ByteReader {
  readonly bytes: Uint8Array;
  readonly littleEndian: boolean;
  readonly #view: DataView;

  constructor(bytes: Uint8Array, littleEndian = false) {
    this.bytes = bytes;
    this.littleEndian = littleEndian;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get length(): number {
    return this.bytes.length;
  }

  uint8(at: number): number {
    this.#check(at, 1);
    return this.#view.getUint8(at);
  }

  uint16(at: number): number {
    this.#check(at, 2);
    return this.#view.getUint16(at, this.littleEndian);
  }

  uint32(at: number): number {
    this.#check(at, 4);
    return this.#view.getUint32(at, this.littleEndian);
  }

  /** Exact up to 2^53, which no offset in a real file exceeds. */
  uint64(at: number): number {
    this.#check(at, 8);
    const value = this.#view.getBigUint64(at, this.littleEndian);
    if (value > BigInt(Number.MAX_SAFE_INTEGER)) throw new DamagedMetadata(`${value} is no offset`);
    return Number(value);
  }

  /** A view, no copy. */
  slice(at: number, length: number): Uint8Array {
    this.#check(at, length);
    return this.bytes.subarray(at, at + length);
  }

  /** Latin-1 text, as four-letter names of chunks and boxes are. */
  latin1(at: number, length: number): string {
    return latin1(this.slice(at, length));
  }

  /** Whether the bytes there are those of an ASCII text; false beyond the end. */
  startsWith(text: string, at = 0): boolean {
    if (at < 0 || at + text.length > this.length) return false;
    for (let i = 0; i < text.length; i++) {
      if (this.bytes[at + i] !== text.charCodeAt(i)) return false;
    }
    return true;
  }

  #check(at: number, length: number): void {
    if (!(at >= 0 && length >= 0 && at + length <= this.length)) {
      throw new DamagedMetadata(`${length} bytes at ${at} of ${this.length}`);
    }
  }
}

/** Bytes as Latin-1 text, one character each. */
export function latin1(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 0x2000) {
    text += String.fromCharCode(...bytes.subarray(at, at + 0x2000));
  }
  return text;
}

/** Latin-1 text as bytes; characters beyond U+00FF become "?". */
export function latin1Bytes(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(text, (character) => {
    const code = character.codePointAt(0)!;
    return code > 0xff ? 0x3f : code;
  });
}

/** One array out of several. */
export function concatBytes(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
