// Segments of a JPEG file up to the first scan (ITU-T T.81, Annex B).

import { ByteReader, concatBytes, DamagedMetadata, latin1Bytes } from "../byte-reader.js";

export const APP0 = 0xe0;
export const APP1 = 0xe1;
export const APP2 = 0xe2;
export const APP11 = 0xeb;
export const APP13 = 0xed;
export const COMMENT = 0xfe;
const START_OF_SCAN = 0xda;
const END_OF_IMAGE = 0xd9;

/** Bytes a segment holds behind its length. */
export const LARGEST_SEGMENT = 0xffff - 2;

/** A marker with its content. */
export interface Segment {
  readonly marker: number;
  readonly content: Uint8Array;
  /** The whole of it, with marker and length. */
  readonly bytes: Uint8Array;
}

/**
 * The segments in front of the first scan, as far as they can be read.
 *
 * @returns the segments, and where the rest begins
 */
export function readSegments(file: Uint8Array): { segments: Segment[]; end: number } {
  const reader = new ByteReader(file);
  const segments: Segment[] = [];
  let at = 2;
  try {
    while (reader.uint8(at) === 0xff) {
      const marker = reader.uint8(at + 1);
      if (marker === 0xff) {
        at++; // fill bytes
        continue;
      }
      if (marker === START_OF_SCAN || marker === END_OF_IMAGE) break;
      const length = reader.uint16(at + 2);
      if (length < 2) break;
      const bytes = reader.slice(at, length + 2);
      segments.push({ marker, content: bytes.subarray(4), bytes });
      at += length + 2;
    }
  } catch (error) {
    if (!(error instanceof DamagedMetadata)) throw error;
  }
  return { segments, end: at };
}

/** A segment whose content begins with a name. */
export function segment(
  marker: number,
  name: string,
  ...content: readonly Uint8Array[]
): Uint8Array<ArrayBuffer> {
  const whole = concatBytes([new Uint8Array(4), latin1Bytes(name), ...content]);
  if (whole.length - 4 > LARGEST_SEGMENT) throw new Error("Expected at most 65,533 bytes");
  const view = new DataView(whole.buffer);
  view.setUint16(0, 0xff00 | marker);
  view.setUint16(2, whole.length - 2);
  return whole;
}

/** A content in pieces that segments can hold. */
export function inPieces(content: Uint8Array, largest: number): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < content.length; at += largest) {
    pieces.push(content.subarray(at, at + largest));
  }
  return pieces;
}

/** Whether a content begins with an ASCII text. */
export function beginsWith(content: Uint8Array, text: string): boolean {
  return new ByteReader(content).startsWith(text);
}
