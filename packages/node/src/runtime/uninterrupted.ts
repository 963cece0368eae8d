// ONNX Runtime must not be interrupted: if Node ends a thread that is inside of it, which happens to
// all threads when the process exits, its errors find no JavaScript any more, and it aborts the
// process. So threads say when they are inside, and the process waits for them at its end.

/** Calls under way in the engine of this thread, and whether it may begin any. [2], shared. */
let state = newEngineState();
const CALLS = 0;
const ENDING = 1;
/** How long the end of the process waits for an engine. */
const LONGEST_WAIT_MILLISECONDS = 20_000;

/** For {@link shareEngineState} in a thread, and {@link awaitAtExit} in the one that starts it. */
export function newEngineState(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(8));
}

/** Makes what the engine of this thread does known to the thread that made the state. */
export function shareEngineState(shared: Int32Array): void {
  state = shared;
}

/** Does something in the engine; never begins if the process is about to end. */
export async function uninterrupted<T>(task: () => Promise<T>): Promise<T> {
  Atomics.add(state, CALLS, 1);
  try {
    if (Atomics.load(state, ENDING) === 0) return await task();
  } finally {
    Atomics.sub(state, CALLS, 1);
    Atomics.notify(state, CALLS);
  }
  return new Promise<T>(() => undefined);
}

const awaited = new Set<Int32Array>();

/**
 * Makes the end of the process wait for the engine of another thread.
 *
 * @returns ends that; to be called when the thread has ended
 */
export function awaitAtExit(engine: Int32Array): () => void {
  if (awaited.size === 0) process.on("exit", awaitEngines);
  awaited.add(engine);
  return () => {
    awaited.delete(engine);
    if (awaited.size === 0) process.off("exit", awaitEngines);
  };
}

function awaitEngines(): void {
  for (const engine of awaited) Atomics.store(engine, ENDING, 1);
  for (const engine of awaited) {
    for (let calls = Atomics.load(engine, CALLS); calls > 0; calls = Atomics.load(engine, CALLS)) {
      const outcome = Atomics.wait(engine, CALLS, calls, LONGEST_WAIT_MILLISECONDS);
      if (outcome === "timed-out") break;
    }
  }
}
