import { Worker } from "node:worker_threads";
// Unused here, but its native libraries must be loaded first by the thread that outlives the
// others (sharp's documentation, "Worker threads").
import "sharp";
import { CLOSE, READY } from "./thread.js";

export interface WorkerPoolOptions<Answer> {
  /** The module that the threads run; it calls `serve`. */
  readonly script: URL;
  /** `workerData` of every thread. */
  readonly setup?: unknown;
  /** What the threads belong to, for messages: "batch loader". */
  readonly owner: string;
  readonly onAnswer: (answer: Answer) => void;
  /**
   * Whether threads may be stopped while they do something, if they take long to end. Default true. It
   * must be false where they run ONNX Runtime: stopped in its midst, it takes the process along.
   */
  readonly canBeStopped?: boolean;
}

/** A promise of something that threads do. */
export interface Pending<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (error: Error) => void;
}

/** How long threads may take to finish what they have in hand before they are stopped. */
const CLOSING_MILLISECONDS = 10_000;

/**
 * Threads that live and end together. Who uses them decides which thread does what. They start all
 * or none; when one fails, whatever was promised of any of them fails with its error; and they keep
 * the process alive only while somebody waits for them ({@link keepingAlive}).
 */
export class WorkerPool<Request, Answer> {
  readonly #owner: string;
  readonly #canBeStopped: boolean;
  readonly #threads: Worker[] = [];
  readonly #started: Promise<void>[] = [];
  readonly #ended: Promise<void>[] = [];
  readonly #unsettled = new Set<(error: Error) => void>();
  #waiting = 0;
  #failure: Error | undefined;
  #closed: Promise<void> | undefined;

  private constructor(owner: string, canBeStopped: boolean) {
    this.#owner = owner;
    this.#canBeStopped = canBeStopped;
  }

  /**
   * Starts threads and waits until they are up.
   *
   * @throws the error of the first that fails to start, after the others have been ended
   */
  static async start<Request, Answer>(
    count: number,
    options: WorkerPoolOptions<Answer>,
  ): Promise<WorkerPool<Request, Answer>> {
    const pool = WorkerPool.launch<Request, Answer>(count, options);
    try {
      await pool.keepingAlive(Promise.all(pool.#started));
    } catch (error) {
      await pool.close();
      throw error;
    }
    return pool;
  }

  /** Starts threads and does not wait: whether they came up shows when they are used. */
  static launch<Request, Answer>(
    count: number,
    options: WorkerPoolOptions<Answer>,
  ): WorkerPool<Request, Answer> {
    const pool = new WorkerPool<Request, Answer>(options.owner, options.canBeStopped ?? true);
    try {
      for (let i = 0; i < count; i++) pool.#add(options);
    } catch (error) {
      void pool.close();
      throw error;
    }
    return pool;
  }

  /** Number of threads. */
  get size(): number {
    return this.#threads.length;
  }

  /**
   * Hands something to a thread, 0 to size - 1. A dead one takes no notice.
   *
   * @param moved buffers in the request that are moved instead of copied
   */
  post(thread: number, request: Request, moved: readonly ArrayBuffer[] = []): void {
    this.#threads[thread]!.postMessage(request, moved);
  }

  /**
   * A promise that its caller settles, and that fails if a thread fails or the pool is closed
   * before. A failure counts only where the promise is awaited, which may be much later.
   */
  promise<T>(): Pending<T> {
    let settle!: Omit<Pending<T>, "promise">;
    const promise = new Promise<T>((resolve, reject) => {
      settle = {
        resolve: (value) => {
          this.#unsettled.delete(settle.reject);
          resolve(value);
        },
        reject: (error) => {
          this.#unsettled.delete(settle.reject);
          reject(error);
        },
      };
    });
    promise.catch(() => undefined);
    if (this.#failure) settle.reject(this.#failure);
    else this.#unsettled.add(settle.reject);
    return { promise, ...settle };
  }

  /** Awaits something that depends on the threads, and keeps the process alive meanwhile. */
  async keepingAlive<T>(promise: Promise<T>): Promise<T> {
    if (this.#waiting++ === 0) for (const thread of this.#threads) thread.ref();
    try {
      return await promise;
    } finally {
      if (--this.#waiting === 0) for (const thread of this.#threads) thread.unref();
    }
  }

  /**
   * Ends the threads after what they have in hand; what is still promised of them fails. May be
   * called at any time and more than once.
   */
  close(): Promise<void> {
    this.#closed ??= this.keepingAlive(this.#end());
    return this.#closed;
  }

  async #end(): Promise<void> {
    this.#fail(new Error(`The ${this.#owner} has been closed.`));
    for (const thread of this.#threads) thread.postMessage(CLOSE);
    const stop = (): void => {
      for (const thread of this.#threads) void thread.terminate();
    };
    const deadline = this.#canBeStopped ? setTimeout(stop, CLOSING_MILLISECONDS) : undefined;
    await Promise.all(this.#ended);
    clearTimeout(deadline);
  }

  #add({ script, setup, onAnswer }: WorkerPoolOptions<Answer>): void {
    // Options of the main thread such as --input-type would keep a thread from loading its module.
    const thread = new Worker(script, { workerData: setup, execArgv: [] });
    thread.unref();
    this.#threads.push(thread);
    const up = this.promise<void>();
    this.#started.push(up.promise);
    thread.on("message", (message: Answer | typeof READY) => {
      if (message === READY) up.resolve();
      else onAnswer(message);
    });
    const died = (reason: string): void =>
      this.#fail(new Error(`A thread of the ${this.#owner} has died: ${reason}.`));
    thread.on("error", (error: Error) => died(error.stack ?? error.message));
    thread.on("messageerror", (error: Error) => died(error.message));
    this.#ended.push(
      new Promise((resolve) => {
        thread.on("exit", (code) => {
          died(`it ended with code ${code}`);
          resolve();
        });
      }),
    );
  }

  /** The first failure is the one to report: what follows is its consequence. */
  #fail(error: Error): void {
    this.#failure ??= error;
    for (const reject of [...this.#unsettled]) reject(this.#failure);
  }
}
