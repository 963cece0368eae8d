// What happens to training pictures between the data set and the network: grey photographs are no
// L* of a colour one. Emulsions did not see all colours, prints fade, scans have grain and borders
// (DeOldify's and DDColor's users meet all of these). Everything is part of the training graph and
// takes its random numbers as an input, so that every runner of the graph trains on the same.

import type { Value } from "../../graph/graph.js";
import { border } from "./border.js";
import { emulsion } from "./emulsion.js";
import { blur, grain } from "./grain.js";
import { jpeg } from "./jpeg.js";
import type { Noise } from "./random-draws.js";
import { tone, vignette } from "./tone.js";

/** Share of the pictures that each change is made to, 0..1. */
export interface AugmentationOptions {
  /** Grey from a random mix of the linear channels in place of L*: see {@link emulsion}. */
  readonly emulsion?: number;
  /** Gamma, contrast and fading: see {@link tone}. */
  readonly tone?: number;
  /** Darker towards the corners: see {@link vignette}. */
  readonly vignette?: number;
  /** Out of focus: see {@link blur}. */
  readonly blur?: number;
  /** Film grain: see {@link grain}. */
  readonly grain?: number;
  /** Blocks of a compressed file: see {@link jpeg}. */
  readonly jpeg?: number;
  /** The edge of a print or a scan around the picture, neutral: see {@link border}. */
  readonly border?: number;
}

/** Names of the changes, in the order in which they are made: that of scene, camera, print, scan. */
export const augmentationNames = [
  "emulsion",
  "vignette",
  "blur",
  "tone",
  "grain",
  "border",
  "jpeg",
] as const satisfies readonly (keyof AugmentationOptions)[];

/** A picture in the training graph. */
export interface AugmentedPicture {
  /** L* of CIELAB, 0..100, `[N, 1, H, W]`: what the network sees. */
  readonly lightness: Value;
  /** What it is to predict, `[N, 2, H, W]` in CIELAB units. */
  readonly ab: Value;
}

const changes: Readonly<
  Record<
    (typeof augmentationNames)[number],
    (picture: AugmentedPicture, share: number, noise: Noise) => AugmentedPicture
  >
> = { emulsion, vignette, blur, tone, grain, border, jpeg };

/**
 * Changes each picture of a batch by chance. Changes with share 0 leave no node in the graph.
 *
 * @param noise uniform numbers in [0, 1) of the given shape, drawn anew for every step
 * @throws GraphError if the pictures' sizes are not known, or are no multiples of 8 (for `jpeg`)
 */
export function augment(
  picture: AugmentedPicture,
  options: AugmentationOptions,
  noise: Noise,
): AugmentedPicture {
  return augmentationNames.reduce((changed, name) => {
    const share = options[name] ?? 0;
    return share > 0 ? changes[name](changed, share, noise) : changed;
  }, picture);
}
