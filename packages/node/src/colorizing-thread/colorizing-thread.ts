// A Colorizer's thread as the Colorizer and its photographs know it.

import { awaitAtExit, newEngineState } from "../runtime/uninterrupted.js";
import type { AnswerOf, ArgumentsOf, MethodOf, ProgressOf } from "../threads/calls.js";
import { ThreadCalls } from "../threads/thread-calls.js";
import type { Watch } from "../watch.js";
import { HeldPhotos } from "./held-photos.js";
import type { ColorizingSetup } from "./service.js";
import type { ThreadColorizer } from "./thread-colorizer.js";

/** The thread itself: whoever holds it does not keep the Colorizer from being collected. */
class OwnThread {
  readonly calls: ThreadCalls<ThreadColorizer>;
  readonly #released: () => void;

  constructor() {
    const engine = newEngineState();
    this.calls = new ThreadCalls({
      script: new URL("./worker.js", import.meta.url),
      setup: { engine } satisfies ColorizingSetup,
      owner: "Colorizer",
      canBeStopped: false,
    });
    this.#released = awaitAtExit(engine);
  }

  async close(): Promise<void> {
    await this.calls.close();
    this.#released();
  }
}

/** Threads whose Colorizer, and all of its photographs, nobody has any more. */
const forgotten = new FinalizationRegistry<OwnThread>((thread) => void thread.close());

/** Lives until it is closed, or until nobody knows it any more. */
export class ColorizingThread {
  readonly #thread = new OwnThread();
  readonly #underWay = new Set<Promise<unknown>>();
  /** The photographs that it keeps. */
  readonly photos: HeldPhotos;
  #closed: Promise<void> | undefined;

  /** Starts the thread; if it does not come up, the first call fails. */
  constructor() {
    const { calls } = this.#thread;
    this.photos = new HeldPhotos((photo) => giveUp(calls, photo));
    forgotten.register(this, this.#thread, this);
  }

  /** Work that {@link close} waits for. */
  async during<T>(task: (calls: ThreadCalls<ThreadColorizer>) => Promise<T>): Promise<T> {
    if (this.#closed) throw new Error("This Colorizer is closed");
    const work = task(this.#thread.calls);
    this.#underWay.add(work);
    try {
      return await work;
    } finally {
      this.#underWay.delete(work);
    }
  }

  /** @see ThreadCalls.call */
  call<Name extends MethodOf<ThreadColorizer>>(
    method: Name,
    args: ArgumentsOf<ThreadColorizer[Name]>,
    watch: Watch<ProgressOf<ThreadColorizer[Name]>> = {},
  ): Promise<AnswerOf<ThreadColorizer[Name]>> {
    return this.during((calls) => calls.call(method, args, watch));
  }

  /** Gives up a photograph that nobody has got. */
  giveUp(photo: number): void {
    giveUp(this.#thread.calls, photo);
  }

  /** Ends the thread after all that is under way. */
  close(): Promise<void> {
    this.#closed ??= this.#end();
    return this.#closed;
  }

  async #end(): Promise<void> {
    forgotten.unregister(this);
    await Promise.allSettled(this.#underWay);
    await this.#thread.close();
  }
}

function giveUp(calls: ThreadCalls<ThreadColorizer>, photo: number): void {
  calls.call("giveUp", [photo]).catch(() => undefined); // the thread has ended: nothing is kept
}
