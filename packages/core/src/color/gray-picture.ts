// Any picture as the grey picture of the same lightness: one code a pixel and what the codes mean.
// That takes an eighth to a half of the memory of a float plane, and every L* is one look-up.

import { lightnessOfPixels, Y_OF_LINEAR_RGB } from "./lab.js";
import { LINEAR_OF_SRGB8, linearOfSrgb16Table, linearToSrgb, linearToSrgbFast } from "./srgb.js";

/** A picture reduced to its lightness. */
export interface GrayPicture {
  readonly width: number;
  readonly height: number;
  /** `[height, width]` */
  readonly codes: Uint8Array | Uint16Array;
  /** L* 0..100 of every code: `[256]`, or `[65536]` for a `Uint16Array`. */
  readonly lightness: Float32Array;
}

const lightnessTables = new Map<8 | 16, Float32Array>();

/** L* (0..100) of every sRGB grey of 8 or 16 bits: `[256]` or `[65536]`. */
export function lightnessOfSrgbGray(bits: 8 | 16): Float32Array {
  let table = lightnessTables.get(bits);
  if (!table) {
    const codes = bits === 16 ? new Uint16Array(65536) : new Uint8Array(256);
    for (let code = 0; code < codes.length; code++) codes[code] = code;
    table = new Float32Array(codes.length);
    lightnessOfPixels(codes, 1, codes.length, table);
    lightnessTables.set(bits, table);
  }
  return table;
}

/**
 * 16-bit sRGB grey of the same relative luminance Y (and therefore L*) as an sRGB colour. From 16
 * bits it is exact to half a code and 0.1; from 8 bits to 7 codes, 0.03 of one 8-bit step.
 *
 * @param pixels interleaved samples: `[pixelCount, channels]`
 * @param channels 3 for RGB or more, which are ignored
 * @param codes receives the greys: `[pixelCount]`
 */
export function grayOfRgb(
  pixels: Uint8Array | Uint16Array,
  channels: number,
  codes: Uint16Array,
): void {
  if (pixels instanceof Uint16Array) grayOfRgb16(pixels, channels, codes);
  else grayOfRgb8(pixels, channels, codes);
}

const TABLE_SIZE = 65536;
const TABLE_SCALE = TABLE_SIZE - 0.5;
let grayOfY: Uint16Array | undefined;

/** 16-bit sRGB code of linear light at `light * TABLE_SCALE` rounded down. */
function grayOfYTable(): Uint16Array {
  if (!grayOfY) {
    grayOfY = new Uint16Array(TABLE_SIZE);
    for (let i = 1; i < TABLE_SIZE - 1; i++) {
      grayOfY[i] = linearToSrgbFast((i + 0.5) / TABLE_SCALE) * 65535 + 0.5;
    }
    grayOfY[TABLE_SIZE - 1] = linearToSrgb(1) * 65535 + 0.5;
  }
  return grayOfY;
}

/** More bits than the table's index has, so that three rounded parts add up as one. */
const PART_BITS = 8;

function grayOfRgb8(pixels: Uint8Array, channels: number, codes: Uint16Array): void {
  const [red, green, blue] = Y_OF_LINEAR_RGB.map((weight) =>
    Int32Array.from(LINEAR_OF_SRGB8, (linear) =>
      Math.round(weight * linear * TABLE_SCALE * 2 ** PART_BITS),
    ),
  ) as [Int32Array, Int32Array, Int32Array];
  const table = grayOfYTable();
  for (let i = 0, source = 0; i < codes.length; i++, source += channels) {
    const y = red[pixels[source]!]! + green[pixels[source + 1]!]! + blue[pixels[source + 2]!]!;
    codes[i] = table[y >> PART_BITS]!;
  }
}

function grayOfRgb16(pixels: Uint16Array, channels: number, codes: Uint16Array): void {
  const linear = linearOfSrgb16Table();
  const [redWeight, greenWeight, blueWeight] = Y_OF_LINEAR_RGB;
  for (let i = 0, source = 0; i < codes.length; i++, source += channels) {
    const y =
      redWeight * linear[pixels[source]!]! +
      greenWeight * linear[pixels[source + 1]!]! +
      blueWeight * linear[pixels[source + 2]!]!;
    codes[i] = linearToSrgbFast(y) * 65535 + 0.5;
  }
}
