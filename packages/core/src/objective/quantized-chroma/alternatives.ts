// Several colourings of one picture. A network that is unsure whether a car is red or blue says so in
// its distribution; each alternative decides for whole regions (regions.ts) on one of the likely
// colours (modes.ts), and reads the rest from the distribution under that condition. So texture and
// shading stay, and no position decides alone.

import { ColorDistributions } from "./color-distributions.js";
import { findModes } from "./modes.js";
import type { ReadOut } from "./read-out.js";
import { findRegions, type Regions } from "./regions.js";

/** Modes of a region that may take the place of its own colour. */
const MOST_CHOICES = 3;
/** CIELAB units of difference that an alternative has to gain for each nat of likelihood it loses. */
const UNITS_A_NAT = 12;
/** Mean difference from every earlier alternative, CIELAB units, that makes one worth showing. */
const LEAST_DIFFERENCE = 2;
/** Modes nearer than this to a region's own colour, CIELAB units, are no choice. */
const SAME_COLOR = 12;
/**
 * Nats by which the network itself may hold a colour less likely than its first one. Beyond, taking the
 * prior back finds rare colours everywhere: violet walls and green faces.
 */
const LEAST_LIKELY = 3;
/** Width of a condition around its mode, in spacings, and nats by which it beats the likeliest bin. */
const CONDITION_WIDTH = 1.5;
const CONDITION_MARGIN = 4;
/** Membership below which a position is no part of a region, so that most regions cost it nothing. */
const LEAST_MEMBERSHIP = 0.01;

/** One colour that a region may take. */
interface Choice {
  readonly a: number;
  readonly b: number;
  /** Nats lost; 0 for the colour that the region has anyway. */
  readonly loss: number;
  /** What is added to the logits of the region: `[bins]`; undefined for its own colour. */
  readonly condition: Float32Array | undefined;
}

/**
 * Distinct colourings, the first as the read-out gives it, each next one as different from all before
 * as its likelihood allows. The same distributions always give the same ones.
 *
 * @param count how many at most; there are fewer where the network sees no other likely colours
 * @returns CIELAB units: each `[2, height, width]`
 */
export function alternativeColors(
  distributions: ColorDistributions,
  readOut: ReadOut,
  count: number,
): Float32Array[] {
  const { lightness } = distributions;
  if (!lightness) throw new RangeError("Expected the lightness beside the logits");
  const alternatives = [distributions.read(readOut)];
  if (count < 2) return alternatives;
  const regions = findRegions(distributions, lightness);
  const choices = choicesOfRegions(distributions, regions, readOut, alternatives[0]!);
  const plans = [choices.map((options) => options[0]!)];
  while (plans.length < count) {
    const plan = mostDifferentPlan(choices, plans, regions);
    if (!plan) break;
    plans.push(plan);
    alternatives.push(conditioned(distributions, regions, plan).read(readOut));
  }
  return alternatives;
}

function choicesOfRegions(
  distributions: ColorDistributions,
  { memberships }: Regions,
  readOut: ReadOut,
  natural: Float32Array,
): Choice[][] {
  const { bins } = distributions.prior;
  const own = distributions.probabilities();
  const corrected = distributions.probabilities(readOut);
  return memberships.map((membership) => {
    const positions = membership.length;
    const a = weightedMean(natural.subarray(0, positions), membership);
    const b = weightedMean(natural.subarray(positions), membership);
    const ownMean = meanDistribution(own, membership, bins.count);
    const mean = meanDistribution(corrected, membership, bins.count);
    const others = findModes(mean, bins, MOST_CHOICES + 1)
      .filter((mode) => Math.hypot(mode.a - a, mode.b - b) >= SAME_COLOR)
      .filter((mode) => lag(ownMean, bins.nearest(mode.a, mode.b)) <= LEAST_LIKELY)
      .slice(0, MOST_CHOICES)
      .map((mode): Choice => {
        const peak = bins.nearest(mode.a, mode.b);
        const behind = Math.max(lag(mean, peak), lag(ownMean, peak));
        const width = CONDITION_WIDTH * bins.spacing;
        const condition = Float32Array.from(bins.a, (binA, bin) => {
          const square = (binA - mode.a) ** 2 + (bins.b[bin]! - mode.b) ** 2;
          return (behind + CONDITION_MARGIN) * Math.exp(-square / (2 * width * width));
        });
        return { a: mode.a, b: mode.b, loss: -mode.logLikelihood, condition };
      });
    return [{ a, b, loss: 0, condition: undefined }, ...others];
  });
}

/** Nats by which a bin lies below the most probable one. */
function lag(probabilities: Float64Array, bin: number): number {
  return Math.log(Math.max(...probabilities) / Math.max(probabilities[bin]!, 1e-12));
}

/**
 * The best of all combinations of the regions' choices (at most 4^6): the difference from the nearest
 * earlier plan, less what it loses in likelihood, less what regions that look alike drift apart.
 */
function mostDifferentPlan(
  choices: readonly Choice[][],
  plans: readonly Choice[][],
  regions: Regions,
): Choice[] | undefined {
  const combinations = choices.reduce((product, options) => product * options.length, 1);
  const natural = plans[0]!;
  let best: Choice[] | undefined;
  let highest = Number.NEGATIVE_INFINITY;
  for (let index = 0; index < combinations; index++) {
    let rest = index;
    const plan = choices.map((options) => {
      const choice = options[rest % options.length]!;
      rest = Math.floor(rest / options.length);
      return choice;
    });
    const difference = Math.min(...plans.map((earlier) => differenceOf(plan, earlier, regions)));
    if (difference < LEAST_DIFFERENCE) continue;
    const loss = plan.reduce((sum, { loss }, r) => sum + regions.shares[r]! * loss, 0);
    const score = difference - UNITS_A_NAT * loss - driftOf(plan, natural, regions);
    if (score > highest) {
      highest = score;
      best = plan;
    }
  }
  return best;
}

/** Mean distance of two plans over the picture, CIELAB units. */
function differenceOf(plan: Choice[], other: Choice[], { shares }: Regions): number {
  return plan.reduce(
    (sum, { a, b }, r) => sum + shares[r]! * Math.hypot(a - other[r]!.a, b - other[r]!.b),
    0,
  );
}

/** How differently alike regions change, CIELAB units: grass in the sun and grass in the shade. */
function driftOf(plan: Choice[], natural: Choice[], { shares, likeness }: Regions): number {
  let drift = 0;
  for (let r = 1; r < plan.length; r++) {
    for (let q = 0; q < r; q++) {
      const a = plan[r]!.a - natural[r]!.a - plan[q]!.a + natural[q]!.a;
      const b = plan[r]!.b - natural[r]!.b - plan[q]!.b + natural[q]!.b;
      drift += Math.min(shares[r]!, shares[q]!) * likeness(r, q) * Math.hypot(a, b);
    }
  }
  return drift;
}

/** The distributions under a plan: each condition as strong as a position belongs to its region. */
function conditioned(
  distributions: ColorDistributions,
  { memberships }: Regions,
  plan: readonly Choice[],
): ColorDistributions {
  const { width, height, prior, lightness } = distributions;
  const logits = distributions.logits.slice();
  const bins = prior.bins.count;
  for (const [r, { condition }] of plan.entries()) {
    if (condition) addConditions(logits, memberships[r]!, condition, bins);
  }
  return new ColorDistributions(logits, width, height, prior, lightness);
}

function addConditions(
  logits: Float32Array,
  membership: Float32Array,
  condition: Float32Array,
  bins: number,
): void {
  for (let position = 0; position < membership.length; position++) {
    const strength = membership[position]!;
    if (strength < LEAST_MEMBERSHIP) continue;
    const first = position * bins;
    for (let bin = 0; bin < bins; bin++) logits[first + bin]! += strength * condition[bin]!;
  }
}

function weightedMean(values: Float32Array, weights: Float32Array): number {
  let [sum, weighted] = [0, 0];
  for (let i = 0; i < values.length; i++) {
    sum += weights[i]!;
    weighted += weights[i]! * values[i]!;
  }
  return weighted / sum;
}

/** `[bins]` of `[positions, bins]`. */
function meanDistribution(
  probabilities: Float32Array,
  membership: Float32Array,
  bins: number,
): Float64Array {
  const mean = new Float64Array(bins);
  let sum = 0;
  for (let position = 0; position < membership.length; position++) {
    const weight = membership[position]!;
    if (weight < LEAST_MEMBERSHIP) continue;
    const first = position * bins;
    sum += weight;
    for (let bin = 0; bin < bins; bin++) mean[bin]! += weight * probabilities[first + bin]!;
  }
  return mean.map((value) => value / sum);
}
