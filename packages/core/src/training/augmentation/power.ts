import type { Value } from "../../graph/graph.js";
import { exponential, logarithm, maximum, multiply } from "../../graph/operators/index.js";

/** Smaller bases count as this. */
const LEAST = 1e-7;

/**
 * `x ** exponent`, broadcast; `x` at least 0. By exponential and logarithm: ONNX Runtime 1.30 fails at
 * Pow with tensors of several shapes on WebGPU, and is slower with it on CPUs.
 */
export function power(x: Value, exponent: Value): Value {
  return exponential(multiply(logarithm(maximum(x, x.graph.scalar(LEAST))), exponent));
}
