// The colours that a distribution over bins allows: its peaks, and beside a broad one its shoulders.

import type { ChromaBins } from "./bins.js";
import { smoothOverBins } from "./prior.js";

/** A likely colour. */
export interface Mode {
  /** CIELAB units. */
  readonly a: number;
  readonly b: number;
  /** Natural logarithm of its density over that of the most likely colour: 0 for that one, else less. */
  readonly logLikelihood: number;
}

/** Distance, CIELAB units, over which a mode hides the density around it. */
const HIDING = 25;
/** Modes nearer than this, CIELAB units, are one. */
const NEAREST = 18;
/** Density, as a share of the highest, that a mode has at least. */
const LEAST_DENSITY = 0.01;

/**
 * The modes of a distribution, at most `most`, the most likely first. Each next one is the highest
 * density after what lies around the earlier ones is taken out.
 *
 * @param probabilities `[bins]`
 */
export function findModes(probabilities: Float64Array, bins: ChromaBins, most: number): Mode[] {
  const density = smoothOverBins(probabilities, bins, bins.spacing);
  const highest = Math.max(...density);
  const modes: Mode[] = [];
  const left = density.slice();
  while (modes.length < most) {
    const peak = left.indexOf(Math.max(...left));
    if (left[peak]! < LEAST_DENSITY * highest) break;
    for (let bin = 0; bin < bins.count; bin++) {
      const square = squareBetween(bins, bin, bins.a[peak]!, bins.b[peak]!);
      left[bin]! *= 1 - Math.exp(-square / (2 * HIDING * HIDING));
    }
    const [a, b] = meanAround(probabilities, bins, peak);
    if (modes.every((mode) => Math.hypot(mode.a - a, mode.b - b) >= NEAREST)) {
      modes.push({ a, b, logLikelihood: Math.log(density[peak]! / highest) });
    }
  }
  return modes;
}

/** The mean of the distribution close to a bin: between bins, where the peak may lie. */
function meanAround(probabilities: Float64Array, bins: ChromaBins, peak: number): [number, number] {
  let [sum, aSum, bSum] = [0, 0, 0];
  for (let bin = 0; bin < bins.count; bin++) {
    const square = squareBetween(bins, bin, bins.a[peak]!, bins.b[peak]!);
    const weight = probabilities[bin]! * Math.exp(-square / (2 * bins.spacing ** 2));
    sum += weight;
    aSum += weight * bins.a[bin]!;
    bSum += weight * bins.b[bin]!;
  }
  return [aSum / sum, bSum / sum];
}

function squareBetween(bins: ChromaBins, bin: number, a: number, b: number): number {
  return (bins.a[bin]! - a) ** 2 + (bins.b[bin]! - b) ** 2;
}
