// Bytes on their way to another thread and back, through shared memory. Moving a buffer would be free,
// but V8 then gives up the assumption that no buffer is ever moved: loops over pixels take a fifth
// longer from then on, in the whole thread. So bytes are copied, a piece at a time, that this thread may
// attend to others in between.

import { setImmediate as nextTurn } from "node:timers/promises";

/** Takes 1 ms, memory that has never been used included. */
const PIECE_BYTES = 2 ** 21;

/** The bytes in one array, in memory that threads share. */
export async function sharedCopy(
  chunks: readonly Uint8Array[],
): Promise<Uint8Array<SharedArrayBuffer>> {
  const length = chunks.reduce((sum, { byteLength }) => sum + byteLength, 0);
  const whole = new Uint8Array(new SharedArrayBuffer(length));
  await copy(chunks, whole);
  return whole;
}

/** The bytes in memory that this thread has to itself, as most interfaces want them. */
export async function ownCopy(shared: Uint8Array): Promise<Buffer> {
  const own = Buffer.from(new ArrayBuffer(shared.length));
  await copy([shared], own);
  return own;
}

async function copy(chunks: readonly Uint8Array[], whole: Uint8Array): Promise<void> {
  let at = 0;
  let copiedInTurn = 0;
  for (const chunk of chunks) {
    for (let from = 0; from < chunk.length; from += PIECE_BYTES) {
      const piece = chunk.subarray(from, from + PIECE_BYTES);
      if (copiedInTurn + piece.length > PIECE_BYTES) {
        await nextTurn();
        copiedInTurn = 0;
      }
      whole.set(piece, at);
      at += piece.length;
      copiedInTurn += piece.length;
    }
  }
}
