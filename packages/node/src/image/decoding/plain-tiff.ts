// TIFF files whose samples libvips does not read (12 bits, floating point numbers, 8-bit CIELAB,
// Zstandard, ...) become plain ones, which then go the way of all others: geotiff reads the
// samples, this file says what they mean.

import { labToRgb, linearToSrgb } from "@let-there-be-color/core/color";
import {
  type TiffPixelFormat,
  tiffOfUniformSamples,
  tiffPixelBytes,
} from "@let-there-be-color/core/metadata";
import type { Notice } from "@let-there-be-color/core/notice";
import { UserError } from "@let-there-be-color/core/user-error";

/** Photometric interpretations, TIFF 6.0. */
const RGB = 2;
const SEPARATED = 5;
const CIELAB = 8;
const ICCLAB = 9;
const GRAY = [0, 1];

const UNCOMPRESSED = 1;

const UNSIGNED = 1;
const SIGNED = 2;
const FLOATING_POINT = 3;

/** Compressions that libvips' own libtiff lacks and geotiff has: Zstandard, LERC. */
const OTHER_COMPRESSIONS = new Set([50000, 34887]);

/** Whether libvips cannot read the samples, or takes them for something else. */
export function needsPlainTiff(format: TiffPixelFormat): boolean {
  const { photometric, bitsPerSample, sampleFormat, samplesPerPixel, compression } = format;
  if (OTHER_COMPRESSIONS.has(compression)) return true;
  if (photometric === ICCLAB || photometric === CIELAB) return true;
  if (sampleFormat === SIGNED || sampleFormat === FLOATING_POINT) return true;
  if (bitsPerSample === 8 || bitsPerSample === 16) return false;
  return !([1, 2, 4].includes(bitsPerSample) && samplesPerPixel === 1);
}

/** A TIFF of one page that libvips reads. */
export interface PlainTiff {
  readonly file: Uint8Array;
  readonly notices: readonly Notice[];
}

/**
 * The same picture as an uncompressed TIFF of 16-bit samples, or of 8-bit ones if they suffice. CIELAB
 * becomes RGB, of the same L*.
 *
 * @param page its index in the file
 * @param name what to call the file in messages
 * @throws UserError if the page is broken, cut short, or of a kind that is not read
 */
export async function plainTiff(
  file: Uint8Array,
  page: number,
  format: TiffPixelFormat,
  name: string,
): Promise<PlainTiff> {
  assertReadable(format, name);
  if (!mayBeWhole(tiffPixelBytes(file, page), format)) throw broken(name, "pixels are missing");
  const samples = await readSamples(file, page, name);
  const { width, height, samplesPerPixel } = format;
  if (samples.length !== width * height * samplesPerPixel) throw broken(name, "pixels are missing");
  const plain = codesOf(samples, format);
  return { file: uncompressedTiff(plain.codes, plain.format), notices: plain.notices };
}

/** What no compression exceeds that is found in such files; LZW comes to 2,700. */
const LARGEST_COMPRESSION = 4000;

/** Whether so many bytes can hold the page: a damaged size would make geotiff busy for minutes. */
function mayBeWhole(stored: number | undefined, format: TiffPixelFormat): boolean {
  if (stored === undefined) return false;
  const { width, height, samplesPerPixel, bitsPerSample, compression } = format;
  const bytes = (width * height * samplesPerPixel * bitsPerSample) / 8;
  return bytes <= stored * (compression === UNCOMPRESSED ? 1 : LARGEST_COMPRESSION);
}

function assertReadable(format: TiffPixelFormat, name: string): void {
  const { photometric, bitsPerSample, sampleFormat, samplesPerPixel } = format;
  const isNumber =
    ([UNSIGNED, SIGNED].includes(sampleFormat) && bitsPerSample >= 1 && bitsPerSample <= 32) ||
    (sampleFormat === FLOATING_POINT && [16, 32, 64].includes(bitsPerSample));
  const isLab = photometric === CIELAB || photometric === ICCLAB;
  const isKnown =
    (GRAY.includes(photometric) && samplesPerPixel >= 1) ||
    (photometric === RGB && samplesPerPixel >= 3) ||
    (photometric === SEPARATED && samplesPerPixel >= 4) ||
    (isLab && samplesPerPixel >= 3 && (bitsPerSample === 8 || bitsPerSample === 16));
  if (isNumber && isKnown && samplesPerPixel <= MOST_SAMPLES) return;
  throw new UserError(
    "input-broken",
    `${name} is a TIFF of a kind that is not supported (${bitsPerSample} bits a sample, sample format ${sampleFormat}, ${samplesPerPixel} samples a pixel, photometric interpretation ${photometric}); open it in a picture editor and save it as a 16-bit TIFF or PNG.`,
  );
}

/** Scanners and cameras of many bands have fewer. */
const MOST_SAMPLES = 64;

type Samples = ArrayLike<number>;

/** Interleaved samples. geotiff gets a file that does not contradict itself, which would end the process. */
async function readSamples(file: Uint8Array, page: number, name: string): Promise<Samples> {
  const { fromArrayBuffer } = await import("geotiff"); // few files need it
  const uniform = tiffOfUniformSamples(file, page);
  if (!uniform) throw broken(name, "its directory is damaged");
  try {
    const image = await (await fromArrayBuffer(uniform.buffer)).getImage(0);
    const samples = Array.from({ length: image.getSamplesPerPixel() }, (_, i) => i);
    return (await image.readRasters({ samples, interleave: true })) as unknown as Samples;
  } catch (error) {
    const reason = error instanceof Error ? error.message.split("\n")[0]! : String(error);
    throw broken(name, reason, error);
  }
}

/** Codes of a plain file, and what they are. */
interface Codes {
  readonly codes: Uint8Array | Uint16Array;
  readonly format: TiffPixelFormat;
  readonly notices: readonly Notice[];
}

function codesOf(samples: Samples, format: TiffPixelFormat): Codes {
  const { photometric, bitsPerSample, sampleFormat } = format;
  if (photometric === CIELAB || photometric === ICCLAB) return codesOfLab(samples, format);
  if (sampleFormat === FLOATING_POINT) return codesOfFloats(samples, format);
  const isSigned = sampleFormat === SIGNED;
  // SMinSampleValue is the lowest value of the type unless said otherwise (TIFF 6.0, section 19), but
  // writers of what has no negative values mean 0.
  const lowest = isSigned && hasNegative(samples) ? -(2 ** (bitsPerSample - 1)) : 0;
  const highest = 2 ** (isSigned ? bitsPerSample - 1 : bitsPerSample) - 1;
  const codes = new (bitsPerSample <= 8 ? Uint8Array : Uint16Array)(samples.length);
  const scale = (bitsPerSample <= 8 ? 255 : 65535) / (highest - lowest);
  for (let i = 0; i < codes.length; i++) codes[i] = (samples[i]! - lowest) * scale + 0.5;
  return { codes, format, notices: [] };
}

function hasNegative(samples: Samples): boolean {
  for (let i = 0; i < samples.length; i++) if (samples[i]! < 0) return true;
  return false;
}

/** Where more of the samples than this lie beyond 1, white is elsewhere. */
const MOST_BEYOND_WHITE = 0.01;

/**
 * Floating point samples go from 0 to 1. With a profile they are what it says, without one linear
 * light, as editors write and read them.
 */
function codesOfFloats(samples: Samples, format: TiffPixelFormat): Codes {
  const { samplesPerPixel, iccProfile, photometric, extraSamples } = format;
  const colors = samplesPerPixel - extraSamples.length;
  const notices: Notice[] = [];
  const white = whiteOf(samples);
  if (white !== 1) {
    notices.push({
      code: "color-assumed",
      message: `Its floating point samples go beyond 1: ${white} is taken for white.`,
    });
  }
  const isLinear = !iccProfile && photometric !== SEPARATED;
  if (isLinear) {
    notices.push({
      code: "color-assumed",
      message: "Its floating point samples have no colour profile and are taken for linear light.",
    });
  }
  const codes = new Uint16Array(samples.length);
  for (let i = 0; i < codes.length; i++) {
    const isAlpha = i % samplesPerPixel >= colors;
    const value = Math.min(Math.max(samples[i]! / (isAlpha ? 1 : white), 0), 1) || 0;
    codes[i] = (isLinear && !isAlpha ? linearToSrgb(value) : value) * 65535 + 0.5;
  }
  return { codes, format, notices };
}

function whiteOf(samples: Samples): number {
  let beyond = 0;
  let largest = 1;
  for (let i = 0; i < samples.length; i++) {
    const value = samples[i]!;
    if (!(value > 1) || value === Number.POSITIVE_INFINITY) continue;
    beyond++;
    if (value > largest) largest = value;
  }
  return beyond > samples.length * MOST_BEYOND_WHITE ? largest : 1;
}

/**
 * CIELAB has L* of 0..255 or 65535, and signed a* and b*, in 256ths if they have 16 bits; ICCLAB has L*
 * up to 65280 and a* and b* from 128 below 0 (TIFF 6.0 section 23, TIFF Technical Note 4).
 */
function codesOfLab(samples: Samples, format: TiffPixelFormat): Codes {
  const { width, height, photometric, bitsPerSample, samplesPerPixel, extraSamples } = format;
  const isDeep = bitsPerSample === 16;
  const isIcc = photometric === ICCLAB;
  const highestL = isDeep ? (isIcc ? 65280 : 65535) : 255;
  const half = 2 ** (bitsPerSample - 1);
  const count = width * height;
  const channels = extraSamples.length > 0 ? 4 : 3;
  const lightness = new Float32Array(count);
  const ab = new Float32Array(2 * count);
  const codes = new Uint16Array(count * channels);
  for (let i = 0; i < count; i++) {
    const at = i * samplesPerPixel;
    lightness[i] = Math.min(samples[at]! / highestL, 1) * 100;
    for (let channel = 0; channel < 2; channel++) {
      const sample = samples[at + 1 + channel]!;
      const value = isIcc ? sample - half : sample >= half ? sample - 2 * half : sample;
      ab[channel * count + i] = isDeep ? value / 256 : value;
    }
    if (channels === 4) codes[4 * i + 3] = samples[at + 3]! * (isDeep ? 1 : 257);
  }
  labToRgb(lightness, ab, count, channels, codes);
  const { iccProfile: _, ...withoutProfile } = format;
  const plain = { ...withoutProfile, photometric: RGB, samplesPerPixel: channels };
  return { codes, format: { ...plain, extraSamples: extraSamples.slice(0, 1) }, notices: [] };
}

const STRIP_BYTES = 1 << 20;
const SHORT = 3;
const LONG = 4;
const UNDEFINED = 7;

function uncompressedTiff(codes: Uint8Array | Uint16Array, format: TiffPixelFormat): Buffer {
  const { width, height, samplesPerPixel, photometric, extraSamples, orientation } = format;
  const { iccProfile } = format;
  const rowBytes = width * samplesPerPixel * codes.BYTES_PER_ELEMENT;
  const rows = Math.max(1, Math.floor(STRIP_BYTES / rowBytes));
  const strips = Math.ceil(height / rows);
  const pixelsEnd = 8 + codes.byteLength;
  const tail: Buffer[] = [];
  let at = pixelsEnd;
  const add = (bytes: Uint8Array): number => {
    const place = at;
    const padding = Buffer.alloc(bytes.length % 2);
    tail.push(Buffer.from(bytes), padding);
    at += bytes.length + padding.length;
    return place;
  };
  const entries: Buffer[] = [];
  const entry = (tag: number, type: number, values: readonly number[] | Uint8Array) => {
    const size = type === SHORT ? 2 : type === LONG ? 4 : 1;
    const bytes = values instanceof Uint8Array ? Buffer.from(values) : littleEndian(values, size);
    const line = Buffer.alloc(12);
    line.writeUInt16LE(tag, 0);
    line.writeUInt16LE(type, 2);
    line.writeUInt32LE(values.length, 4);
    if (bytes.length <= 4) bytes.copy(line, 8);
    else line.writeUInt32LE(add(bytes), 8);
    entries.push(line);
  };
  const starts = Array.from({ length: strips }, (_, i) => i * rows);
  entry(256, LONG, [width]);
  entry(257, LONG, [height]);
  entry(258, SHORT, Array(samplesPerPixel).fill(8 * codes.BYTES_PER_ELEMENT));
  entry(259, SHORT, [1]);
  entry(262, SHORT, [photometric]);
  entry(
    273,
    LONG,
    starts.map((row) => 8 + row * rowBytes),
  );
  entry(274, SHORT, [orientation]);
  entry(277, SHORT, [samplesPerPixel]);
  entry(278, LONG, [rows]);
  entry(
    279,
    LONG,
    starts.map((row) => Math.min(rows, height - row) * rowBytes),
  );
  entry(284, SHORT, [1]);
  if (extraSamples.length > 0) entry(338, SHORT, extraSamples);
  if (iccProfile) entry(34675, UNDEFINED, iccProfile);
  const directory = Buffer.concat([littleEndian([entries.length], 2), ...entries, Buffer.alloc(4)]);
  const directoryAt = add(directory);
  const header = Buffer.concat([Buffer.from("II*\0", "latin1"), littleEndian([directoryAt], 4)]);
  const pixels = Buffer.from(codes.buffer, codes.byteOffset, codes.byteLength);
  return Buffer.concat([header, pixels, ...tail]);
}

function littleEndian(values: readonly number[], size: number): Buffer {
  const bytes = Buffer.alloc(values.length * size);
  values.forEach((value, i) => {
    bytes.writeUIntLE(value, i * size, size);
  });
  return bytes;
}

function broken(name: string, reason: string, cause?: unknown): UserError {
  return new UserError(
    "input-broken",
    `${name} is broken or cut short (${reason}); copy or download it again.`,
    { cause },
  );
}
