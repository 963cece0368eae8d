// The thread that prepares batches. Jobs arrive ahead of need and wait here, so that the thread
// keeps working while the main thread is busy with a training step and answers nothing.

import { workerData } from "node:worker_threads";
import { UserError } from "@let-there-be-color/core/user-error";
import sharp from "sharp";
import { answer, serve } from "../threads/thread.js";
import { makeBatch } from "./batch-maker.js";
import type { FromWorker, ToWorker, WorkerSetup } from "./batch-workers.js";
import { ItemReader } from "./item-reader.js";
import { PictureCache } from "./picture-cache.js";

const { plan, columns, finished, cacheMemory } = workerData as WorkerSetup;
const cache = new PictureCache(cacheMemory);
const reader = new ItemReader(columns);
const queue: Extract<ToWorker, { type: "make" }>[] = [];
const cancelled = new Set<number>();
let working: Promise<void> | undefined;
let closing = false;

// Every picture is decoded once, and pictures are decoded side by side already.
sharp.cache(false);
sharp.concurrency(1);

serve(
  (message: ToWorker) => {
    if (message.type === "make") queue.push(message);
    if (message.type === "cancel") cancelled.add(message.ticket);
    working ??= work().finally(() => {
      working = undefined;
    });
  },
  async () => {
    closing = true;
    await working;
    await reader.close();
  },
);

async function work(): Promise<void> {
  while (queue.length > 0 && !closing) {
    const { ticket, job } = queue.shift()!;
    const isCancelled = () => closing || cancelled.has(ticket);
    try {
      const made = isCancelled()
        ? null
        : await makeBatch(job, { plan, columns, reader, cache }, isCancelled);
      if (made) {
        const { lightness, ab, labels } = made.batch;
        const buffers = [lightness, ab, labels].map(({ buffer }) => buffer as ArrayBuffer);
        send({ type: "made", ticket, made }, buffers);
      }
    } catch (error) {
      const { message, stack } = error as Error;
      const code = error instanceof UserError ? error.code : null;
      send({ type: "failed", ticket, message, stack: stack ?? message, code });
    }
    cancelled.delete(ticket);
  }
}

function send(message: FromWorker, buffers: ArrayBuffer[] = []): void {
  answer(message, buffers);
  Atomics.add(finished, 0, 1);
}
