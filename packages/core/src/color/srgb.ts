// The sRGB transfer curve of IEC 61966-2-1:1999, and tables of it for 8 and 16-bit pictures.

/** Linear light 0..1 of an sRGB-encoded value 0..1 (IEC 61966-2-1). */
export function srgbToLinear(encoded: number): number {
  return encoded <= 0.04045 ? encoded / 12.92 : ((encoded + 0.055) / 1.055) ** 2.4;
}

/** sRGB-encoded value 0..1 of linear light 0..1 (IEC 61966-2-1). */
export function linearToSrgb(linear: number): number {
  return linear <= 0.0031308 ? linear * 12.92 : 1.055 * linear ** (1 / 2.4) - 0.055;
}

/**
 * The 8-bit sRGB code of linear light, at `linear * SRGB8_OF_LINEAR_SCALE` rounded down. An entry
 * spans at most 0.05 codes (in the straight toe) and holds the code of its middle.
 */
export const SRGB8_OF_LINEAR: Uint8Array = new Uint8Array(65536);
/** Light 1 falls into the last entry, and so does 7e-6 more. */
export const SRGB8_OF_LINEAR_SCALE = 65535.5;
for (let code = 0, from = 0; code < 256; code++) {
  const end = srgbToLinear((code + 0.5) / 255) * SRGB8_OF_LINEAR_SCALE;
  const to = code === 255 ? SRGB8_OF_LINEAR.length : Math.ceil(end - 0.5);
  SRGB8_OF_LINEAR.fill(code, from, to);
  from = to;
}

function linearTable(levels: number): Float32Array {
  const table = new Float32Array(levels);
  for (let code = 0; code < levels; code++) table[code] = srgbToLinear(code / (levels - 1));
  return table;
}

/** Linear light 0..1 of every 8-bit sRGB code. */
export const LINEAR_OF_SRGB8: Float32Array = linearTable(256);

let linearOfSrgb16: Float32Array | undefined;

/** Linear light 0..1 of every 16-bit sRGB code (made on first use: 256 kB). */
export function linearOfSrgb16Table(): Float32Array {
  linearOfSrgb16 ??= linearTable(65536);
  return linearOfSrgb16;
}

// Linear interpolation between these points is off by at most 0.07 of a 16-bit code, where the
// curve bends most (just above its straight toe). It is several times as fast as a power.
const ENCODE_STEPS = 16384;
const encodeTable = new Float64Array(ENCODE_STEPS + 2);
for (let i = 0; i < encodeTable.length; i++) encodeTable[i] = linearToSrgb(i / ENCODE_STEPS);

/** {@link linearToSrgb} by table for `linear` in 0..1 (values outside are clipped); error < 2e-6. */
export function linearToSrgbFast(linear: number): number {
  const position = Math.min(Math.max(linear, 0), 1) * ENCODE_STEPS;
  const index = position | 0;
  const below = encodeTable[index]!;
  return below + (position - index) * (encodeTable[index + 1]! - below);
}
