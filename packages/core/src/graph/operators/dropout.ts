// Dropout with the noise given from outside: random operators of the engines differ between
// devices and cannot be resumed, a fed tensor can.

import { GraphError, type Value } from "../graph.js";
import { multiply, scale } from "./arithmetic.js";
import { cast, greaterOrEqual } from "./elementwise.js";

/**
 * Inverted dropout: zeroes the elements whose `noise` is below `rate` and enlarges the others by
 * 1 / (1 - rate).
 *
 * @param noise uniform in [0, 1), of x's shape
 * @param rate share dropped, 0 <= rate < 1
 */
export function dropout(x: Value, noise: Value, rate: number): Value {
  if (!(rate >= 0 && rate < 1)) {
    throw new GraphError(`Dropout: expected a rate from 0 to below 1 but received ${rate}`);
  }
  const kept = cast(greaterOrEqual(noise, x.graph.scalar(rate)), "float32");
  return multiply(x, scale(kept, 1 / (1 - rate)));
}
