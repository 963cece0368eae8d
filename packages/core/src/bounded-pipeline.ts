// Several items under way at a time, such as pictures being decoded, colourised and encoded: no more
// than there are lanes, and no more than the memory holds.

/** How much may be under way at a time. */
export interface PipelineLimits {
  /** Items, at least 1. */
  readonly lanes: number;
  /** Sum of what the items ask room for, in a unit of the caller's, such as pixels. */
  readonly room: number;
  /** When it aborts, no further item begins; those under way are finished. */
  readonly signal?: AbortSignal;
}

/** The place of one item in a pipeline. */
export interface PipelinePlace {
  /**
   * Waits until `size` fits beside the other items under way, or until none of them takes room. The
   * room is kept until the item is done. To be asked for once: who holds some and waits for more
   * might wait for another who does the same.
   */
  makeRoom(size: number): Promise<void>;
  /** Whether other items are under way. */
  readonly hasCompany: boolean;
}

/**
 * Works on items, several of them at a time, which begin in their order. Each is taken from the iterable
 * shortly before it begins, so that there may be any number of them.
 *
 * The results come in the order of the items. Those that are ready before their turn are kept, and
 * no longer count towards the limits: let them be small. If the work on an item fails or the caller
 * leaves the loop, no further item begins. The generator ends after the work under way.
 *
 * @throws the error of the first item that failed; the signal's reason if that kept an item from
 * beginning
 */
export async function* boundedPipeline<Item, Result>(
  items: Iterable<Item>,
  work: (item: Item, place: PipelinePlace) => Promise<Result>,
  { lanes: laneCount, room: roomSize, signal }: PipelineLimits,
): AsyncGenerator<Result, void, void> {
  signal?.throwIfAborted();
  const lanes = new Allowance(laneCount);
  const room = new Allowance(roomSize);
  const abort = () => lanes.close(signal?.reason);
  signal?.addEventListener("abort", abort);

  const workOn = async (item: Item): Promise<Result> => {
    let taken = 0;
    const place: PipelinePlace = {
      async makeRoom(size) {
        await room.take(size);
        taken += size;
      },
      get hasCompany() {
        return lanes.taken > 1;
      },
    };
    try {
      return await work(item, place);
    } catch (error) {
      lanes.close(error);
      throw error;
    } finally {
      room.give(taken);
      lanes.give(1);
    }
  };

  const results: Promise<Result>[] = []; // those begun and not yet given
  let tellOfNews = () => {};
  let allBegun = false;
  const beginning = (async () => {
    try {
      for (const item of items) {
        await lanes.take(1);
        const result = workOn(item);
        result.catch(() => undefined); // counts when its turn comes
        results.push(result);
        tellOfNews();
      }
    } finally {
      allBegun = true;
      tellOfNews();
    }
  })();
  beginning.catch(() => undefined); // counts after the results
  try {
    while (results.length > 0 || !allBegun) {
      if (results.length === 0) {
        await new Promise<void>((done) => {
          tellOfNews = done;
        });
        continue;
      }
      yield await results[0]!;
      results.shift();
    }
    await beginning;
  } finally {
    signal?.removeEventListener("abort", abort);
    lanes.close(new Error("The pipeline has ended"));
    await Promise.allSettled([beginning, ...results]);
  }
}

/**
 * An amount that several share. First come, first served; who needs more than there is gets it when
 * nobody else has any.
 */
class Allowance {
  readonly #most: number;
  readonly #waiting: { amount: number; go: () => void; fail: (reason: unknown) => void }[] = [];
  #taken = 0;
  #closed: { readonly reason: unknown } | undefined;

  constructor(most: number) {
    this.#most = most;
  }

  get taken(): number {
    return this.#taken;
  }

  /** Waits for the amount; fails when the allowance is closed. */
  take(amount: number): Promise<void> {
    if (this.#closed) return Promise.reject(this.#closed.reason);
    return new Promise((go, fail) => {
      this.#waiting.push({ amount, go, fail });
      this.#serve();
    });
  }

  give(amount: number): void {
    this.#taken -= amount;
    this.#serve();
  }

  /** Nobody gets anything any more, not even those who wait. The first reason counts. */
  close(reason: unknown): void {
    this.#closed ??= { reason };
    for (const { fail } of this.#waiting.splice(0)) fail(this.#closed.reason);
  }

  #serve(): void {
    for (let next = this.#waiting[0]; next; next = this.#waiting[0]) {
      if (this.#taken > 0 && this.#taken + next.amount > this.#most) return;
      this.#taken += next.amount;
      this.#waiting.shift();
      next.go();
    }
  }
}
