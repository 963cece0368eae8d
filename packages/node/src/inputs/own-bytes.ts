// Bytes for another thread: moved there, they cost nothing, but their owner loses them. So they are
// copied first, a piece at a time, that this thread may attend to others in between.

import { setImmediate as nextTurn } from "node:timers/promises";

/** Takes 1 ms, memory that has never been used included. */
const PIECE_BYTES = 2 ** 21;

/** The bytes in one array, in memory that may be moved to another thread. */
export async function ownBytes(chunks: readonly Uint8Array[]): Promise<Uint8Array<ArrayBuffer>> {
  const length = chunks.reduce((sum, { byteLength }) => sum + byteLength, 0);
  const whole = new Uint8Array(length);
  let at = 0;
  let turn = 0;
  for (const chunk of chunks) {
    for (let from = 0; from < chunk.length; from += PIECE_BYTES) {
      const piece = chunk.subarray(from, from + PIECE_BYTES);
      if (turn + piece.length > PIECE_BYTES) {
        await nextTurn();
        turn = 0;
      }
      whole.set(piece, at);
      at += piece.length;
      turn += piece.length;
    }
  }
  return whole;
}
