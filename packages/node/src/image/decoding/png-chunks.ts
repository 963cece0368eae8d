// PNG files are chunks (PNG 3rd edition, section 5); those in front of the pixels say what they mean.

const SIGNATURE_LENGTH = 8;
/** Of length, type and checksum. */
export const CHUNK_FRAME = 12;
/** Where the second chunk starts. */
export const AFTER_HEADER = SIGNATURE_LENGTH + CHUNK_FRAME + 13;

/** A chunk without its frame. */
export interface PngChunk {
  readonly type: string;
  readonly data: DataView;
}

/** The chunks in front of the pixels. */
export function* leadingPngChunks(file: Uint8Array): Generator<PngChunk, void, void> {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  for (let at = SIGNATURE_LENGTH; at + CHUNK_FRAME <= file.length; ) {
    const length = view.getUint32(at);
    const type = Buffer.from(file.subarray(at + 4, at + 8)).toString("latin1");
    if (type === "IDAT" || at + CHUNK_FRAME + length > file.length) return;
    yield { type, data: new DataView(view.buffer, view.byteOffset + at + 8, length) };
    at += CHUNK_FRAME + length;
  }
}

/** How many frames an animated PNG has, from its acTL chunk; 1 for a still one. */
export function pngFrameCount(file: Uint8Array): number {
  for (const { type, data } of leadingPngChunks(file)) {
    if (type === "acTL" && data.byteLength === 8) return data.getUint32(0);
  }
  return 1;
}
