// Photographs that a thread keeps for objects of this one, as long as anybody has the objects.

/** Bytes that photographs may keep before garbage collection is to hear of more. */
const UNNOTICED_BYTES = 2 ** 26;

/** What is kept for one object. */
interface Held {
  readonly photo: number;
  readonly bytes: number;
}

/** Gives photographs up when their objects are garbage, or earlier. */
export class HeldPhotos {
  readonly #giveUp: (photo: number) => void;
  readonly #lost = new FinalizationRegistry<Held>((held) => this.#forget(held));
  readonly #held = new WeakMap<object, Held>();
  /**
   * Buffers as large as what is kept, never touched, which costs addresses only. Garbage collection knows
   * nothing of shared memory and of other threads: without weights photographs would pile up.
   */
  readonly #weights = new WeakMap<object, ArrayBuffer>();
  #bytes = 0;

  /** @param giveUp tells the thread; called once for each photograph */
  constructor(giveUp: (photo: number) => void) {
    this.#giveUp = giveUp;
  }

  /**
   * @param object that stands for the photograph
   * @param held the number of the photograph, and the bytes that are kept for it
   */
  add(object: object, held: Held): void {
    this.#bytes += held.bytes;
    if (this.#bytes > UNNOTICED_BYTES) this.#weights.set(object, new ArrayBuffer(held.bytes));
    this.#held.set(object, held);
    this.#lost.register(object, held, object);
  }

  /** Whether it is kept. */
  has(object: object): boolean {
    return this.#held.has(object);
  }

  /** Gives a photograph up now; once more does nothing. */
  remove(object: object): void {
    const held = this.#held.get(object);
    if (!held) return;
    this.#lost.unregister(object);
    this.#held.delete(object);
    this.#weights.delete(object);
    this.#forget(held);
  }

  #forget({ photo, bytes }: Held): void {
    this.#bytes -= bytes;
    this.#giveUp(photo);
  }
}
