// A thread for the tests of worker pools: it counts itself, and fails when it is told to.

import { workerData } from "node:worker_threads";
import { answer, serve } from "../threads/thread.js";

export interface FragileSetup {
  /** Shared: threads begun so far, threads alive. [2]. */
  readonly counts: Int32Array;
  /** Which of the threads, in the order of their beginning from 0, fails to start; -1 for none. */
  readonly failing: number;
}

/** `echo` is answered, `throw` kills the thread, `ignore` is never answered. */
export type FragileRequest = "echo" | "throw" | "ignore";

const { counts, failing } = workerData as FragileSetup;
const number = Atomics.add(counts, 0, 1);
Atomics.add(counts, 1, 1);
process.on("exit", () => Atomics.sub(counts, 1, 1));
if (number === failing) throw new Error("This thread fails to start");

serve((request: FragileRequest) => {
  if (request === "throw") throw new Error("This request kills");
  if (request === "echo") answer(request);
});
