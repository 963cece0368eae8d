/** Width and height in pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Both sides of a working picture are multiples of this: the networks halve it three times. */
const MULTIPLE = 8;
const SMALLEST = 16;
/** A panorama's long side is worked on at no more than this many times its short side. */
const LONGEST_ASPECT = 4;

function toMultiple(length: number): number {
  return Math.max(SMALLEST, Math.round(length / MULTIPLE) * MULTIPLE);
}

/**
 * The size at which a network looks at a picture: the short side becomes `workingSize` pixels, the
 * long side keeps the proportion (up to 4 to 1; longer pictures are squeezed), and both are
 * rounded to multiples of 8, at least 16.
 */
export function workingDimensions(picture: Size, workingSize: number): Size {
  const short = toMultiple(workingSize);
  const aspect = Math.max(picture.width, picture.height) / Math.min(picture.width, picture.height);
  const long = toMultiple(workingSize * Math.min(aspect, LONGEST_ASPECT));
  return picture.width < picture.height
    ? { width: short, height: long }
    : { width: long, height: short };
}
