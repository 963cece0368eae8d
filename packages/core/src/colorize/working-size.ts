import type { Size } from "../color/size.js";
import { DEFAULT_MULTIPLE } from "../model/model-metadata.js";

export type { Size };

const SMALLEST = 16;
/** A panorama's long side is worked on at no more than this many times its short side. */
const LONGEST_ASPECT = 4;

function toMultiple(length: number, multiple: number): number {
  const smallest = Math.ceil(SMALLEST / multiple) * multiple;
  return Math.max(smallest, Math.round(length / multiple) * multiple);
}

/**
 * The size at which a network looks at a picture: the short side becomes `workingSize` pixels, the
 * long side keeps the proportion (up to 4 to 1; longer pictures are squeezed), and both are
 * rounded to multiples of `multiple`, at least 16.
 *
 * @param multiple what the network shrinks pictures by: `multiple` of the model's metadata
 */
export function workingDimensions(
  picture: Size,
  workingSize: number,
  multiple = DEFAULT_MULTIPLE,
): Size {
  const short = toMultiple(workingSize, multiple);
  const aspect = Math.max(picture.width, picture.height) / Math.min(picture.width, picture.height);
  const long = toMultiple(workingSize * Math.min(aspect, LONGEST_ASPECT), multiple);
  return picture.width < picture.height
    ? { width: short, height: long }
    : { width: long, height: short };
}
