// The thread's side of a worker pool: it says when it is up, and ends when it is asked to.

import { parentPort } from "node:worker_threads";

/** What a thread sends when its module has been loaded. */
export const READY = "ready";
/** What it is sent when it shall end. */
export const CLOSE = "close";

/**
 * Serves the pool that started this thread; to be called once, when all is set up.
 *
 * @param handle what to do with a request; an error that leaves it ends the thread and fails the pool
 * @param finish waits for what is in hand and frees what was opened, before the thread ends
 */
export function serve<Request>(
  handle: (request: Request) => void,
  finish: () => Promise<void> = async () => undefined,
): void {
  const port = parentPort!;
  port.on("message", (message: Request | typeof CLOSE) => {
    if (message !== CLOSE) return handle(message);
    void finish().then(() => port.close());
  });
  port.postMessage(READY);
}

/** Sends an answer; the buffers of `transfer` are moved instead of copied. */
export function answer<Answer>(message: Answer, transfer: readonly ArrayBuffer[] = []): void {
  parentPort!.postMessage(message, transfer);
}
