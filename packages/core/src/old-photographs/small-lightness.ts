import type { GrayPicture } from "../color/gray-picture.js";
import type { LightnessPicture } from "../colorize/compose-pixels.js";
import { placesOfStretches } from "./grid-places.js";

/** Pixels that are averaged for one, in each direction, at most. */
const MOST_AVERAGED = 4;

/**
 * A picture's L*, reduced to at most `side` pixels on the longer side by means; as it is if it is no
 * larger. Of large pictures, 16 pixels spread over a place stand for it.
 */
export function smallLightness(
  picture: GrayPicture | LightnessPicture,
  side: number,
): LightnessPicture {
  const { width, height, lightness } = picture;
  const scale = Math.min(1, side / Math.max(width, height));
  const columns = Math.max(1, Math.round(width * scale));
  const rows = Math.max(1, Math.round(height * scale));
  const codes = "codes" in picture ? picture.codes : undefined;
  const xs = placesOfStretches(width, columns, MOST_AVERAGED);
  const ys = placesOfStretches(height, rows, MOST_AVERAGED);
  const small = new Float32Array(rows * columns);
  for (let row = 0, target = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++, target++) {
      let sum = 0;
      for (const y of ys[row]!) {
        for (const x of xs[column]!) {
          const place = y * width + x;
          sum += lightness[codes ? codes[place]! : place]!;
        }
      }
      small[target] = sum / (ys[row]!.length * xs[column]!.length);
    }
  }
  return { lightness: small, width: columns, height: rows };
}
