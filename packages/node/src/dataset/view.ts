import { cropPicture, type RgbPicture } from "./picture.js";

/** Weights of source pixels for every pixel of a scaled line. */
interface LineWeights {
  /** First source pixel, for every target pixel. */
  readonly first: Int32Array;
  /** Source pixels that each target pixel is a mean of. */
  readonly taps: number;
  /** `[target, taps]`, each row with sum 1. */
  readonly weights: Float64Array;
}

/**
 * A square of a picture scaled to another size, mirrored left to right if `flip`: triangle filter,
 * widened when shrinking (antialiased), which is linear interpolation when enlarging.
 *
 * @param side of the square in the picture, in pixels; it must lie inside
 * @param size of the result: `[size, size, 3]`
 */
export function viewOf(
  picture: RgbPicture,
  left: number,
  top: number,
  side: number,
  size: number,
  flip: boolean,
): Uint8Array {
  if (side === size) return cropPicture(picture, left, top, size, flip);
  const line = lineWeights(side, size);
  const { first, taps, weights } = line;
  // Columns first: rows of the square, each scaled to the size.
  const rows = new Float32Array(3 * side * size);
  for (let y = 0; y < side; y++) {
    const start = 3 * ((top + y) * picture.width + left);
    for (let x = 0; x < size; x++) {
      const target = 3 * (y * size + (flip ? size - 1 - x : x));
      let [red, green, blue] = [0, 0, 0];
      for (let tap = 0; tap < taps; tap++) {
        const weight = weights[x * taps + tap]!;
        const source = start + 3 * (first[x]! + tap);
        red += weight * picture.rgb[source]!;
        green += weight * picture.rgb[source + 1]!;
        blue += weight * picture.rgb[source + 2]!;
      }
      rows[target] = red;
      rows[target + 1] = green;
      rows[target + 2] = blue;
    }
  }
  const result = new Uint8Array(3 * size * size);
  const width = 3 * size;
  const sums = new Float64Array(width);
  for (let y = 0; y < size; y++) {
    sums.fill(0.5);
    for (let tap = 0; tap < taps; tap++) {
      const weight = weights[y * taps + tap]!;
      const source = (first[y]! + tap) * width;
      for (let x = 0; x < width; x++) sums[x]! += weight * rows[source + x]!;
    }
    for (let x = 0; x < width; x++) result[y * width + x] = sums[x]!;
  }
  return result;
}

/** For a line of `from` pixels scaled to `to`. */
function lineWeights(from: number, to: number): LineWeights {
  const ratio = from / to;
  const reach = Math.max(1, ratio);
  const taps = Math.min(from, Math.ceil(2 * reach) + 1);
  const first = new Int32Array(to);
  const weights = new Float64Array(to * taps);
  for (let target = 0; target < to; target++) {
    const centre = (target + 0.5) * ratio - 0.5;
    const start = Math.min(from - taps, Math.max(0, Math.ceil(centre - reach)));
    first[target] = start;
    let sum = 0;
    for (let tap = 0; tap < taps; tap++) {
      const weight = Math.max(0, 1 - Math.abs(start + tap - centre) / reach);
      weights[target * taps + tap] = weight;
      sum += weight;
    }
    for (let tap = 0; tap < taps; tap++) weights[target * taps + tap]! /= sum;
  }
  return { first, taps, weights };
}
