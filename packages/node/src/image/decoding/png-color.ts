// Gamma and primaries of PNG files (PNG 3rd edition, 11.3.2), which libvips does not look at.

import { crc32, deflateSync } from "node:zlib";
import { matrixProfile } from "./matrix-profile.js";
import { AFTER_HEADER, leadingPngChunks } from "./png-chunks.js";

/** What a PNG says of its colours without an ICC profile. */
export interface PngColor {
  /** Exponent of the samples: light is sample ** exponent. */
  readonly exponent: number;
  /** x and y of white, red, green and blue. */
  readonly chromaticities: readonly number[];
}

/** Chromaticities of sRGB: white (D65), red, green, blue. */
const SRGB = [0.3127, 0.329, 0.64, 0.33, 0.3, 0.6, 0.15, 0.06];
/** What writers state for sRGB, whose curve is no power: 1 / 2.2. */
const GAMMA_OF_SRGB = 45455;

/** What lies beyond is a mistake and would turn the picture black or white: 0.1 and 10. */
const LOWEST_GAMMA = 10_000;
const HIGHEST_GAMMA = 1_000_000;

/** The gamma and primaries of a PNG, or undefined if it states none, those of sRGB, or something better. */
export function pngColor(file: Uint8Array): PngColor | undefined {
  let gamma: number | undefined;
  let chromaticities = SRGB;
  for (const { type, data } of leadingPngChunks(file)) {
    if (["iCCP", "sRGB", "cICP"].includes(type)) return undefined;
    if (type === "gAMA" && data.byteLength === 4) gamma = data.getUint32(0);
    if (type === "cHRM" && data.byteLength === 32) {
      const stated = SRGB.map((_, i) => data.getUint32(4 * i) / 1e5);
      if (stated.every((value) => value > 0 && value < 1)) chromaticities = stated;
    }
  }
  if (!gamma || gamma < LOWEST_GAMMA || gamma > HIGHEST_GAMMA) return undefined;
  const isSrgbGamma = Math.abs(gamma - GAMMA_OF_SRGB) <= 500;
  const isSrgbColor = chromaticities.every((value, i) => Math.abs(value - SRGB[i]!) < 0.002);
  if (isSrgbGamma && isSrgbColor) return undefined;
  return { exponent: 1e5 / gamma, chromaticities };
}

/** A copy of a PNG with an ICC profile that says the same. */
export function withPngProfile(file: Uint8Array, { exponent, chromaticities }: PngColor): Buffer {
  const profile = matrixProfile(exponent, chromaticities);
  const typed = Buffer.concat([Buffer.from("iCCPicc\0\0", "latin1"), deflateSync(profile)]);
  const [length, checksum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(typed.length - 4);
  checksum.writeUInt32BE(crc32(typed));
  return Buffer.concat([
    file.subarray(0, AFTER_HEADER),
    length,
    typed,
    checksum,
    file.subarray(AFTER_HEADER),
  ]);
}
