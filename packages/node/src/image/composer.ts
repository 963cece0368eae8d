// Pictures from lightness and chroma, on all cores when they are large.

import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import type { ChromaPlanes } from "@let-there-be-color/core/color";
import { type Composition, composeBands, isComposed } from "./composition.js";
import type { DecodedPhoto } from "./decode.js";
import { SharedMemory } from "./shared-memory.js";

/** Below this many pixels the caller is done before the other threads have heard of it. */
const SHARED_FROM_PIXELS = 500_000;
/** Memory, not arithmetic, limits what more threads could do. */
const MOST_THREADS = 4;

/** Composes pictures, one after the other or several at once. */
export class Composer {
  readonly #helpers: number;
  readonly #workers: Worker[] = [];
  /** Compositions that wait for bands in the hands of a worker. */
  readonly #waiting = new Set<{ check: () => void; fail: (error: Error) => void }>();
  #failure: Error | undefined;

  /** @param threads at most this many threads at work, the caller's included; default: all cores */
  constructor(threads: number = availableParallelism()) {
    this.#helpers = Math.min(threads, MOST_THREADS) - 1;
  }

  /** Starts the threads if a picture of this size will need them: they take a moment. */
  prepare(pixelCount: number): void {
    if (pixelCount < SHARED_FROM_PIXELS) return;
    while (this.#workers.length < this.#helpers) this.#addWorker();
  }

  /**
   * The picture's own lightness with the chroma enlarged to its size: interleaved sRGB of the
   * picture's bit depth, `[height, width, 3]`, or `[height, width, 4]` with an alpha. The pixels
   * lie in shared memory.
   *
   * @param saturation factor on the chroma
   * @param isCallerBusy leave a large picture to the other threads, as the caller's thread has
   * other work; otherwise it takes part and is blocked meanwhile
   * @param memory where the pixels come from
   */
  async compose(
    { gray, alpha, bitDepth }: DecodedPhoto,
    chroma: ChromaPlanes,
    saturation: number,
    isCallerBusy: boolean,
    memory: SharedMemory = new SharedMemory(),
  ): Promise<Uint8Array | Uint16Array> {
    const pixelCount = gray.width * gray.height;
    const samples = pixelCount * (alpha ? 4 : 3);
    const piece = memory.take((samples * bitDepth) / 8);
    const composition: Composition = {
      picture: gray,
      chroma: { ab: chroma.ab, width: chroma.width, height: chroma.height },
      saturation,
      ...(alpha ? { alpha } : {}),
      pixels:
        bitDepth === 16 ? new Uint16Array(piece, 0, samples) : new Uint8Array(piece, 0, samples),
      progress: new Int32Array(new SharedArrayBuffer(8)),
    };
    this.prepare(pixelCount);
    const workers = pixelCount < SHARED_FROM_PIXELS ? [] : this.#workers;
    for (const worker of workers) worker.postMessage(composition);
    if (workers.length === 0 || !isCallerBusy) composeBands(composition);
    if (!isComposed(composition)) await this.#othersDone(composition);
    return composition.pixels;
  }

  /** Ends the threads. */
  async close(): Promise<void> {
    this.#fail(new Error("The composer has been closed."));
    await Promise.all(this.#workers.map((worker) => worker.terminate()));
  }

  #addWorker(): void {
    const worker = new Worker(new URL("./composition-worker.js", import.meta.url));
    worker.unref(); // a forgotten close() shall not keep the process alive
    worker.on("message", () => {
      for (const { check } of this.#waiting) check();
    });
    worker.on("error", (error) => this.#fail(error));
    worker.on("exit", (code) => this.#fail(new Error(`A thread has ended with code ${code}.`)));
    this.#workers.push(worker);
  }

  async #othersDone(composition: Composition): Promise<void> {
    if (this.#failure) throw this.#failure;
    for (const worker of this.#workers) worker.ref();
    try {
      await new Promise<void>((resolve, fail) => {
        const check = () => {
          if (!isComposed(composition)) return;
          this.#waiting.delete(waiter);
          resolve();
        };
        const waiter = { check, fail };
        this.#waiting.add(waiter);
        check();
      });
    } finally {
      if (this.#waiting.size === 0) for (const worker of this.#workers) worker.unref();
    }
  }

  /** The first failure is the one to report: what follows is its consequence. */
  #fail(error: Error): void {
    this.#failure ??= error;
    for (const { fail } of this.#waiting) fail(this.#failure);
    this.#waiting.clear();
  }
}
