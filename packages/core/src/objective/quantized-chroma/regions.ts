// Regions of a picture whose positions have similar distributions over colours and a similar
// lightness: all of the sky, all of the grass. They need not hang together in the plane, so that two
// trees get one colour.

import { type ColorDistributions, windowMean } from "./color-distributions.js";
import { EdgeAwareSmoother } from "./edge-aware-smoothing.js";

const MOST_REGIONS = 6;
/** Squared distance of descriptors (Hellinger's is 0..2) from which a position has a region of its own. */
const APART = 0.15;
/** Squared distance over which the membership of a region fades. */
const MEMBERSHIP_FADE = 0.06;
const ROUNDS = 8;
/** Share of the picture below which a region is left to the others. */
const SMALLEST_SHARE = 0.01;
/** L* that count as much as two distributions without a common colour. */
const LIGHTNESS_SCALE = 70;
/** Spacings of the squares over which distributions are compared. */
const COARSE = 3;
/** Side of the square over which they are averaged, so that single positions found no region. */
const WINDOW = 5;
/** Reach, in positions, and difference of lightness of the smoothing of memberships. */
const BORDER_REACH = 2;
const BORDER_LIGHTNESS = 10;

export interface Regions {
  /** How much every position belongs to each region, of sum 1 at a position: each `[positions]`. */
  readonly memberships: readonly Float32Array[];
  /** Share of the picture that each region takes, of sum 1. */
  readonly shares: readonly number[];
  /** Likeness of two regions, 0 .. 1. */
  readonly likeness: (first: number, second: number) => number;
}

/** Divides a picture into at most 6 regions; the same picture always in the same way. */
export function findRegions(distributions: ColorDistributions, lightness: Float32Array): Regions {
  const { width, height } = distributions;
  const { planes, size } = describe(distributions, lightness);
  const centres = cluster(planes, size, width * height);
  const memberships = centres.map((centre) =>
    squaredDistances(planes, size, centre).map((square) => square / MEMBERSHIP_FADE),
  );
  softMinimum(memberships);
  const smoother = new EdgeAwareSmoother(lightness, width, height, BORDER_REACH, BORDER_LIGHTNESS);
  for (const membership of memberships) smoother.smooth(membership);
  return {
    memberships,
    shares: memberships.map((each) => each.reduce((sum, m) => sum + m, 0) / each.length),
    likeness: (first, second) => {
      let square = 0;
      for (let d = 0; d < size; d++) square += (centres[first]![d]! - centres[second]![d]!) ** 2;
      return Math.exp(-square / (2 * APART));
    },
  };
}

/** Roots of the shares of coarse squares of the a*b* plane (Hellinger's distance), and lightness. */
function describe(
  distributions: ColorDistributions,
  lightness: Float32Array,
): { planes: Float32Array; size: number } {
  const { width, height, prior } = distributions;
  const positions = width * height;
  const { bins } = prior;
  const squares = new Map<string, number>();
  const squareOfBin = Uint16Array.from(bins.a, (a, bin) => {
    const [row, column] = [a, bins.b[bin]!].map((v) => Math.round(v / (COARSE * bins.spacing)));
    const key = `${row} ${column}`;
    if (!squares.has(key)) squares.set(key, squares.size);
    return squares.get(key)!;
  });
  const size = squares.size + 1;
  const planes = new Float32Array(size * positions);
  const probabilities = distributions.probabilities();
  for (let position = 0, i = 0; position < positions; position++) {
    for (let bin = 0; bin < bins.count; bin++, i++) {
      planes[squareOfBin[bin]! * positions + position]! += probabilities[i]!;
    }
    planes[(size - 1) * positions + position] = lightness[position]! / LIGHTNESS_SCALE;
  }
  for (let plane = 0; plane < size; plane++) {
    const values = planes.subarray(plane * positions, (plane + 1) * positions);
    const mean = windowMean(values, width, height, WINDOW);
    values.set(plane < size - 1 ? mean.map(Math.sqrt) : mean);
  }
  return { planes, size };
}

/** k-means, from the most typical position and each time the one furthest from those before. */
function cluster(planes: Float32Array, size: number, positions: number): Float64Array[] {
  const at = (position: number) =>
    Float64Array.from({ length: size }, (_, d) => planes[d * positions + position]!);
  const { centres: middle } = means(planes, size, new Uint8Array(positions), 1);
  let centres: Float64Array[] = [at(indexOfLeast(squaredDistances(planes, size, middle[0]!)))];
  const nearest = squaredDistances(planes, size, centres[0]!);
  while (centres.length < MOST_REGIONS) {
    const furthest = indexOfLeast(nearest.map((square) => -square));
    if (nearest[furthest]! < APART) break;
    centres.push(at(furthest));
    const squares = squaredDistances(planes, size, centres.at(-1)!);
    for (let i = 0; i < positions; i++) nearest[i] = Math.min(nearest[i]!, squares[i]!);
  }
  for (let round = 0; round < ROUNDS; round++) {
    const squares = centres.map((centre) => squaredDistances(planes, size, centre));
    const labels = Uint8Array.from({ length: positions }, (_, i) => {
      let best = 0;
      for (let c = 1; c < squares.length; c++) if (squares[c]![i]! < squares[best]![i]!) best = c;
      return best;
    });
    const { centres: moved, counts } = means(planes, size, labels, centres.length);
    centres = moved.filter((_, c) => counts[c]! >= SMALLEST_SHARE * positions);
  }
  return centres;
}

function means(
  planes: Float32Array,
  size: number,
  labels: Uint8Array,
  count: number,
): { centres: Float64Array[]; counts: Float64Array } {
  const counts = new Float64Array(count);
  for (const label of labels) counts[label]!++;
  const centres = Array.from({ length: count }, () => new Float64Array(size));
  for (let d = 0, i = 0; d < size; d++) {
    for (let position = 0; position < labels.length; position++, i++) {
      centres[labels[position]!]![d]! += planes[i]!;
    }
  }
  return { centres: centres.map((sum, c) => sum.map((value) => value / counts[c]!)), counts };
}

function squaredDistances(planes: Float32Array, size: number, centre: Float64Array): Float32Array {
  const squares = new Float32Array(planes.length / size);
  for (let d = 0, i = 0; d < size; d++) {
    const middle = centre[d]!;
    for (let position = 0; position < squares.length; position++, i++) {
      squares[position]! += (planes[i]! - middle) ** 2;
    }
  }
  return squares;
}

function indexOfLeast(values: Float32Array): number {
  let least = 0;
  for (let i = 1; i < values.length; i++) if (values[i]! < values[least]!) least = i;
  return least;
}

/** exp(-distance), of sum 1 at every position, in place. */
function softMinimum(distances: readonly Float32Array[]): void {
  for (let i = 0; i < distances[0]!.length; i++) {
    const least = Math.min(...distances.map((plane) => plane[i]!));
    let sum = 0;
    for (const plane of distances) sum += plane[i] = Math.exp(least - plane[i]!);
    for (const plane of distances) plane[i]! /= sum;
  }
}
