// The calling side: a thread of one's own whose object's methods are called like asynchronous
// functions, with progress and a way to stop.

import { UserError } from "@let-there-be-color/core/user-error";
import type { Watch } from "../watch.js";
import type { AnswerOf, ArgumentsOf, Call, CallReply, MethodOf, ProgressOf } from "./calls.js";
import { unpackedError } from "./packed-error.js";
import { type Pending, WorkerPool, type WorkerPoolOptions } from "./worker-pool.js";

/** A call that has not been answered yet. */
interface OpenCall {
  readonly answered: Pending<unknown>;
  readonly onProgress: (progress: unknown) => void;
}

/** A thread that serves the methods of a `Service` by `serveCalls`. */
export class ThreadCalls<Service> {
  readonly #pool: WorkerPool<Call, CallReply>;
  readonly #open = new Map<number, OpenCall>();
  #count = 0;

  /** Starts the thread and does not wait: if it does not come up, the first call fails. */
  constructor(options: Omit<WorkerPoolOptions<CallReply>, "onAnswer">) {
    this.#pool = WorkerPool.launch(1, { ...options, onAnswer: (reply) => this.#take(reply) });
  }

  /**
   * Calls a method of the thread's object. The process stays alive until the thread has answered.
   *
   * @param unwanted disposes of an answer that comes after the caller has given up
   * @throws what the method throws; UserErrors are UserErrors here, too
   * @throws the reason of the signal as soon as it is aborted, or what `onProgress` throws; the thread
   * then stops where it asks its signal
   * @throws Error if the thread has died or been closed
   */
  async call<Name extends MethodOf<Service>>(
    method: Name,
    args: ArgumentsOf<Service[Name]>,
    watch: Watch<ProgressOf<Service[Name]>> = {},
    unwanted?: (answer: AnswerOf<Service[Name]>) => void,
  ): Promise<AnswerOf<Service[Name]>> {
    const { signal, onProgress } = watch as Watch<unknown>;
    signal?.throwIfAborted();
    const answered = this.#pool.promise<unknown>();
    const given = this.#pool.promise<unknown>(); // what the caller gets: the answer, or less
    const stop = new Int32Array(new SharedArrayBuffer(4));
    const giveUp = (reason: unknown): void => {
      Atomics.store(stop, 0, 1);
      given.reject(reason as Error);
    };
    const call = this.#count++;
    this.#open.set(call, {
      answered,
      onProgress: (progress) => {
        if (Atomics.load(stop, 0) !== 0) return;
        try {
          onProgress?.(progress);
        } catch (error) {
          giveUp(error);
        }
      },
    });
    const abort = (): void => giveUp(signal!.reason);
    signal?.addEventListener("abort", abort, { once: true });
    try {
      this.#post({ call, method, args, stop }, answered);
      this.#pool.keepingAlive(answered.promise).then((answer) => {
        if (Atomics.load(stop, 0) === 0) given.resolve(answer);
        else unwanted?.(answer as AnswerOf<Service[Name]>);
      }, given.reject);
      return (await given.promise) as AnswerOf<Service[Name]>;
    } finally {
      signal?.removeEventListener("abort", abort);
    }
  }

  /** Ends the thread after what it has in hand. */
  close(): Promise<void> {
    return this.#pool.close();
  }

  #post(call: Call, { reject }: Pending<unknown>): void {
    try {
      this.#pool.post(0, call);
    } catch (error) {
      this.#open.delete(call.call);
      const message = `Expected plain values as options of \`${call.method}\` but received something else (${(error as Error).message}).`;
      reject(new UserError("option-invalid", message, { cause: error }));
    }
  }

  #take(reply: CallReply): void {
    const { answered, onProgress } = this.#open.get(reply.call)!;
    if (reply.type === "progress") {
      onProgress(reply.progress);
      return;
    }
    this.#open.delete(reply.call);
    if (reply.type === "done") answered.resolve(reply.value);
    else answered.reject(unpackedError(reply.error));
  }
}
