import { staticShape, type Value } from "../../graph/graph.js";
import {
  add,
  cast,
  concat,
  divide,
  greaterOrEqual,
  matMul,
  maximum,
  minimum,
  multiply,
  negate,
  reduceSum,
  reshape,
  round,
  scale,
  slice,
  subtract,
  transposeLastTwo,
} from "../../graph/operators/index.js";
import type { Noise } from "./random-draws.js";

export interface SimulatedHintsOptions {
  /** Share of the pictures with hints, 0..1. */
  readonly share: number;
}

/** More points than this are cut off: 12 % of the pictures with hints would have more. */
const maximumPoints = 16;
/** Parameter of the geometric distribution of the number of points (Zhang et al. 2017, 3.2). */
const chanceOfLast = 1 / 8;
/** Largest distance in pixels between the middle of a patch and its edge: patches of 1, 3 .. 9. */
const largestReach = 4;

/**
 * Hints as a user might give them, taken from the truth (Zhang et al. 2017, "Real-Time User-Guided
 * Image Colorization", 3.2): points around the middle of the picture, patches of 1 to 9 pixels in
 * the mean colour of what they cover.
 *
 * @param ab `[N, 2, H, W]` in CIELAB units
 * @returns `[N, 3, H, W]`: 1 where there is a hint, else 0; then its a*, b* in CIELAB units, else 0
 */
export function simulatedHints(ab: Value, { share }: SimulatedHintsOptions, noise: Noise): Value {
  const { graph } = ab;
  const batch = ab.shape[0]!;
  const [height, width] = staticShape(ab.shape.slice(2), "Hints") as [number, number];
  const one = graph.scalar(1);
  const number = noise("augmentation.hints.number", [batch, 2, 1]);
  const [choice, drawn] = [0, 1].map((start) => slice(number, [{ axis: 1, start, length: 1 }]));
  const hinted = cast(greaterOrEqual(graph.scalar(share), choice!), "float32");
  // Point k exists where at least k do: with a chance of (1 - p)^(k - 1).
  const chances = graph.constant(
    "float32",
    [1, 1, maximumPoints],
    Float32Array.from({ length: maximumPoints }, (_, k) => (1 - chanceOfLast) ** k),
  );
  const exists = multiply(cast(greaterOrEqual(chances, drawn!), "float32"), hinted);
  const place = noise("augmentation.hints.place", [batch, 7, maximumPoints]);
  const draw = (start: number, length: number) => slice(place, [{ axis: 1, start, length }]);
  const reach = round(subtract(scale(draw(6, 1), largestReach + 1), graph.scalar(0.5)));
  const rows = multiply(covered(height, draw(0, 3), reach), exists);
  const columns = covered(width, draw(3, 3), reach);
  const across = transposeLastTwo(columns);
  const points = matMul(rows, across);
  const overlap = maximum(points, one);
  const pixels = maximum(multiply(sumOfRows(rows), sumOfRows(columns)), one);
  const chroma = [0, 1].map((start) => {
    const channel = reshape(slice(ab, [{ axis: 1, start, length: 1 }]), [batch, height, width]);
    const color = divide(sumOfRows(multiply(rows, matMul(channel, columns))), pixels);
    return divide(matMul(multiply(rows, color), across), overlap);
  });
  return concat(
    [minimum(points, one), ...chroma].map((plane) => reshape(plane, [batch, 1, height, width])),
    1,
  );
}

/**
 * Which pixels along one axis a patch covers, 1 or 0: `[N, length, points]`. Places are normally
 * distributed around the middle, with a quarter of the length as deviation.
 *
 * @param draws three uniform numbers for each point, whose sum is nearly normal, `[N, 3, points]`
 * @param reach pixels to each side of the middle, `[N, 1, points]`
 */
function covered(length: number, draws: Value, reach: Value): Value {
  const { graph } = draws;
  // The sum of three has mean 1.5 and deviation 0.5.
  const normal = scale(subtract(sumOfRows(draws), graph.scalar(1.5)), 2);
  const middle = add(scale(normal, length / 4), graph.scalar((length - 1) / 2));
  const inside = minimum(maximum(round(middle), graph.scalar(0)), graph.scalar(length - 1));
  const places = graph.constant(
    "float32",
    [1, length, 1],
    Float32Array.from({ length }, (_, index) => index),
  );
  const away = subtract(places, inside);
  const distance = maximum(away, negate(away));
  return cast(greaterOrEqual(reach, distance), "float32");
}

/** `[N, m, n] -> [N, 1, n]` */
function sumOfRows(x: Value): Value {
  return reduceSum(x, [1], { keepDimensions: true });
}
