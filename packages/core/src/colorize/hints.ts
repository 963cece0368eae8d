// Colours that a person gives for places of a picture. They go into the network as its input `hints`
// (Zhang et al. 2017, "Real-Time User-Guided Image Colorization with Learned Deep Priors"), never onto
// the picture as paint: what they spread to is the network's decision.

import { linearRgbToLab } from "../color/lab.js";
import { srgbToLinear } from "../color/srgb.js";
import type { TensorValue } from "../graph/session.js";
import { UserError } from "../user-error.js";
import type { Size } from "./working-size.js";

/** The colour of something in a picture. */
export interface Hint {
  /** Pixels from the left edge of the upright picture, 0 .. width - 1. */
  readonly x: number;
  /** Pixels from the top edge of the upright picture, 0 .. height - 1. */
  readonly y: number;
  /**
   * sRGB, as "#rrggbb" or as red, green and blue of 0..255. Its hue and colourfulness (a* and b*)
   * count; the lightness stays the picture's.
   */
  readonly color: string | readonly [red: number, green: number, blue: number];
  /** Of the disc that has the colour, in pixels of the picture. Default: 1/64 of its short side. */
  readonly radius?: number;
}

/** Of the short side: 4 pixels at a working size of 256, the largest patches of the training. */
const DEFAULT_RADIUS = 1 / 64;

/**
 * Checks what can be checked without the picture.
 *
 * @throws UserError if a hint has no place, no colour or no size
 */
export function assertHints(hints: readonly Hint[]): void {
  if (!Array.isArray(hints)) {
    throw invalidHint(
      `Expected \`hints\` as a list of { x, y, color } but received ${written(hints)}`,
    );
  }
  for (const [index, hint] of hints.entries()) {
    const which = `hint ${index + 1}`;
    const { x, y, color, radius } = (hint ?? {}) as Partial<Hint>;
    for (const [name, value] of Object.entries({ x, y })) {
      if (isNumber(value) && value >= 0) continue;
      throw invalidHint(
        `Expected ${which} to have its ${name} in pixels, 0 or more, but received ${written(value)}`,
      );
    }
    if (radius !== undefined && !(isNumber(radius) && radius > 0)) {
      throw invalidHint(
        `Expected ${which} to have a radius of more than 0 pixels but received ${written(radius)}`,
      );
    }
    if (!codesOf(color)) {
      throw invalidHint(
        `Expected ${which} to have a color like "#2e5d34", or three numbers from 0 to 255, but received ${written(color)}`,
      );
    }
  }
}

/**
 * The input `hints` of a network: at each place of the working picture 1, a*, b* (CIELAB units) where
 * a colour is given, else 0. Where hints overlap, the last one holds; each has one place at least.
 *
 * @param picture that the hints are for
 * @param working size at which the network looks at it
 * @returns `[1, 3, height, width]` of the working size
 * @throws UserError if a hint is malformed or outside of the picture
 */
export function hintsTensor(hints: readonly Hint[], picture: Size, working: Size): TensorValue {
  assertHints(hints);
  const { width, height } = working;
  const count = width * height;
  const data = new Float32Array(3 * count);
  const [across, down] = [width / picture.width, height / picture.height];
  for (const [index, { x, y, color, radius }] of hints.entries()) {
    if (x >= picture.width || y >= picture.height) {
      throw invalidHint(
        `Expected hint ${index + 1} to lie inside of the picture of ${picture.width} x ${picture.height} pixels but received ${x}, ${y}`,
      );
    }
    const [, a, b] = labOf(codesOf(color)!);
    const reach = radius ?? DEFAULT_RADIUS * Math.min(picture.width, picture.height);
    // Of the middle of its pixel, in pixels of the working picture.
    const [middleX, middleY] = [(x + 0.5) * across, (y + 0.5) * down];
    const [reachX, reachY] = [reach * across, reach * down];
    const give = (column: number, row: number) => {
      const place = row * width + column;
      data[place] = 1;
      data[count + place] = a;
      data[2 * count + place] = b;
    };
    give(Math.min(Math.floor(middleX), width - 1), Math.min(Math.floor(middleY), height - 1));
    const rows = within(middleY, reachY, height);
    const columns = within(middleX, reachX, width);
    for (let row = rows.first; row <= rows.last; row++) {
      for (let column = columns.first; column <= columns.last; column++) {
        const distance = Math.hypot(
          (column + 0.5 - middleX) / reachX,
          (row + 0.5 - middleY) / reachY,
        );
        if (distance <= 1) give(column, row);
      }
    }
  }
  return { type: "float32", shape: [1, 3, height, width], data };
}

/** The samples whose middles are no farther than `reach` from a place. */
function within(place: number, reach: number, length: number): { first: number; last: number } {
  return {
    first: Math.max(Math.ceil(place - reach - 0.5), 0),
    last: Math.min(Math.floor(place + reach - 0.5), length - 1),
  };
}

/** Codes 0..255 of a colour; undefined if it is none. */
function codesOf(color: unknown): readonly [number, number, number] | undefined {
  if (typeof color === "string") {
    const digits = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(color);
    return digits
      ? [Number(`0x${digits[1]}`), Number(`0x${digits[2]}`), Number(`0x${digits[3]}`)]
      : undefined;
  }
  const isColor =
    Array.isArray(color) &&
    color.length === 3 &&
    color.every((code) => isNumber(code) && code >= 0 && code <= 255);
  return isColor ? (color as [number, number, number]) : undefined;
}

function labOf([red, green, blue]: readonly [number, number, number]) {
  return linearRgbToLab(
    srgbToLinear(red / 255),
    srgbToLinear(green / 255),
    srgbToLinear(blue / 255),
  );
}

function isNumber(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

function written(value: unknown): string {
  return typeof value === "number"
    ? String(value)
    : (JSON.stringify(value)?.slice(0, 60) ?? "none");
}

function invalidHint(message: string): UserError {
  return new UserError("option-invalid", `${message}.`);
}
