// Levels: the range of lightness that a faded or flat print has left, spread to that of a photograph.

import type { GrayPicture } from "../color/gray-picture.js";
import type { LightnessPicture } from "../colorize/compose-pixels.js";

/** How lightnesses are spread: a straight line, held within 0..100. */
export interface Levels {
  /** L* that become {@link FULL_RANGE}. */
  readonly black: number;
  readonly white: number;
}

/** L* of the darkest and the lightest parts of an ordinary photograph, medians over 1,000. */
export const FULL_RANGE = { black: 4, white: 96 };
/** Share of the pixels that may lie outside of the range at either end: dust, scratches, glare. */
const OUTSIDE = 0.005;
/** Narrowest range, L*, that is spread: below, there is only noise to see. */
const NARROWEST = 8;

/**
 * The levels of a photograph: those of its own range where that is narrower than usual.
 *
 * @param lightness L* of its pixels, without borders
 * @returns undefined where nothing is to be spread: the range is a usual one, or there is none
 */
export function findLevels(lightness: Float32Array): Levels | undefined {
  const sorted = lightness.slice().sort();
  const last = sorted.length - 1;
  const darkest = sorted[Math.round(OUTSIDE * last)]!;
  const lightest = sorted[Math.round((1 - OUTSIDE) * last)]!;
  if (lightest - darkest < NARROWEST) return undefined;
  const black = Math.max(darkest, FULL_RANGE.black);
  const white = Math.min(lightest, FULL_RANGE.white);
  if (black === FULL_RANGE.black && white === FULL_RANGE.white) return undefined;
  return { black, white };
}

/** L* after levels; grows with `lightness`, 0..100. */
export function levelled(lightness: number, { black, white }: Levels): number {
  const share = (lightness - black) / (white - black);
  const spread = FULL_RANGE.black + share * (FULL_RANGE.white - FULL_RANGE.black);
  return Math.min(Math.max(spread, 0), 100);
}
