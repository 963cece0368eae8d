// The called side: an object of this thread whose methods another thread calls.

import type { StageWatch } from "../watch.js";
import { type Call, type CallReply, Moved } from "./calls.js";
import { packedError } from "./packed-error.js";
import { answer, serve } from "./thread.js";

type Methods = Readonly<
  Record<string, (watch: StageWatch<unknown>, ...args: readonly unknown[]) => Promise<unknown>>
>;

/**
 * Lets the thread that started this one call the methods of `service` (`ThreadCalls` is its side).
 *
 * @param finish frees what was opened, after all calls in hand are answered
 */
export function serveCalls(service: object, finish: () => Promise<void>): void {
  const inHand = new Set<Promise<void>>();
  const begin = (call: Call): void => {
    const work = reply(service as Methods, call);
    inHand.add(work);
    void work.then(() => inHand.delete(work));
  };
  serve(begin, async () => {
    await Promise.all(inHand);
    await finish();
  });
}

async function reply(service: Methods, { call, method, args, stop }: Call): Promise<void> {
  const send = (message: CallReply, moved: readonly ArrayBuffer[] = []) => answer(message, moved);
  const watch: StageWatch<unknown> = {
    // A message would not be read while the network keeps this thread.
    signal: {
      throwIfAborted: () => {
        if (Atomics.load(stop, 0) !== 0) throw new Error("Nobody waits for this any more");
      },
    },
    onProgress: (progress) => send({ call, type: "progress", progress }),
  };
  try {
    const result = await service[method]!(watch, ...args);
    const { value, buffers } = result instanceof Moved ? result : new Moved(result, []);
    send({ call, type: "done", value }, buffers);
  } catch (error) {
    send({ call, type: "failed", error: packedError(error) });
  }
}
