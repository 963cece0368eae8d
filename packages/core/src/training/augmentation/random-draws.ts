import type { Value } from "../../graph/graph.js";
import { add, cast, greater, multiply, scale, slice } from "../../graph/operators/index.js";

/** Uniform numbers in [0, 1) of the given shape, drawn anew for every step. */
export type Noise = (name: string, shape: Value["shape"]) => Value;

/** Random numbers of one change, for each picture of a batch: values of shape `[N, 1, 1, 1]`. */
export class RandomDraws {
  /** 1 for the share of the pictures that is to be changed, else 0. */
  readonly chosen: Value;
  readonly #uniform: Value;
  #next = 1;

  /** @param count numbers wanted for each picture beside the choice */
  constructor(noise: Noise, name: string, batch: Value, share: number, count: number) {
    this.#uniform = noise(`augmentation.${name}`, [batch.shape[0]!, 1 + count, 1, 1]);
    const choice = slice(this.#uniform, [{ axis: 1, start: 0, length: 1 }]);
    this.chosen = cast(greater(batch.graph.scalar(share), choice), "float32");
  }

  /** The next number of each picture, uniform in [low, high). */
  between(low: number, high: number): Value {
    const drawn = slice(this.#uniform, [{ axis: 1, start: this.#next++, length: 1 }]);
    return add(scale(drawn, high - low), drawn.graph.scalar(low));
  }

  /** `changed` for the chosen pictures, `original` for the others. */
  choose(original: Value, changed: Value): Value {
    const difference = add(changed, scale(original, -1));
    return add(original, multiply(difference, this.chosen));
  }
}
