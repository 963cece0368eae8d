import { Worker } from "node:worker_threads";
import { UserError, type UserErrorCode } from "@let-there-be-color/core/user-error";
// Unused here, but its native libraries must be loaded first by the thread that outlives the
// others (sharp's documentation, "Worker threads").
import "sharp";
import type { BatchJob, MadeBatch } from "./batch-maker.js";
import type { BatchPlan } from "./batch-plan.js";
import type { ItemColumns } from "./item-table.js";
import type { PictureCacheMemory } from "./picture-cache.js";

/** What a worker is started with. */
export interface WorkerSetup {
  readonly plan: BatchPlan;
  readonly columns: ItemColumns;
  /** Shared count of answers that all workers have sent: [1]. */
  readonly finished: Int32Array;
  readonly cacheMemory: PictureCacheMemory;
}

export type ToWorker =
  | { readonly type: "make"; readonly ticket: number; readonly job: BatchJob }
  | { readonly type: "cancel"; readonly ticket: number }
  | { readonly type: "close" };

export type FromWorker =
  | { readonly type: "ready" }
  | { readonly type: "made"; readonly ticket: number; readonly made: MadeBatch }
  | {
      readonly type: "failed";
      readonly ticket: number;
      readonly message: string;
      readonly stack: string;
      /** Of a UserError; null for any other error. */
      readonly code: UserErrorCode | null;
    };

/** A batch that was asked for. */
export interface BatchRequest {
  readonly ticket: number;
  /** Fails if the batch cannot be made, a worker dies or the workers are closed. */
  readonly made: Promise<MadeBatch>;
}

interface Pending {
  readonly worker: Worker;
  readonly resolve: (made: MadeBatch) => void;
  readonly reject: (error: Error) => void;
}

/** How long workers may take to finish the picture in hand before they are stopped. */
const closingMilliseconds = 10_000;

/** The threads that prepare batches. They keep the process alive only while awaited. */
export class BatchWorkers {
  private readonly workers: Worker[] = [];
  private readonly pending = new Map<number, Pending>();
  private readonly finished = new Int32Array(new SharedArrayBuffer(4));
  private taken = 0;
  private nextTicket = 0;
  private awaited = 0;
  private failure: Error | null = null;
  private closed: Promise<void> | null = null;

  private constructor() {}

  /** Starts the threads and waits until they are up. */
  static async start(count: number, setUp: Omit<WorkerSetup, "finished">): Promise<BatchWorkers> {
    const workers = new BatchWorkers();
    const setup: WorkerSetup = { ...setUp, finished: workers.finished };
    try {
      await Promise.all(Array.from({ length: count }, () => workers.add(setup)));
    } catch (error) {
      await workers.close();
      throw error;
    }
    return workers;
  }

  /** Batches that are finished and not yet taken; also true while the main thread is blocked. */
  get ready(): number {
    return Math.max(0, Atomics.load(this.finished, 0) - this.taken);
  }

  /** Asks the least busy worker for a batch. */
  request(job: BatchJob): BatchRequest {
    const ticket = this.nextTicket++;
    const made = new Promise<MadeBatch>((resolve, reject) => {
      if (this.failure) return reject(this.failure);
      const worker = this.leastBusy();
      this.pending.set(ticket, { worker, resolve, reject });
      worker.postMessage({ type: "make", ticket, job } satisfies ToWorker);
    });
    // Failures count when the batch is awaited, which may be seconds later.
    made.catch(() => undefined);
    return { ticket, made };
  }

  /** Awaits a requested batch and keeps the process alive meanwhile. */
  async take(request: BatchRequest): Promise<MadeBatch> {
    if (this.awaited++ === 0) for (const worker of this.workers) worker.ref();
    try {
      return await request.made;
    } finally {
      this.taken++;
      if (--this.awaited === 0) for (const worker of this.workers) worker.unref();
    }
  }

  /** Gives up batches that were requested and will not be taken. */
  cancel(requests: readonly BatchRequest[]): void {
    for (const { ticket } of requests) {
      const pending = this.pending.get(ticket);
      this.pending.delete(ticket);
      if (pending) pending.worker.postMessage({ type: "cancel", ticket } satisfies ToWorker);
      else this.taken++;
    }
  }

  /** Ends the threads; batches still awaited fail. */
  close(): Promise<void> {
    this.closed ??= this.endWorkers();
    return this.closed;
  }

  private async endWorkers(): Promise<void> {
    this.fail(new Error("The batch loader has been closed."));
    const ended = this.workers.map(
      (worker) => new Promise<void>((resolve) => worker.once("exit", () => resolve())),
    );
    for (const worker of this.workers) {
      worker.ref();
      worker.postMessage({ type: "close" } satisfies ToWorker);
    }
    const deadline = setTimeout(() => {
      for (const worker of this.workers) void worker.terminate();
    }, closingMilliseconds);
    await Promise.all(ended);
    clearTimeout(deadline);
  }

  private add(setup: WorkerSetup): Promise<void> {
    // Options of the main thread such as --input-type would keep a worker from loading its file.
    const options = { workerData: setup, execArgv: [] };
    const worker = new Worker(new URL("./batch-worker.js", import.meta.url), options);
    this.workers.push(worker);
    return new Promise((resolve, reject) => {
      worker.on("message", (message: FromWorker) => {
        if (message.type !== "ready") return this.settle(message);
        worker.unref();
        resolve();
      });
      const died = (reason: string): void => {
        const error = new Error(`A thread that prepares batches has died: ${reason}.`);
        this.fail(error);
        reject(error);
      };
      worker.on("error", (error: Error) => died(error.stack ?? error.message));
      worker.on("messageerror", (error: Error) => died(error.message));
      worker.on("exit", (code) => {
        this.workers.splice(this.workers.indexOf(worker), 1);
        died(`it ended with code ${code}`);
      });
    });
  }

  private settle(message: Exclude<FromWorker, { type: "ready" }>): void {
    const pending = this.pending.get(message.ticket);
    if (!pending) {
      // Cancelled, but too late for the worker to stop.
      this.taken++;
      return;
    }
    this.pending.delete(message.ticket);
    if (message.type === "made") {
      pending.resolve(message.made);
    } else if (message.code !== null) {
      pending.reject(new UserError(message.code, message.message));
    } else {
      pending.reject(Object.assign(new Error(message.message), { stack: message.stack }));
    }
  }

  /** The first failure is the one to report: what follows is its consequence. */
  private fail(error: Error): void {
    this.failure ??= error;
    for (const { reject } of this.pending.values()) reject(this.failure);
    this.pending.clear();
  }

  private leastBusy(): Worker {
    const load = new Map(this.workers.map((worker) => [worker, 0]));
    for (const { worker } of this.pending.values()) load.set(worker, (load.get(worker) ?? 0) + 1);
    return [...load].reduce((best, entry) => (entry[1] < best[1] ? entry : best))[0];
  }
}
