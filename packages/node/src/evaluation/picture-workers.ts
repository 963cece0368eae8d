import type { ChromaPlanes } from "@let-there-be-color/core/color";
import { type Pending, WorkerPool } from "../threads/worker-pool.js";
import type {
  FromWorker,
  MeasuredPicture,
  PictureTask,
  PictureWorkerSetup,
  PreparedPicture,
  RejectedPicture,
  ShownPicture,
  ToWorker,
} from "./picture-task.js";

/** A picture in the hands of a thread. */
export interface PictureInWork {
  readonly prepared: Promise<PreparedPicture | RejectedPicture>;
  /** Measures or shows it; call once, after `prepared` gave a prepared picture. */
  finish(
    chroma: readonly (ChromaPlanes | null)[],
  ): Promise<MeasuredPicture | ShownPicture | RejectedPicture>;
  /** Gives a prepared picture up instead. */
  drop(): void;
}

/** The threads that decode and measure pictures. Pictures go to them in turn. */
export class PictureWorkers {
  readonly #answers = new Map<string, Pending<FromWorker>>();
  #pool!: WorkerPool<ToWorker, FromWorker>;
  #nextTicket = 0;

  private constructor() {}

  /** Starts the threads and waits until they are up. */
  static async start(count: number, setup: PictureWorkerSetup): Promise<PictureWorkers> {
    const workers = new PictureWorkers();
    workers.#pool = await WorkerPool.start(count, {
      script: new URL("./picture-worker.js", import.meta.url),
      setup,
      owner: "evaluation",
      onAnswer: (answer: FromWorker) => workers.#settle(answer),
    });
    return workers;
  }

  get count(): number {
    return this.#pool.size;
  }

  /** Hands a picture to the next thread in turn. */
  begin(task: PictureTask): PictureInWork {
    const ticket = this.#nextTicket++;
    const thread = ticket % this.#pool.size;
    const post = (message: ToWorker) => this.#pool.post(thread, message);
    const prepared = this.#answer("prepared", ticket) as PictureInWork["prepared"];
    post({ type: "prepare", ticket, task });
    return {
      prepared,
      finish: (chroma) => {
        const finished = this.#answer("finished", ticket);
        post({ type: "finish", ticket, chroma });
        return finished as ReturnType<PictureInWork["finish"]>;
      },
      drop: () => post({ type: "drop", ticket }),
    };
  }

  /** Ends the threads after the pictures in hand. May be called twice. */
  close(): Promise<void> {
    return this.#pool.close();
  }

  #settle(answer: FromWorker): void {
    const key = `${answer.type} ${answer.ticket}`;
    this.#answers.get(key)?.resolve(answer);
    this.#answers.delete(key);
  }

  #answer(type: FromWorker["type"], ticket: number): Promise<FromWorker["result"]> {
    const pending = this.#pool.promise<FromWorker>();
    this.#answers.set(`${type} ${ticket}`, pending);
    const result = this.#pool.keepingAlive(pending.promise.then((answer) => answer.result));
    result.catch(() => undefined); // counts when the picture is awaited
    return result;
  }
}
