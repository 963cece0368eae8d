// Pictures from lightness and chroma, on all cores when they are large.

import { availableParallelism } from "node:os";
import type { ChromaPlanes } from "@let-there-be-color/core/color";
import type { PictureArea } from "@let-there-be-color/core/old-photographs";
import { type Pending, WorkerPool } from "../threads/worker-pool.js";
import { type Composition, composeBands, isComposed } from "./composition.js";
import type { DecodedPhoto } from "./decode.js";
import { SharedMemory } from "./shared-memory.js";

/** Below this many pixels the caller is done before the other threads have heard of it. */
const SHARED_FROM_PIXELS = 500_000;
/** Memory, not arithmetic, limits what more threads could do. */
const MOST_THREADS = 4;

/** What a picture is composed of, beside its chroma. */
export interface ComposedSource extends Pick<DecodedPhoto, "gray" | "alpha" | "bitDepth"> {
  /** Where the photograph lies on its scan, if that has borders: they stay neutral. */
  readonly area?: PictureArea | undefined;
}

/** Composes pictures, one after the other or several at once. */
export class Composer {
  readonly #helpers: number;
  /** Started when a picture needs it. */
  #pool: WorkerPool<Composition, "no band left"> | undefined;
  /** Compositions that wait for bands in the hands of a thread. */
  readonly #waiting = new Map<Composition, Pending<void>>();
  #isClosed = false;

  /** @param threads at most this many threads at work, the caller's included; default: all cores */
  constructor(threads: number = availableParallelism()) {
    this.#helpers = Math.min(threads, MOST_THREADS) - 1;
  }

  /**
   * Starts the threads if a picture of this size will need them: they take a moment.
   *
   * @throws Error after {@link close}
   */
  prepare(pixelCount: number): void {
    if (this.#isClosed) throw new Error("The composer has been closed.");
    if (pixelCount < SHARED_FROM_PIXELS || this.#helpers < 1) return;
    this.#pool ??= WorkerPool.launch(this.#helpers, {
      script: new URL("./composition-worker.js", import.meta.url),
      owner: "composer",
      onAnswer: () => this.#settle(),
    });
  }

  /**
   * The picture's own lightness with the chroma enlarged to its size: interleaved sRGB of the
   * picture's bit depth, `[height, width, 3]`, or `[height, width, 4]` with an alpha. The pixels
   * lie in shared memory.
   *
   * @param isCallerBusy leave a large picture to the other threads, as the caller's thread has
   * other work; otherwise it takes part and is blocked meanwhile
   * @param memory where the pixels come from
   */
  async compose(
    { gray, alpha, bitDepth, area }: ComposedSource,
    chroma: ChromaPlanes,
    isCallerBusy: boolean,
    memory: SharedMemory = new SharedMemory(),
  ): Promise<Uint8Array | Uint16Array> {
    const pixelCount = gray.width * gray.height;
    const samples = pixelCount * (alpha ? 4 : 3);
    const piece = memory.take((samples * bitDepth) / 8);
    const composition: Composition = {
      picture: gray,
      chroma,
      ...(alpha ? { alpha } : {}),
      ...(area ? { area } : {}),
      pixels:
        bitDepth === 16 ? new Uint16Array(piece, 0, samples) : new Uint8Array(piece, 0, samples),
      progress: new Int32Array(new SharedArrayBuffer(8)),
    };
    this.prepare(pixelCount);
    const pool = pixelCount < SHARED_FROM_PIXELS ? undefined : this.#pool;
    for (let thread = 0; pool && thread < pool.size; thread++) pool.post(thread, composition);
    if (!pool || !isCallerBusy) composeBands(composition);
    if (pool && !isComposed(composition)) await this.#othersDone(composition, pool);
    return composition.pixels;
  }

  /** Ends the threads; what they have in hand fails. May be called twice. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#pool?.close();
  }

  async #othersDone(
    composition: Composition,
    pool: WorkerPool<Composition, "no band left">,
  ): Promise<void> {
    const pending = pool.promise<void>();
    this.#waiting.set(composition, pending);
    this.#settle(); // a thread's last answer may have come before
    try {
      await pool.keepingAlive(pending.promise);
    } finally {
      this.#waiting.delete(composition);
    }
  }

  #settle(): void {
    for (const [composition, { resolve }] of this.#waiting) if (isComposed(composition)) resolve();
  }
}
