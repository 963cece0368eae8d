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
} from "@let-there-be-color/core/metadata";
import type { Notice } from "@let-there-be-color/core/notice";
import { UserError } from "@let-there-be-color/core/user-error";
import sharp, { type Metadata, type SharpOptions } from "sharp";
import { OUTPUT_FORMATS, type OutputFormat } from "./format.js";
import { grayToneCurve, type ToneCurve } from "./gray-profile.js";
import { SharedMemory } from "./shared-memory.js";

/** A decoded picture, upright, reduced to its lightness. Its planes lie in shared memory. */
export interface DecodedPhoto {
  /** In grey codes of its own if it is grey, otherwise in 16-bit sRGB greys of the same L*. */
  readonly gray: GrayPicture;
  /** Bits a sample of the input. */
  readonly bitDepth: 8 | 16;
  /** `[height, width]`, of that bit depth, if the input has an alpha channel. */
  readonly alpha?: Uint8Array | Uint16Array;
  /** The input's own format if it can be written, otherwise "png". */
  readonly format: OutputFormat;
  /** What the file says about itself, as it was found. */
  readonly metadata: PictureMetadata;
  /** Whether it is in a lossless form of a format that also has a lossy one: WebP. */
  readonly isLossless: boolean;
  /** What is not as the file has it. */
  readonly notices: readonly Notice[];
}

/** A picture whose header has been read. */
export interface OpenPhoto {
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

/**
 * Opens a picture: JPEG, PNG, WebP, TIFF, AVIF, GIF (first frame or page). EXIF orientation is
 * applied and embedded colour profiles are honoured; colours are reduced to their L*.
 *
 * @param file the encoded picture
 * @param name what to call it in messages
 * @throws UserError if it is empty, no picture, its header is broken, or it is of an unsupported
 * kind
 */
export async function openPhoto(file: Uint8Array, name: string): Promise<OpenPhoto> {
  if (file.length === 0) {
    throw new UserError(
      "input-broken",
      `Expected a picture but ${name} is empty; copy or download it again.`,
    );
  }
  const metadata = await readHeader(file, name);
  if (metadata.depth !== "uchar" && metadata.depth !== "ushort") {
    throw new UserError(
      "input-broken",
      `Expected 8 or 16 bits a sample but ${name} has samples of type ${metadata.depth}; save it as a 16-bit TIFF or PNG.`,
    );
  }
  return {
    pixelCount: metadata.width * metadata.height,
    decode: (memory = new SharedMemory()) => decode(file, name, metadata, memory),
  };
}

/** Opens and decodes in one. */
export async function decodePhoto(file: Uint8Array, name: string): Promise<DecodedPhoto> {
  return (await openPhoto(file, name)).decode();
}

async function decode(
  file: Uint8Array,
  name: string,
  metadata: Metadata,
  memory: SharedMemory,
): Promise<DecodedPhoto> {
  const found = readMetadata(file);
  const bitDepth = metadata.depth === "ushort" ? 16 : 8;
  const isGrey = metadata.space === "b-w" || metadata.space === "grey16";
  const toneCurve = isGrey && metadata.icc ? grayToneCurve(metadata.icc) : undefined;
  const { pixels, channels, width, height } = await readPixels(file, name, {
    bitDepth,
    isRawGrey: isGrey && (toneCurve !== undefined || !metadata.hasProfile),
    hasColorProfile: !isGrey && metadata.hasProfile,
  });
  const lightness =
    channels < 3 && toneCurve
      ? lightnessThrough(toneCurve, bitDepth)
      : lightnessOfSrgbGray(channels < 3 ? bitDepth : 16);
  return {
    gray: { width, height, codes: grayCodes(pixels, channels, memory), lightness },
    bitDepth,
    ...(channels % 2 === 0 ? { alpha: channelOf(pixels, channels, channels - 1, memory) } : {}),
    format: OUTPUT_FORMATS.find((format) => format === metadata.format) ?? fallback(metadata),
    metadata: found.metadata,
    isLossless: isLosslessWebp(file),
    notices: [...pagesLeftOut(metadata), ...found.notices],
  };
}

function pagesLeftOut({ pages = 1 }: Metadata): Notice[] {
  if (pages === 1) return [];
  const message = `Only the first of ${pages} pages or frames is colourised.`;
  return [{ code: "pages-left-out", message }];
}

/** AVIF is reported as a kind of HEIF; what cannot be written becomes PNG, which loses nothing. */
function fallback(metadata: Metadata): OutputFormat {
  return metadata.format === "heif" && metadata.compression === "av1" ? "avif" : "png";
}

async function readHeader(file: Uint8Array, name: string): Promise<Metadata> {
  try {
    return await sharp(file).metadata();
  } catch (error) {
    throw decodingError(error, name);
  }
}

/** Raw interleaved samples, upright, in sRGB (or in the input's own grey values). */
async function readPixels(
  file: Uint8Array,
  name: string,
  kind: { bitDepth: 8 | 16; isRawGrey: boolean; hasColorProfile: boolean },
) {
  const { bitDepth, isRawGrey, hasColorProfile } = kind;
  // "warning" makes cut-short and corrupt data an error instead of a half grey picture.
  const options: SharpOptions = { failOn: "warning", ignoreIcc: isRawGrey };
  const [grey, color] = bitDepth === 16 ? ["grey16", "rgb16"] : ["b-w", "srgb"];
  let image = sharp(file, options)
    .autoOrient()
    .toColourspace(isRawGrey ? grey! : color!);
  // sharp takes 16-bit colour through Display P3; naming the output profile brings it to sRGB.
  if (hasColorProfile && bitDepth === 16) image = image.withIccProfile("srgb");
  try {
    const { data, info } = await image
      .raw({ depth: bitDepth === 16 ? "ushort" : "uchar" })
      .toBuffer({ resolveWithObject: true });
    const pixels =
      bitDepth === 16 ? new Uint16Array(data.buffer, data.byteOffset, data.length / 2) : data;
    return { pixels, channels: info.channels, width: info.width, height: info.height };
  } catch (error) {
    throw decodingError(error, name);
  }
}

/** L* of every code through a tone curve. */
function lightnessThrough(toneCurve: ToneCurve, bitDepth: 8 | 16): Float32Array {
  const highest = 2 ** bitDepth - 1;
  return Float32Array.from({ length: highest + 1 }, (_, code) =>
    lightnessOfY(Math.min(Math.max(toneCurve(code / highest), 0), 1)),
  );
}

/** Grey codes of interleaved samples: their own, or of 16 bits from colours. */
export function grayCodes(
  pixels: Uint8Array | Uint16Array,
  channels: number,
  memory: SharedMemory,
): Uint8Array | Uint16Array {
  if (channels < 3) return channelOf(pixels, channels, 0, memory);
  const count = pixels.length / channels;
  const codes = new Uint16Array(memory.take(2 * count), 0, count);
  grayOfRgb(pixels, channels as 3 | 4, codes);
  return codes;
}

/** A copy of one channel of interleaved samples. */
export function channelOf(
  pixels: Uint8Array | Uint16Array,
  channels: number,
  channel: number,
  memory: SharedMemory,
): Uint8Array | Uint16Array {
  const count = pixels.length / channels;
  const piece = memory.take(count * pixels.BYTES_PER_ELEMENT);
  const plane =
    pixels instanceof Uint16Array
      ? new Uint16Array(piece, 0, count)
      : new Uint8Array(piece, 0, count);
  if (channels === 1) plane.set(pixels);
  else for (let i = 0; i < count; i++) plane[i] = pixels[i * channels + channel]!;
  return plane;
}

function decodingError(error: unknown, name: string): UserError {
  const reason = error instanceof Error ? error.message.trim().split("\n")[0]! : String(error);
  if (reason.includes("unsupported image format")) {
    return new UserError(
      "input-broken",
      `Expected a picture (JPEG, PNG, WebP, TIFF, AVIF or GIF) but ${name} is none, or its start is damaged.`,
      { cause: error },
    );
  }
  if (reason.includes("pixel limit")) {
    return new UserError(
      "input-broken",
      `${name} has more than 268 million pixels, the most that can be colourised at once; reduce or split it.`,
      { cause: error },
    );
  }
  return new UserError(
    "input-broken",
    `${name} is broken or cut short (${reason}); copy or download it again, or open and save it in a picture editor.`,
    { cause: error },
  );
}
