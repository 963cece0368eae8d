// Is it a photograph in colour, or a grey one with a tone: sepia, cyanotype, faded, yellowed?

import { rgbToLab } from "../color/lab.js";
import { isInside, type PictureArea, WHOLE_AREA } from "./picture-area.js";
import type { RgbSample } from "./rgb-sample.js";
import { ToneCurve } from "./tone-curve.js";

/**
 * Mean distance from the tone curve, CIELAB units, from which on a photograph is one in colour. Of
 * photographs in colour about 2 % have less; toned prints in JPEGs of low quality have up to 2.4.
 */
const COLOR_FROM = 2.5;
/** Fewest places of the sample within the borders to judge by. */
const FEWEST = 16;

/**
 * How much colour a picture has beside its tone: the mean distance of its colours from the curve
 * a*b*(L*) that fits them best, CIELAB units. 0 for grey and for any monotone tint.
 *
 * @param area of the photograph, without borders, which have a tone of their own. Default: all
 */
export function remainingColor(sample: RgbSample, area: PictureArea = WHOLE_AREA): number {
  const rgb = pixelsInside(sample, area);
  const count = rgb.length / 3;
  if (count < FEWEST) return area === WHOLE_AREA ? 0 : remainingColor(sample);
  const lightness = new Float32Array(count);
  const ab = new Float32Array(2 * count);
  rgbToLab(rgb, count, lightness, ab);
  const left = new ToneCurve(lightness, ab).remainder(lightness, ab);
  let sum = 0;
  for (let i = 0; i < count; i++) sum += Math.hypot(left[i]!, left[count + i]!);
  return sum / count;
}

/** Whether a picture has colours, beyond the tone of an old print. A hand-tinted print has. */
export function isColorPhotograph(sample: RgbSample, area?: PictureArea): boolean {
  return remainingColor(sample, area) >= COLOR_FROM;
}

function pixelsInside({ rgb, width, height }: RgbSample, area: PictureArea): Uint8Array {
  if (area === WHOLE_AREA) return rgb;
  const kept: number[] = [];
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at += 3) {
      if (isInside(area, (x + 0.5) / width, (y + 0.5) / height)) {
        kept.push(rgb[at]!, rgb[at + 1]!, rgb[at + 2]!);
      }
    }
  }
  return Uint8Array.from(kept);
}
