/** Free pieces kept: a plane of grey codes and the pixels, for each picture under way. */
const MOST_FREE = 8;

/**
 * Shared memory that is used again. The garbage collector does not know how large a forgotten piece
 * is and lets many pile up; and memory that was in use before is quicker to write.
 */
export class SharedMemory {
  readonly #free: SharedArrayBuffer[] = [];

  /** A piece of at least that many bytes, with anything in it. */
  take(bytes: number): SharedArrayBuffer {
    let best = -1;
    for (const [i, { byteLength }] of this.#free.entries()) {
      if (byteLength < bytes) continue;
      if (best < 0 || byteLength < this.#free[best]!.byteLength) best = i;
    }
    return best < 0 ? new SharedArrayBuffer(bytes) : this.#free.splice(best, 1)[0]!;
  }

  /** Hands over the memory of an array that nobody will read or write any more. */
  give({ buffer }: Uint8Array | Uint16Array): void {
    if (!(buffer instanceof SharedArrayBuffer)) return;
    this.#free.push(buffer);
    if (this.#free.length <= MOST_FREE) return;
    this.#free.sort((a, b) => b.byteLength - a.byteLength).pop();
  }
}
