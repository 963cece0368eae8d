// Decoded pictures that the worker threads keep for the next epochs. Each epoch has an order of its
// own, so no picture is worth more than another: what came first stays, and nothing is driven out.

import type { RgbPicture } from "./picture.js";

/** Memory that all threads see. */
export interface PictureCacheMemory {
  /** Pixels, in blocks that are filled one after the other. */
  readonly blocks: readonly SharedArrayBuffer[];
  /** For each item state, place, width and height: `[items, 4]`. */
  readonly entries: Int32Array;
  /** Number of places given away: `[1]`. */
  readonly used: Int32Array;
}

const BLOCK_BYTES = 2 ** 26;
/** Pictures begin at multiples of so many bytes; a place is such a multiple. */
const PLACE_BYTES = 64;
const PLACES_IN_A_BLOCK = BLOCK_BYTES / PLACE_BYTES;

const State = { unknown: 0, taken: 1, picture: 2, grey: 3 } as const;

/**
 * Reserves memory in blocks of 64 MiB; most systems count it only as it fills.
 *
 * @param items number of pictures in the data set
 * @param shortSide of the pictures, in pixels
 * @param mostBytes for the pixels, rounded down to whole blocks; 0 for no cache
 */
export function reservePictureCache(
  items: number,
  shortSide: number,
  mostBytes: number,
): PictureCacheMemory {
  // Few photographs are longer than twice their short side.
  const likelyBytes = items * 3 * 2 * shortSide ** 2;
  const count = Math.min(Math.floor(mostBytes / BLOCK_BYTES), Math.ceil(likelyBytes / BLOCK_BYTES));
  const blocks: SharedArrayBuffer[] = [];
  try {
    while (blocks.length < count) blocks.push(new SharedArrayBuffer(BLOCK_BYTES));
  } catch (error) {
    // The system has less to give: the cache is smaller.
    if (!(error instanceof RangeError)) throw error;
  }
  return {
    blocks,
    entries: new Int32Array(new SharedArrayBuffer(16 * items)),
    used: new Int32Array(new SharedArrayBuffer(4)),
  };
}

/** One thread's view of the cache. */
export class PictureCache {
  readonly #memory: PictureCacheMemory;

  constructor(memory: PictureCacheMemory) {
    this.#memory = memory;
  }

  /** What is known of an item; its pixels lie in shared memory and must not be changed. */
  find(item: number): RgbPicture | "grey" | undefined {
    const { blocks, entries } = this.#memory;
    const state = Atomics.load(entries, 4 * item);
    if (state === State.grey) return "grey";
    if (state !== State.picture) return undefined;
    const [place, width, height] = entries.subarray(4 * item + 1, 4 * item + 4);
    return { width: width!, height: height!, rgb: pixelsAt(blocks, place!, 3 * width! * height!) };
  }

  /** Keeps an item's picture if there is room. */
  keep(item: number, { width, height, rgb }: RgbPicture): void {
    const { blocks, entries } = this.#memory;
    // Another thread may have met the same picture, as a substitute for one that is broken.
    if (Atomics.compareExchange(entries, 4 * item, State.unknown, State.taken) !== State.unknown) {
      return;
    }
    const place = this.#reserve(rgb.length);
    if (place === undefined) return;
    pixelsAt(blocks, place, rgb.length).set(rgb);
    entries.set([place, width, height], 4 * item + 1);
    Atomics.store(entries, 4 * item, State.picture);
  }

  /** Notes that an item is grey and not used. */
  keepGrey(item: number): void {
    Atomics.store(this.#memory.entries, 4 * item, State.grey);
  }

  /** The place of so many bytes within one block; undefined if there is none left. */
  #reserve(bytes: number): number | undefined {
    const { blocks, used } = this.#memory;
    const needed = Math.ceil(bytes / PLACE_BYTES);
    if (needed > PLACES_IN_A_BLOCK) return undefined;
    for (;;) {
      const before = Atomics.load(used, 0);
      const left = PLACES_IN_A_BLOCK - (before % PLACES_IN_A_BLOCK);
      const place = needed <= left ? before : before + left;
      if (place + needed > blocks.length * PLACES_IN_A_BLOCK) return undefined;
      if (Atomics.compareExchange(used, 0, before, place + needed) === before) return place;
    }
  }
}

function pixelsAt(
  blocks: readonly SharedArrayBuffer[],
  place: number,
  length: number,
): Uint8Array<SharedArrayBuffer> {
  const block = blocks[Math.floor(place / PLACES_IN_A_BLOCK)]!;
  return new Uint8Array(block, (place % PLACES_IN_A_BLOCK) * PLACE_BYTES, length);
}
