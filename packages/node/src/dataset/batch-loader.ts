import { randomPermutation } from "@let-there-be-color/core/random";
import type { Batch } from "@let-there-be-color/core/training";
import { UserError } from "@let-there-be-color/core/user-error";
import { Draw, type Rejection } from "./batch-maker.js";
import {
  type BatchLoaderOptions,
  type BatchPlan,
  integer,
  resolveBatchOptions,
} from "./batch-plan.js";
import { type BatchRequest, BatchWorkers } from "./batch-workers.js";
import { type Dataset, itemPath } from "./dataset.js";
import { packItems } from "./item-table.js";
import { reservePictureCache } from "./picture-cache.js";

/** Pictures that were not used so far, every file once, in the order of the data set. */
export interface LoaderReport {
  readonly broken: readonly { readonly name: string; readonly reason: string }[];
  readonly grey: readonly { readonly name: string }[];
}

/**
 * Prepares batches in threads of its own, ahead of need, so that a training step that blocks the
 * main thread finds the next batch ready.
 *
 * The content of batch k of epoch e depends on the data set, the options up to `minimumChroma`, e
 * and k alone: not on the number of workers nor on the batches before. Resuming is therefore
 * `loader.epoch(e, k)`.
 *
 * @example
 * const loader = await BatchLoader.create(dataset, { mode: "training", batchSize: 32, crop: 224 });
 * for await (const batch of loader.epoch(0)) await network.step(batch, learningRate, ++step);
 * await loader.close();
 */
export class BatchLoader {
  private readonly rejections = new Map<number, Rejection>();

  private constructor(
    private readonly dataset: Dataset,
    private readonly workers: BatchWorkers,
    private readonly lookahead: number,
    /** The options that batches depend on, defaults filled in. */
    readonly plan: BatchPlan,
    /** Number of threads. */
    readonly workerCount: number,
    /** Batches in an epoch: whole ones in training, all in validation. */
    readonly batchesPerEpoch: number,
  ) {}

  /**
   * Starts the threads. Close the loader when it is no longer needed.
   *
   * @throws UserError if an option is out of range or the data set has too few pictures.
   */
  static async create(dataset: Dataset, options: BatchLoaderOptions): Promise<BatchLoader> {
    const { plan, workers, lookahead, cacheBytes } = resolveBatchOptions(options);
    const pictures = dataset.items.length;
    const training = plan.mode === "training";
    const batches = pictures / plan.batchSize;
    if (pictures === 0) throw new UserError("data-invalid", "The data set has no pictures.");
    if (training && batches < 1) {
      throw new UserError(
        "data-invalid",
        `The data set has ${pictures} pictures, fewer than one batch of ${plan.batchSize}: lower \`batchSize\` or add pictures.`,
      );
    }
    const threads = await BatchWorkers.start(workers, {
      plan,
      columns: packItems(dataset),
      cacheMemory: reservePictureCache(pictures, plan.resize, cacheBytes),
    });
    const batchesPerEpoch = training ? Math.floor(batches) : Math.ceil(batches);
    return new BatchLoader(dataset, threads, lookahead, plan, workers, batchesPerEpoch);
  }

  /** Finished batches that wait to be taken. 0 whenever a step ends means the step has to wait. */
  get ready(): number {
    return this.workers.ready;
  }

  /**
   * The batches of an epoch from `startBatch` on. Their arrays belong to the receiver. Leaving the
   * loop early gives up the batches under way. In validation a batch of which no picture is usable
   * is left out.
   *
   * @param epoch any 32-bit integer; without effect in validation.
   * @throws UserError if no usable picture is found; Error if a thread dies or the loader is closed.
   */
  async *epoch(epoch: number, startBatch = 0): AsyncGenerator<Batch, void, undefined> {
    integer("epoch", epoch, -(2 ** 31), 2 ** 32 - 1);
    integer("startBatch", startBatch, 0, this.batchesPerEpoch);
    const order = this.orderOf(epoch);
    const requests: BatchRequest[] = [];
    let next = startBatch;
    const askAhead = (): void => {
      while (requests.length < this.lookahead && next < this.batchesPerEpoch) {
        requests.push(this.request(epoch, next++, order));
      }
    };
    let usable = startBatch > 0;
    try {
      askAhead();
      for (let request = requests.shift(); request; request = requests.shift()) {
        const { batch, rejections } = await this.workers.take(request);
        for (const rejection of rejections) this.rejections.set(rejection.item, rejection);
        askAhead();
        usable ||= batch.count > 0;
        if (batch.count > 0) yield batch;
      }
    } finally {
      this.workers.cancel(requests);
    }
    if (!usable) throw new UserError("data-invalid", this.nothingUsable());
  }

  /** What the batches delivered so far had to do without. */
  report(): LoaderReport {
    const rejections = [...this.rejections.values()].sort((a, b) => a.item - b.item);
    const nameOf = ({ item }: Rejection): string =>
      itemPath(this.dataset, this.dataset.items[item]!);
    return {
      broken: rejections.flatMap((rejection) =>
        rejection.broken === null ? [] : { name: nameOf(rejection), reason: rejection.broken },
      ),
      grey: rejections
        .filter(({ broken }) => broken === null)
        .map((rejection) => ({ name: nameOf(rejection) })),
    };
  }

  /** The same as {@link close}, for `await using`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Ends the threads. Loops that still wait for a batch fail. May be called twice. */
  close(): Promise<void> {
    return this.workers.close();
  }

  /** Item index for every position of an epoch. */
  private orderOf(epoch: number): Uint32Array {
    const { length } = this.dataset.items;
    return this.plan.mode === "training"
      ? randomPermutation(length, this.plan.seed, Draw.order, epoch)
      : Uint32Array.from({ length }, (_, index) => index);
  }

  private request(epoch: number, batchIndex: number, order: Uint32Array): BatchRequest {
    const firstPosition = batchIndex * this.plan.batchSize;
    const items = order.slice(firstPosition, firstPosition + this.plan.batchSize);
    return this.workers.request({ epoch, firstPosition, items });
  }

  private nothingUsable(): string {
    const { broken, grey } = this.report();
    const example = broken[0] ? `${broken[0].name}: ${broken[0].reason}` : grey[0]!.name;
    return `No usable picture in the data set: ${broken.length} are broken, ${grey.length} are grey (${example}). Check the pictures or lower the minimum chroma (${this.plan.minimumChroma}).`;
  }
}
