// Which layers compute in 8 bits, and how their uses are called.

import type { ArrangedConvolution } from "../arrangement.js";

/**
 * Narrower layers (the first, of one channel, and the last, of two) stay in float32: they take next
 * to no time, and all of the picture passes through them.
 */
const NARROWEST = 16;

export function isQuantized({ weight }: ArrangedConvolution): boolean {
  const [outputs, inputs] = weight.shape as [number, number];
  return Math.min(outputs, inputs) >= NARROWEST;
}

/** Names for the uses of layers: one may be used for the picture and for the global image. */
export class Uses {
  readonly #counts = new Map<string, number>();

  next(layer: string): string {
    const count = this.#counts.get(layer) ?? 0;
    this.#counts.set(layer, count + 1);
    return count === 0 ? layer : `${layer} ${count + 1}`;
  }
}
