// Picture file -> the grey picture of the same lightness, and everything the output must keep.

import {
  type GrayPicture,
  grayOfRgb,
  lightnessOfSrgbGray,
  lightnessOfY,
} from "@let-there-be-color/core/color";
import {
  isLosslessWebp,
  type PictureMetadata,
  readMetadata,
  type TiffPixelFormat,
  tiffPages,
  tiffPixelFormat,
} from "@let-there-be-color/core/metadata";
import type { Notice } from "@let-there-be-color/core/notice";
import { type RgbSample, RgbSampler, sampleRgb } from "@let-there-be-color/core/old-photographs";
import { UserError } from "@let-there-be-color/core/user-error";
import type { Metadata } from "sharp";
import { readBmp, readBmpHeader } from "./decoding/bmp.js";
import { fileKind } from "./decoding/file-kind.js";
import { type PictureSource, readHeader, SampleReader } from "./decoding/libvips-samples.js";
import { needsPlainTiff, plainTiff } from "./decoding/plain-tiff.js";
import { pngFrameCount } from "./decoding/png-chunks.js";
import { pngColor, withPngProfile } from "./decoding/png-color.js";
import { OUTPUT_FORMATS, type OutputFormat } from "./format.js";
import { grayToneCurve, type ToneCurve } from "./gray-profile.js";
import { assertMaxPixels, assertWithinLimit, DEFAULT_MAX_PIXELS } from "./pixel-limit.js";
import { channelOf, copyChannel, grayCodes, newPlane } from "./planes.js";
import { SharedMemory } from "./shared-memory.js";

/** A decoded picture, upright, reduced to its lightness. Its planes lie in shared memory. */
export interface DecodedPhoto {
  /** In grey codes of its own if it is grey, otherwise in 16-bit sRGB greys of the same L*. */
  readonly gray: GrayPicture;
  /** Bits a sample of the input. */
  readonly bitDepth: 8 | 16;
  /** `[height, width]`, of that bit depth, if the input has an alpha channel. */
  readonly alpha?: Uint8Array | Uint16Array;
  /** A small copy in colour, if the file has colours. */
  readonly sample?: RgbSample;
  /** The input's own format if it can be written, otherwise "png". */
  readonly format: OutputFormat;
  /** What the file says about itself, as it was found. */
  readonly metadata: PictureMetadata;
  /** Whether it is in a lossless form of a format that also has a lossy one: WebP. */
  readonly isLossless: boolean;
  /** How many full-size pages the file has, of which this is one. */
  readonly pageCount: number;
  /** What is not as the file has it. */
  readonly notices: readonly Notice[];
}

/** A picture whose header has been read. */
export interface OpenPage {
  /** What the header states. */
  readonly pixelCount: number;
  /**
   * Decodes the rest.
   *
   * @param memory where the planes come from
   * @throws UserError if it is broken or cut short
   */
  decode(memory?: SharedMemory): Promise<DecodedPhoto>;
}

/** A picture file whose header has been read; itself its first page, with a notice if there are more. */
export interface OpenPhoto extends OpenPage {
  /**
   * The pages of a TIFF at full size, the first one included, neither smaller versions of others nor
   * masks; of any other format one. Pages may differ in everything.
   */
  readonly pages: readonly OpenPage[];
}

/** What of a file is read. */
export interface OpenOptions {
  /** Pictures with more pixels are refused before they are decoded. Default 268 million (2^28). */
  readonly maxPixels?: number | undefined;
}

/**
 * Opens a picture: JPEG, PNG, WebP, TIFF, AVIF, GIF, BMP, whatever its name says. EXIF orientation is
 * applied and embedded colour profiles are honoured; colours are reduced to their L*. Of animations
 * the first frame is decoded.
 *
 * @param file the encoded picture
 * @param name what to call it in messages
 * @throws UserError if it is empty, no picture, too large, its header is broken, or it is of an
 * unsupported kind
 */
export async function openPhoto(
  file: Uint8Array,
  name: string,
  { maxPixels = DEFAULT_MAX_PIXELS }: OpenOptions = {},
): Promise<OpenPhoto> {
  assertMaxPixels(maxPixels);
  const kind = fileKind(file, name);
  const source = { file, kind, name };
  const [firstPage = 0, ...others] = kind === "tiff" ? fullSizePages(file) : [];
  const pageCount = others.length + 1;
  const first = await openPage({ ...source, page: firstPage }, pageCount, maxPixels);
  if (pageCount === 1) return { ...first, pages: [first] };
  const pages = others.map((page, i): OpenPage => {
    const { width = 0, height = 0 } = tiffPixelFormat(file, page) ?? {};
    const pageSource = { ...source, page, name: `page ${i + 2} of ${name}` };
    return {
      pixelCount: width * height,
      decode: async (memory) => (await openPage(pageSource, pageCount, maxPixels)).decode(memory),
    };
  });
  return {
    pixelCount: first.pixelCount,
    decode: async (memory) => {
      const decoded = await first.decode(memory);
      const message = `Only the first of ${pageCount} pages is colourised; TIFF takes all of them.`;
      return { ...decoded, notices: [{ code: "pages-left-out", message }, ...decoded.notices] };
    },
    pages: [first, ...pages],
  };
}

/** Indices of the pages that are neither masks nor smaller versions of others. */
function fullSizePages(file: Uint8Array): number[] {
  return tiffPages(file)
    .filter(({ kind }) => kind === "picture")
    .map(({ index }) => index);
}

/** Opens and decodes the first page. */
export async function decodePhoto(file: Uint8Array, name: string): Promise<DecodedPhoto> {
  return (await openPhoto(file, name)).decode();
}

/** What is decoded; what the file says about itself comes beside it. */
type DecodedPlanes = Omit<DecodedPhoto, "metadata" | "isLossless" | "pageCount">;

async function openPage(
  source: PictureSource,
  pageCount: number,
  maxPixels: number,
): Promise<OpenPage> {
  const { pixelCount, decode } = await openPlanes(source, maxPixels);
  const { file, page } = source;
  return {
    pixelCount,
    decode: async (memory = new SharedMemory()) => {
      const planes = await decode(memory);
      const { metadata, notices } = readMetadata(file, { page });
      const isLossless = isLosslessWebp(file);
      const all = [...planes.notices, ...notices];
      return { ...planes, metadata, isLossless, pageCount, notices: all };
    },
  };
}

async function openPlanes(
  source: PictureSource,
  maxPixels: number,
): Promise<{
  readonly pixelCount: number;
  decode(memory: SharedMemory): Promise<DecodedPlanes>;
}> {
  const { file, kind, page, name } = source;
  if (kind === "bmp") {
    const size = readBmpHeader(file, name);
    assertWithinLimit(size, maxPixels, name);
    return {
      pixelCount: size.width * size.height,
      decode: async (memory) => decodeBmp(file, name, memory),
    };
  }
  const format = kind === "tiff" ? tiffPixelFormat(file, page) : undefined;
  if (format) assertWithinLimit(format, maxPixels, name);
  if (format && needsPlainTiff(format)) {
    return {
      pixelCount: format.width * format.height,
      decode: (memory) => decodeOddTiff(source, format, memory),
    };
  }
  const header = await readHeader(source);
  assertWithinLimit(header, maxPixels, name);
  return {
    pixelCount: header.width * header.height,
    decode: (memory) => decode(source, header, memory),
  };
}

function decodeBmp(file: Uint8Array, name: string, memory: SharedMemory): DecodedPlanes {
  const { width, height, samples, channels } = readBmp(file, name);
  return {
    gray: {
      width,
      height,
      codes: grayCodes(samples, channels, memory),
      lightness: lightnessOfSrgbGray(channels === 1 ? 8 : 16),
    },
    bitDepth: 8,
    ...(channels === 4 ? { alpha: channelOf(samples, 4, 3, memory) } : {}),
    ...(channels >= 3 ? { sample: sampleRgb(samples, channels, width, height) } : {}),
    format: "png",
    notices: [],
  };
}

async function decodeOddTiff(
  source: PictureSource,
  format: TiffPixelFormat,
  memory: SharedMemory,
): Promise<DecodedPlanes> {
  const { file, page, name } = source;
  const plain = await plainTiff(file, page, format, name);
  const plainSource = { ...source, file: plain.file, page: 0 };
  const decoded = await decode(plainSource, await readHeader(plainSource), memory);
  return { ...decoded, notices: [...plain.notices, ...decoded.notices] };
}

async function decode(
  source: PictureSource,
  header: Metadata,
  memory: SharedMemory,
): Promise<DecodedPlanes> {
  const colors = colorsOf(source, header);
  const { planes, notices } = await readPlanes(colors.source, header, colors, memory);
  const { width, height, codes, alpha, sample } = planes;
  const { bitDepth, isRawGrey, toneCurve } = colors;
  const lightness = toneCurve
    ? lightnessThrough(toneCurve, bitDepth)
    : lightnessOfSrgbGray(isRawGrey ? bitDepth : 16);
  return {
    gray: { width, height, codes, lightness },
    bitDepth,
    ...(alpha ? { alpha } : {}),
    ...(sample ? { sample } : {}),
    format: OUTPUT_FORMATS.find((format) => format === source.kind) ?? "png",
    notices: [...framesLeftOut(source, header), ...colors.notices, ...notices],
  };
}

/** What the samples of a picture mean. */
interface Colors {
  /** The picture, which may have got a profile. */
  readonly source: PictureSource;
  readonly bitDepth: 8 | 16;
  /** Its own grey values are taken. */
  readonly isRawGrey: boolean;
  /** Of a grey picture, if it is not that of sRGB. */
  readonly toneCurve?: ToneCurve;
  readonly hasColorProfile: boolean;
  readonly hasAlpha: boolean;
  readonly notices: readonly Notice[];
}

function colorsOf(source: PictureSource, header: Metadata): Colors {
  const { file, kind, page, name } = source;
  const { space, depth, icc, hasProfile } = header;
  if (!["uchar", "ushort"].includes(depth) && space !== "labs") {
    throw new UserError(
      "input-broken",
      `Expected 8 or 16 bits a sample but ${name} has samples of type ${depth}; save it as a 16-bit TIFF or PNG.`,
    );
  }
  const notices: Notice[] = [];
  const isGrey = space === "b-w" || space === "grey16";
  const stated = kind === "png" ? pngColor(file) : undefined;
  const toneCurve = !isGrey
    ? undefined
    : stated
      ? (sample: number) => sample ** stated.exponent
      : icc && grayToneCurve(icc);
  if (isGrey && hasProfile && !toneCurve) {
    notices.push({
      code: "color-assumed",
      message: "Its colour profile cannot be read; its samples are taken for sRGB.",
    });
  }
  const isCmyk = space === "cmyk"; // converted in 8 bits by libvips
  if (isCmyk && depth === "ushort") {
    notices.push({ code: "not-kept", message: "CMYK of 16 bits is converted in 8 bits." });
  }
  const extra = kind === "tiff" ? (tiffPixelFormat(file, page)?.extraSamples ?? []) : [];
  const hasAlpha = extra.length > 0 ? extra[0] !== 0 : header.hasAlpha;
  if (extra.length > (hasAlpha ? 1 : 0)) {
    notices.push({
      code: "not-kept",
      message: "Its further channels, of which the file does not say what they are, are left out.",
    });
  }
  const gainsProfile = !isGrey && stated !== undefined;
  return {
    source: gainsProfile ? { ...source, file: withPngProfile(file, stated) } : source,
    bitDepth: depth === "uchar" || isCmyk ? 8 : 16,
    isRawGrey: isGrey,
    ...(toneCurve ? { toneCurve } : {}),
    hasColorProfile: gainsProfile || (!isGrey && hasProfile),
    hasAlpha,
    notices,
  };
}

/** More bytes of samples than this are read in several bands: each costs the decoding of those above it. */
const BAND_BYTES = 2 ** 29;

/** Grey codes and alpha of a picture, upright. */
interface GrayPlanes {
  readonly width: number;
  readonly height: number;
  readonly codes: Uint8Array | Uint16Array;
  readonly alpha?: Uint8Array | Uint16Array;
  readonly sample?: RgbSample;
}

async function readPlanes(
  source: PictureSource,
  { width, height, orientation = 1, channels }: Metadata,
  colors: Colors,
  memory: SharedMemory,
): Promise<{ planes: GrayPlanes; notices: readonly Notice[] }> {
  const { bitDepth, isRawGrey, hasAlpha } = colors;
  const reader = new SampleReader(source, colors);
  const bytes = width * height * Math.max(channels, 3) * (bitDepth / 8);
  const bands = orientation > 1 || isRawGrey ? 1 : Math.ceil(bytes / BAND_BYTES);
  const codes = newPlane(width * height, isRawGrey ? bitDepth : 16, memory);
  const alpha = hasAlpha ? newPlane(width * height, bitDepth, memory) : undefined;
  const rows = Math.ceil(height / bands);
  let size = { width, height };
  let sampler: RgbSampler | undefined;
  for (let top = 0; top < height; top += rows) {
    const region = { left: 0, top, width, height: Math.min(rows, height - top) };
    const samples = await reader.read(bands === 1 ? undefined : region);
    if (bands === 1) size = { width: samples.width, height: samples.height };
    const part = <Plane extends Uint8Array | Uint16Array>(plane: Plane) =>
      plane.subarray(top * width, (top + region.height) * width) as Plane;
    const count = samples.channels;
    if (isRawGrey) copyChannel(samples.data, count, 0, part(codes));
    else {
      grayOfRgb(samples.data, count, part(codes as Uint16Array));
      sampler ??= new RgbSampler(size.width, size.height);
      sampler.add(samples.data, count, top);
    }
    // The colours come first, of which a grey picture may have three alike.
    const alphaChannel = isRawGrey && bitDepth === 16 ? 1 : 3;
    if (alpha) copyChannel(samples.data, count, alphaChannel, part(alpha));
  }
  const planes = {
    ...size,
    codes,
    ...(alpha ? { alpha } : {}),
    ...(sampler ? { sample: sampler.sample() } : {}),
  };
  return { planes, notices: reader.notices };
}

function framesLeftOut({ kind, file }: PictureSource, { pages = 1 }: Metadata): Notice[] {
  if (kind === "tiff") return []; // whose pages are opened one by one
  const frames = kind === "png" ? pngFrameCount(file) : pages;
  if (frames <= 1) return [];
  const message = `Only the first of ${frames} frames is colourised.`;
  return [{ code: "pages-left-out", message }];
}

/** L* of every code through a tone curve. */
function lightnessThrough(toneCurve: ToneCurve, bitDepth: 8 | 16): Float32Array {
  const highest = 2 ** bitDepth - 1;
  return Float32Array.from({ length: highest + 1 }, (_, code) =>
    lightnessOfY(Math.min(Math.max(toneCurve(code / highest), 0), 1)),
  );
}
