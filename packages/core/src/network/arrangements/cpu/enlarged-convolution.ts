// The twofold enlargement with the 3x3 convolution behind it (graph/operators/enlarged-convolution),
// for sizes known at run time and with whole pixels moved at once.

import type { Dimension, Value } from "../../../graph/graph.js";
import {
  convolution,
  flip,
  phaseKernels,
  reshape,
  transpose,
} from "../../../graph/operators/index.js";
import { channelsLast } from "./channels-last.js";
import { channelsLastShape, type Resolution } from "./resolution.js";

/**
 * The 2x2 window that ends at pixel (m, n) of the small map holds all that the results (2m - 1,
 * 2n - 1) .. (2m, 2n) see. So the windows, those half outside the map included, give the results
 * with a border of one pixel, which is cut off.
 *
 * @param x the small map, `[N, C, H, W]`
 * @param filters `[4 O, C, 2, 2]`, from {@link enlargedFilters}
 * @returns the sums without a bias, `[N, 2 H, 2 W, O]`
 */
export function enlargedConvolutionByWindows(
  x: Value,
  filters: Value,
  { bordered }: Resolution,
): Value {
  const graph = x.graph;
  const [batch, , height, width] = x.shape as [Dimension, Dimension, Dimension, Dimension];
  const channels = (filters.shape[0] as number) / 4;
  const results = channelsLast(convolution(x, filters, { padding: 1 }));
  const [, rows, columns] = results.shape;
  const pairs = graph.emitOne(
    "Reshape",
    [results, graph.integers([0, 0, 0, 2, 2 * channels])],
    {},
    { type: x.type, shape: [batch, rows!, columns!, 2, 2 * channels] },
  );
  const enlarged = graph.emitOne(
    "Reshape",
    [transpose(pairs, [0, 1, 3, 2, 4]), channelsLastShape(bordered, channels)],
    {},
    { type: x.type, shape: [batch, `2*(${rows})`, `2*(${columns})`, channels] },
  );
  const twice = (length: Dimension) => (typeof length === "number" ? 2 * length : `2*${length}`);
  return graph.emitOne(
    "Slice",
    [enlarged, graph.integers([1, 1]), graph.integers([-1, -1]), graph.integers([1, 2])],
    {},
    { type: x.type, shape: [batch, twice(height), twice(width), channels] },
  );
}

/**
 * `[O, C, 3, 3] -> [4 O, C, 2, 2]`: the results of a window row by row, which begins before an odd
 * pixel of the enlarged map.
 */
export function enlargedFilters(weight: Value): Value {
  const kernels = phaseKernels(weight);
  const [outputs, ...rest] = kernels.shape as [number, number, number, number];
  const phases = reshape(kernels, [4, outputs / 4, ...rest]);
  return reshape(flip(phases, [0]), kernels.shape);
}
