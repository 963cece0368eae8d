import { Worker } from "node:worker_threads";
import type { ChromaPlanes } from "@let-there-be-color/core/color";
// Unused here, but its native libraries must be loaded first by the thread that outlives the
// others (sharp's documentation, "Worker threads").
import "sharp";
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

type Answer = Exclude<FromWorker, { type: "ready" }>;

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

/** The threads that decode and measure pictures. */
export class PictureWorkers {
  readonly #workers: Worker[] = [];
  readonly #answers = new Map<
    string,
    { resolve: (a: Answer) => void; reject: (e: Error) => void }
  >();
  #nextTicket = 0;
  #failure: Error | undefined;

  private constructor() {}

  static async start(count: number, setup: PictureWorkerSetup): Promise<PictureWorkers> {
    const workers = new PictureWorkers();
    await Promise.all(Array.from({ length: count }, () => workers.#add(setup)));
    return workers;
  }

  get count(): number {
    return this.#workers.length;
  }

  /** Hands a picture to the next thread in turn. */
  begin(task: PictureTask): PictureInWork {
    const ticket = this.#nextTicket++;
    const worker = this.#workers[ticket % this.#workers.length]!;
    const post = (message: ToWorker) => worker.postMessage(message);
    const prepared = this.#answer("prepared", ticket).then(({ result }) => result) as Promise<
      PreparedPicture | RejectedPicture
    >;
    prepared.catch(() => undefined); // counts when the picture is awaited
    post({ type: "prepare", ticket, task });
    return {
      prepared,
      finish: (chroma) => {
        const finished = this.#answer("finished", ticket).then(
          ({ result }) => result as MeasuredPicture | ShownPicture | RejectedPicture,
        );
        finished.catch(() => undefined);
        post({ type: "finish", ticket, chroma });
        return finished;
      },
      drop: () => post({ type: "drop", ticket }),
    };
  }

  /** Ends the threads after the pictures in hand. */
  async close(): Promise<void> {
    this.#fail(new Error("The evaluation has been closed."));
    await Promise.all(
      this.#workers.map(
        (worker) =>
          new Promise<void>((resolve) => {
            worker.once("exit", () => resolve());
            worker.postMessage({ type: "close" } satisfies ToWorker);
          }),
      ),
    );
  }

  #add(setup: PictureWorkerSetup): Promise<void> {
    const url = new URL("./picture-worker.js", import.meta.url);
    const worker = new Worker(url, { workerData: setup });
    this.#workers.push(worker);
    return new Promise((resolve, reject) => {
      const died = (error: Error) => {
        this.#fail(error);
        reject(error);
      };
      worker.on("message", (message: FromWorker) => {
        if (message.type === "ready") return resolve();
        const key = `${message.type} ${message.ticket}`;
        this.#answers.get(key)?.resolve(message);
        this.#answers.delete(key);
      });
      worker.on("error", died);
      worker.on("exit", (code) => died(new Error(`A thread has ended with code ${code}.`)));
    });
  }

  #answer(type: Answer["type"], ticket: number): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (this.#failure) reject(this.#failure);
      else this.#answers.set(`${type} ${ticket}`, { resolve, reject });
    });
  }

  /** The first failure is the one to report: what follows is its consequence. */
  #fail(error: Error): void {
    this.#failure ??= error;
    for (const { reject } of this.#answers.values()) reject(this.#failure);
    this.#answers.clear();
  }
}
