// Windows and OS/2 bitmaps: bits of 1 to 32 a pixel, palettes, masks, run lengths. The packages at
// hand take only some of the headers, or mistake the order of channels.

import { UserError } from "@let-there-be-color/core/user-error";

/** What the headers of a bitmap say. */
export interface BmpHeader {
  readonly width: number;
  readonly height: number;
}

/** The pixels of a bitmap. */
export interface BmpPixels extends BmpHeader {
  /** Interleaved samples, `[height, width, channels]`. */
  readonly samples: Uint8Array;
  /** 1 grey, 3 RGB, 4 RGB + alpha. */
  readonly channels: 1 | 3 | 4;
}

/** Compression methods (BITMAPINFOHEADER, biCompression). */
const RGB = 0;
const RLE8 = 1;
const RLE4 = 2;
const MASKS = 3;
const ALPHA_MASKS = 6;

interface Layout extends BmpHeader {
  readonly isTopDown: boolean;
  readonly bits: number;
  readonly compression: number;
  /** Where the pixels start. */
  readonly start: number;
  /** Blue, green, red of each entry. */
  readonly palette: readonly (readonly [number, number, number])[];
  /** Bits of red, green, blue and alpha. */
  readonly masks: readonly [number, number, number, number];
}

/**
 * @param name what to call the file in messages
 * @throws UserError if the header is damaged or of a kind that is not read
 */
export function readBmpHeader(file: Uint8Array, name: string): BmpHeader {
  return guarded(name, () => readLayout(file, name));
}

/** @throws UserError if the file is damaged, cut short, or of a kind that is not read */
export function readBmp(file: Uint8Array, name: string): BmpPixels {
  return guarded(name, () => {
    const layout = readLayout(file, name);
    if (layout.bits > 8) return directPixels(file, layout);
    const isRunLength = layout.compression === RLE4 || layout.compression === RLE8;
    const indices = isRunLength ? runLengths(file, layout) : packedIndices(file, layout);
    return palettePixels(indices, layout);
  });
}

function guarded<T>(name: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error; // beyond the end
    throw new UserError(
      "input-broken",
      `${name} is broken or cut short (a bitmap whose pixels are not all there); copy or download it again.`,
      { cause: error },
    );
  }
}

function viewOf(file: Uint8Array): DataView {
  return new DataView(file.buffer, file.byteOffset, file.byteLength);
}

function readLayout(file: Uint8Array, name: string): Layout {
  const view = viewOf(file);
  const size = view.getUint32(14, true);
  const isCore = size === 12; // OS/2 1.x
  if (!isCore && size < 16) throw notRead(name, `a header of ${size} bytes`);
  const width = isCore ? view.getUint16(18, true) : view.getInt32(18, true);
  const signedHeight = isCore ? view.getUint16(20, true) : view.getInt32(22, true);
  const bits = view.getUint16(isCore ? 24 : 28, true);
  const compression = isCore || size < 20 ? RGB : view.getUint32(30, true);
  const paletteAt = 14 + size;
  const start = view.getUint32(10, true);
  const height = Math.abs(signedHeight);
  if (width < 1 || height < 1) throw new RangeError("size");
  if (![1, 2, 4, 8, 16, 24, 32].includes(bits)) throw notRead(name, `${bits} bits a pixel`);
  const isKnown =
    compression === RGB ||
    (compression === RLE8 && bits === 8) ||
    (compression === RLE4 && bits === 4) ||
    ((compression === MASKS || compression === ALPHA_MASKS) && (bits === 16 || bits === 32));
  if (!isKnown) throw notRead(name, `compression ${compression}`);
  return {
    width,
    height,
    isTopDown: signedHeight < 0,
    bits,
    compression,
    start,
    palette: bits > 8 ? [] : readPalette(file, paletteAt, start, isCore ? 3 : 4, 2 ** bits),
    masks: readMasks(view, size, bits, compression),
  };
}

function readPalette(
  file: Uint8Array,
  at: number,
  end: number,
  entrySize: 3 | 4,
  most: number,
): [number, number, number][] {
  const count = Math.min(most, Math.floor((Math.min(end, file.length) - at) / entrySize));
  return Array.from({ length: Math.max(count, 0) }, (_, i) => {
    const entry = at + i * entrySize;
    return [file[entry]!, file[entry + 1]!, file[entry + 2]!];
  });
}

function readMasks(view: DataView, size: number, bits: number, compression: number) {
  if (compression === MASKS || compression === ALPHA_MASKS) {
    // Inside of the larger headers, behind the smallest one.
    const hasAlpha = compression === ALPHA_MASKS || size >= 56;
    const mask = (i: number) => view.getUint32(54 + 4 * i, true);
    return [mask(0), mask(1), mask(2), hasAlpha ? mask(3) : 0] as const;
  }
  if (bits === 16) return [0x7c00, 0x3e0, 0x1f, 0] as const;
  return [0xff0000, 0xff00, 0xff, 0] as const;
}

/** Rows are padded to 4 bytes and stored from the bottom, unless the height is negative. */
function rowStart({ width, height, bits, start, isTopDown }: Layout, y: number): number {
  const length = Math.ceil((width * bits) / 32) * 4;
  return start + (isTopDown ? y : height - 1 - y) * length;
}

function assertRows(file: Uint8Array, layout: Layout): void {
  const { width, height, bits, isTopDown } = layout;
  const last = rowStart(layout, isTopDown ? height - 1 : 0) + Math.ceil((width * bits) / 8);
  if (last > file.length) throw new RangeError("rows");
}

function packedIndices(file: Uint8Array, layout: Layout): Uint8Array {
  assertRows(file, layout);
  const { width, height, bits } = layout;
  const indices = new Uint8Array(width * height);
  const perByte = 8 / bits;
  const mask = 2 ** bits - 1;
  for (let y = 0, target = 0; y < height; y++) {
    const row = rowStart(layout, y);
    for (let x = 0; x < width; x++) {
      const byte = file[row + Math.floor(x / perByte)]!;
      indices[target++] = (byte >> (8 - bits * ((x % perByte) + 1))) & mask;
    }
  }
  return indices;
}

/** RLE4 and RLE8: pairs of a length and a value, with escapes for ends, moves and literal runs. */
function runLengths(file: Uint8Array, { width, height, bits, start, isTopDown }: Layout) {
  const indices = new Uint8Array(width * height);
  const view = viewOf(file);
  let [x, y, at] = [0, 0, start];
  const put = (value: number) => {
    if (x < width && y < height) indices[(isTopDown ? y : height - 1 - y) * width + x] = value;
    x++;
  };
  const indexIn = (byte: number, i: number) =>
    bits === 8 ? byte : i % 2 === 0 ? byte >> 4 : byte & 15;
  while (y < height) {
    const count = view.getUint8(at);
    const value = view.getUint8(at + 1);
    at += 2;
    if (count > 0) {
      for (let i = 0; i < count; i++) put(indexIn(value, i));
    } else if (value === 0) {
      x = 0;
      y++;
    } else if (value === 1) {
      break;
    } else if (value === 2) {
      x += view.getUint8(at);
      y += view.getUint8(at + 1);
      at += 2;
    } else {
      const bytes = Math.ceil((value * bits) / 8);
      for (let i = 0; i < value; i++) {
        put(indexIn(view.getUint8(at + (bits === 8 ? i : i >> 1)), i));
      }
      at += bytes + (bytes % 2);
    }
  }
  return indices;
}

function palettePixels(indices: Uint8Array, { width, height, palette }: Layout): BmpPixels {
  const isGrey = palette.every(([blue, green, red]) => blue === green && green === red);
  const channels = isGrey ? 1 : 3;
  const samples = new Uint8Array(indices.length * channels);
  for (let i = 0; i < indices.length; i++) {
    const color = palette[indices[i]!];
    if (!color) throw new RangeError("palette");
    for (let channel = 0; channel < channels; channel++) {
      samples[i * channels + channel] = color[2 - channel]!;
    }
  }
  return { width, height, samples, channels };
}

function directPixels(file: Uint8Array, layout: Layout): BmpPixels {
  assertRows(file, layout);
  const { width, height, bits, masks } = layout;
  const channels = masks[3] === 0 ? 3 : 4;
  const samples = new Uint8Array(width * height * channels);
  const view = viewOf(file);
  const fields = masks.slice(0, channels).map((mask) => {
    const shift = mask === 0 ? 0 : 31 - Math.clz32(mask & -mask);
    return { shift, highest: Math.max(mask >>> shift, 1) };
  });
  for (let y = 0, target = 0; y < height; y++) {
    const row = rowStart(layout, y);
    for (let x = 0; x < width; x++) {
      const at = row + (x * bits) / 8;
      if (bits === 24) {
        samples[target++] = file[at + 2]!;
        samples[target++] = file[at + 1]!;
        samples[target++] = file[at]!;
        continue;
      }
      const pixel = bits === 16 ? view.getUint16(at, true) : view.getUint32(at, true);
      for (const { shift, highest } of fields) {
        samples[target++] = Math.round((((pixel >>> shift) & highest) * 255) / highest);
      }
    }
  }
  return { width, height, samples, channels };
}

function notRead(name: string, what: string): UserError {
  return new UserError(
    "input-broken",
    `${name} is a bitmap with ${what}, which is not supported; open it in a picture editor and save it as PNG.`,
  );
}
