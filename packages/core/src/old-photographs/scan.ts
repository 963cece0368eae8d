// What is found out about a scan before the network sees it.

import type { GrayPicture } from "../color/gray-picture.js";
import type { LightnessPicture } from "../colorize/compose-pixels.js";
import { findLevels, type Levels, levelled } from "./levels.js";
import { isInside, type PictureArea } from "./picture-area.js";
import { smallLightness } from "./small-lightness.js";

/** Pixels of the longer side of the picture whose lightnesses are counted. */
const COUNTED_SIDE = 256;

/**
 * The levels of the photograph on a scan.
 *
 * @param area of the photograph; undefined without borders
 * @returns undefined where nothing is to be spread
 */
export function levelsOfScan(
  scan: GrayPicture | LightnessPicture,
  area: PictureArea | undefined,
): Levels | undefined {
  const { lightness, width, height } = smallLightness(scan, COUNTED_SIDE);
  if (!area) return findLevels(lightness);
  const inside = lightness.filter((_, i) =>
    isInside(area, ((i % width) + 0.5) / width, (Math.floor(i / width) + 0.5) / height),
  );
  return inside.length === 0 ? undefined : findLevels(inside);
}

/** The picture with other lightnesses. Grey codes are shared, only what they mean changes. */
export function withLevels(picture: GrayPicture, levels: Levels): GrayPicture {
  return { ...picture, lightness: picture.lightness.map((value) => levelled(value, levels)) };
}
