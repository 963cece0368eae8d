// A 3x3 convolution of a map enlarged twofold (nearest neighbour), computed before the enlargement.
// Each result sees at most 2x2 different pixels of the small map: 16 products for four results in
// place of 36 (a sub-pixel convolution: Shi et al., CVPR 2016).

import type { Node, Value } from "../../graph/graph.js";
import { convolution, gemm, reshape, transpose } from "../../graph/operators/index.js";
import { channelsLast } from "./channels-last.js";
import { channelsLastShape, type Resolution } from "./resolution.js";

/** The small map, if `x` is its twofold nearest-neighbour enlargement. */
export function beforeEnlargement(x: Value): Value | undefined {
  const node = x.producer;
  if (node?.operator !== "Resize" || !isNearest(node)) return undefined;
  const factors = node.inputs[2] && x.graph.constantData(node.inputs[2]);
  return factors && [...factors].join() === "1,1,2,2" ? node.inputs[0] : undefined;
}

function isNearest({ attributes: { mode } }: Node): boolean {
  return mode !== undefined && "string" in mode && mode.string === "nearest";
}

/**
 * Convolution with stride 1 and a padding of 1 pixel of the enlarged map.
 *
 * The 2x2 window that ends at pixel (m, n) of the small map holds all that the results (2m - 1, 2n - 1)
 * .. (2m, 2n) see. So the windows, one pixel beyond the map on all sides included, give the
 * results with a border of one pixel, which is cut off.
 *
 * @param x the small map, `[N, C, H, W]`
 * @param filters `[4 O, C, 2, 2]`, from {@link enlargedFilters}
 * @returns the sums without a bias, `[N, 2 H, 2 W, O]`
 */
export function enlargedConvolution(x: Value, filters: Value, { bordered }: Resolution): Value {
  const graph = x.graph;
  const [batch, , height, width] = x.shape;
  const channels = (filters.shape[0] as number) / 4;
  const results = channelsLast(convolution(x, filters, { padding: 1 }));
  const [, rows, columns] = results.shape;
  const pairs = graph.emitOne(
    "Reshape",
    [results, graph.integers([0, 0, 0, 2, 2 * channels])],
    {},
    { type: x.type, shape: [batch!, rows!, columns!, 2, 2 * channels] },
  );
  const enlarged = graph.emitOne(
    "Reshape",
    [transpose(pairs, [0, 1, 3, 2, 4]), channelsLastShape(bordered, channels)],
    {},
    { type: x.type, shape: [batch!, `2*(${rows})`, `2*(${columns})`, channels] },
  );
  const doubled = (length: number | string) =>
    typeof length === "number" ? 2 * length : `2*${length}`;
  return graph.emitOne(
    "Slice",
    [enlarged, graph.integers([1, 1]), graph.integers([-1, -1]), graph.integers([1, 2])],
    {},
    { type: x.type, shape: [batch!, doubled(height!), doubled(width!), channels] },
  );
}

/**
 * Which of the three taps fall on the first and on the second pixel of the window, for the result
 * before the window's middle (an odd row of the enlarged map) and for the one behind it.
 */
const tapsOnPixels = [
  [
    [1, 1, 0],
    [0, 0, 1],
  ],
  [
    [1, 0, 0],
    [0, 1, 1],
  ],
] as const;

/** `[O, C, 3, 3] -> [4 O, C, 2, 2]`, the results of a window row by row. */
export function enlargedFilters(weight: Value): Value {
  const [outputs, inputs] = weight.shape as [number, number];
  const both = [0, 1] as const;
  const matrix = both.flatMap((row) =>
    both.flatMap((column) =>
      both.flatMap((y) =>
        both.flatMap((x) =>
          tapsOnPixels[row][y].flatMap((a) => tapsOnPixels[column][x].map((b) => a * b)),
        ),
      ),
    ),
  );
  const sums = gemm(
    weight.graph.constant("float32", [16, 9], Float32Array.from(matrix)),
    reshape(weight, [outputs * inputs, 9]),
    undefined,
    { transposeB: true },
  );
  const ordered = transpose(reshape(sums, [4, 4, outputs * inputs]), [0, 2, 1]);
  return reshape(ordered, [4 * outputs, inputs, 2, 2]);
}
