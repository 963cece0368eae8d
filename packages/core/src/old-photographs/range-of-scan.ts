import type { GrayPicture } from "../color/gray-picture.js";
import type { LightnessPicture } from "../colorize/compose-pixels.js";
import { type LightnessRange, lightnessRange } from "./levels.js";
import { isInside, type PictureArea } from "./picture-area.js";
import { smallLightness } from "./small-lightness.js";

/** Pixels of the longer side of the picture whose lightnesses are counted. */
const COUNTED_SIDE = 256;

/**
 * The range of lightness of the photograph on a scan.
 *
 * @param area of the photograph; undefined without borders
 */
export function rangeOfScan(
  scan: GrayPicture | LightnessPicture,
  area: PictureArea | undefined,
): LightnessRange {
  const { lightness, width, height } = smallLightness(scan, COUNTED_SIDE);
  if (!area) return lightnessRange(lightness);
  const inside = lightness.filter((_, i) =>
    isInside(area, ((i % width) + 0.5) / width, (Math.floor(i / width) + 0.5) / height),
  );
  return lightnessRange(inside.length === 0 ? lightness : inside);
}
