// Chunks of a PNG file (PNG 3rd edition, 5.3).

import { ByteReader, concatBytes, DamagedMetadata, latin1Bytes } from "../byte-reader.js";

export const SIGNATURE_LENGTH = 8;

/** A chunk without its length and checksum. */
export interface Chunk {
  readonly type: string;
  readonly content: Uint8Array;
  /** The whole of it. */
  readonly bytes: Uint8Array;
}

/** The chunks as far as they can be read; what follows IEND is none. */
export function readChunks(file: Uint8Array): Chunk[] {
  const reader = new ByteReader(file);
  const chunks: Chunk[] = [];
  try {
    for (let at = SIGNATURE_LENGTH; at < file.length; ) {
      const length = reader.uint32(at);
      const bytes = reader.slice(at, length + 12);
      const type = reader.latin1(at + 4, 4);
      chunks.push({ type, content: bytes.subarray(8, 8 + length), bytes });
      if (type === "IEND") break;
      at += length + 12;
    }
  } catch (error) {
    if (!(error instanceof DamagedMetadata)) throw error;
  }
  return chunks;
}

/** A chunk with its checksum. */
export function chunk(type: string, ...content: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const name = latin1Bytes(type);
  const bytes = concatBytes([new Uint8Array(4), name, ...content, new Uint8Array(4)]);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, bytes.length - 12);
  view.setUint32(bytes.length - 4, crc32(bytes.subarray(4, bytes.length - 4)));
  return bytes;
}

/** PNG 3rd edition, Annex D. */
const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let c = n;
  for (let k = 0; k < 8; k++) c = c & 1 ? 0xedb88320 ^ (c >>> 1) : c >>> 1;
  return c;
});

function crc32(bytes: Uint8Array): number {
  let c = 0xffffffff;
  for (const byte of bytes) c = CRC_TABLE[(c ^ byte) & 0xff]! ^ (c >>> 8);
  return (c ^ 0xffffffff) >>> 0;
}
