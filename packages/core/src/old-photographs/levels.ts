// Levels: the range of lightness that a faded or flat print has left, spread to that of a photograph.

import type { GrayPicture } from "../color/gray-picture.js";

/** Darkest and lightest L* of a photograph, without the few pixels beyond. */
export interface LightnessRange {
  readonly darkest: number;
  readonly lightest: number;
}

/** How lightnesses are spread: a straight line, held within 0..100. */
export interface Levels {
  /** L* 0..100 that become 8 and 92: as dark and as light as usual photographs get. */
  readonly black: number;
  readonly white: number;
}

/**
 * L* that the darkest and the lightest parts come to: those of a good print. Ordinary photographs reach
 * them, and stay as they are.
 */
export const FULL_RANGE = { black: 8, white: 92 };
/** Share of the pixels that may lie outside of the range at either end: dust, scratches, glare. */
const OUTSIDE = 0.005;
/** Narrowest range, L*, of a photograph: below, there is only noise to see. */
const NARROWEST = 8;

/** @param lightness L* of a photograph's pixels, without borders: one or more */
export function lightnessRange(lightness: Float32Array): LightnessRange {
  const sorted = lightness.slice().sort();
  const last = sorted.length - 1;
  return {
    darkest: sorted[Math.round(OUTSIDE * last)]!,
    lightest: sorted[Math.round((1 - OUTSIDE) * last)]!,
  };
}

/** Whether nothing is to be seen, such as on a blank page. */
export function isOneTone({ darkest, lightest }: LightnessRange): boolean {
  return lightest - darkest < NARROWEST;
}

/**
 * The levels that spread a photograph's range where that is narrower than usual.
 *
 * @returns undefined where nothing is to be spread: the range is a usual one, or there is none
 */
export function findLevels(range: LightnessRange): Levels | undefined {
  if (isOneTone(range)) return undefined;
  const { darkest, lightest } = range;
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

/**
 * The L* that {@link levelled} made of a lightness, taken back; what it held at 0 or 100 comes back as
 * the lightness that is just held.
 */
export function unlevelled(lightness: number, { black, white }: Levels): number {
  const share = (lightness - FULL_RANGE.black) / (FULL_RANGE.white - FULL_RANGE.black);
  return black + share * (white - black);
}

/** The picture with other lightnesses. Its codes are shared, only what they mean changes. */
export function withLevels(picture: GrayPicture, levels: Levels): GrayPicture {
  return { ...picture, lightness: picture.lightness.map((value) => levelled(value, levels)) };
}
