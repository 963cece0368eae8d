import { UserError, type UserErrorCode } from "@let-there-be-color/core/user-error";
import { type Pending, WorkerPool } from "../threads/worker-pool.js";
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
  | { readonly type: "cancel"; readonly ticket: number };

export type FromWorker =
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

interface PendingBatch extends Pending<MadeBatch> {
  readonly thread: number;
}

/** The threads that prepare batches. Each batch goes to the least busy one. */
export class BatchWorkers {
  private readonly pending = new Map<number, PendingBatch>();
  private taken = 0;
  private nextTicket = 0;
  private pool!: WorkerPool<ToWorker, FromWorker>;

  private constructor(private readonly finished: Int32Array) {}

  /** Starts the threads and waits until they are up. */
  static async start(count: number, setUp: Omit<WorkerSetup, "finished">): Promise<BatchWorkers> {
    const finished = new Int32Array(new SharedArrayBuffer(4));
    const workers = new BatchWorkers(finished);
    workers.pool = await WorkerPool.start(count, {
      script: new URL("./batch-worker.js", import.meta.url),
      setup: { ...setUp, finished } satisfies WorkerSetup,
      owner: "batch loader",
      onAnswer: (answer: FromWorker) => workers.settle(answer),
    });
    return workers;
  }

  /** Batches that are finished and not yet taken; also true while the main thread is blocked. */
  get ready(): number {
    return Math.max(0, Atomics.load(this.finished, 0) - this.taken);
  }

  /** Asks the least busy worker for a batch. */
  request(job: BatchJob): BatchRequest {
    const ticket = this.nextTicket++;
    const thread = this.leastBusy();
    const pending = { thread, ...this.pool.promise<MadeBatch>() };
    this.pending.set(ticket, pending);
    this.pool.post(thread, { type: "make", ticket, job });
    return { ticket, made: pending.promise };
  }

  /** Awaits a requested batch and keeps the process alive meanwhile. */
  async take(request: BatchRequest): Promise<MadeBatch> {
    try {
      return await this.pool.keepingAlive(request.made);
    } finally {
      this.taken++;
    }
  }

  /** Gives up batches that were requested and will not be taken. */
  cancel(requests: readonly BatchRequest[]): void {
    for (const { ticket } of requests) {
      const pending = this.pending.get(ticket);
      this.pending.delete(ticket);
      if (pending) {
        pending.reject(new Error("The batch has been given up."));
        this.pool.post(pending.thread, { type: "cancel", ticket });
      } else this.taken++;
    }
  }

  /** Ends the threads; batches still awaited fail. */
  close(): Promise<void> {
    return this.pool.close();
  }

  private settle(message: FromWorker): void {
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

  private leastBusy(): number {
    const load = new Array<number>(this.pool.size).fill(0);
    for (const { thread } of this.pending.values()) load[thread]!++;
    return load.indexOf(Math.min(...load));
  }
}
