import type { Value } from "../../graph/graph.js";
import { multiply, reduceMean, reduceSum, subtract } from "../../graph/operators/index.js";

/**
 * How squared errors become one number for a picture. Published codes differ: the paper's formula
 * is a Frobenius norm ("sum"), Torch's and PyTorch's MSE criterion a mean.
 */
export type Reduction =
  /** Mean over channels and pixels: independent of the picture's size. */
  | "mean"
  /** Sum over channels and pixels: `||y - y*||_F^2` as the paper writes it. */
  | "sum";

/**
 * Squared error of each picture (paper, equation 5), in normalised chroma units squared.
 *
 * @param predicted `[N, 2, h, w]`
 * @param target of the same shape
 * @returns `[N]`
 */
export function colorLossPerPicture(predicted: Value, target: Value, reduction: Reduction): Value {
  const difference = subtract(predicted, target);
  const squared = multiply(difference, difference);
  return reduction === "mean" ? reduceMean(squared, [1, 2, 3]) : reduceSum(squared, [1, 2, 3]);
}
