// Picture file -> full-resolution L* plane, and everything the output must keep.

import { lightnessOfY, luminanceOfPixels } from "@let-there-be-color/core/color";
import { UserError } from "@let-there-be-color/core/user-error";
import sharp, { type Metadata, type SharpOptions } from "sharp";
import { type CarriedMetadata, carriedMetadata } from "./carried-metadata.js";
import { OUTPUT_FORMATS, type OutputFormat } from "./format.js";
import { grayToneCurve, type ToneCurve } from "./gray-profile.js";

/** A decoded picture, upright, reduced to its lightness. */
export interface DecodedPhoto {
  readonly width: number;
  readonly height: number;
  /** L* of CIELAB (D65), 0..100: `[height, width]`. */
  readonly luminance: Float32Array;
  /** Bits a sample of the input. */
  readonly bitDepth: 8 | 16;
  /** `[height, width]`, of that bit depth, if the input has an alpha channel. */
  readonly alpha?: Uint8Array | Uint16Array;
  /** The input's own format if it can be written, otherwise "png". */
  readonly format: OutputFormat;
  readonly metadata: CarriedMetadata;
}

/**
 * Decodes a picture: JPEG, PNG, WebP, TIFF, AVIF, GIF (first frame or page). EXIF orientation is
 * applied and embedded colour profiles are honoured; colours are reduced to their L*.
 *
 * @param file the encoded picture
 * @param name what to call it in messages
 * @throws UserError if it is empty, no picture, broken or cut short, or of an unsupported kind
 */
export async function decodePhoto(file: Uint8Array, name: string): Promise<DecodedPhoto> {
  if (file.length === 0) {
    throw new UserError(`Expected a picture but ${name} is empty; copy or download it again.`);
  }
  const metadata = await readHeader(file, name);
  if (metadata.depth !== "uchar" && metadata.depth !== "ushort") {
    throw new UserError(
      `Expected 8 or 16 bits a sample but ${name} has samples of type ${metadata.depth}; save it as a 16-bit TIFF or PNG.`,
    );
  }
  const bitDepth = metadata.depth === "ushort" ? 16 : 8;
  const isGrey = metadata.space === "b-w" || metadata.space === "grey16";
  const toneCurve = isGrey && metadata.icc ? grayToneCurve(metadata.icc) : undefined;
  const { pixels, channels, width, height } = await readPixels(file, name, {
    bitDepth,
    isRawGrey: toneCurve !== undefined,
    hasColorProfile: !isGrey && metadata.hasProfile,
  });
  const luminance = new Float32Array(width * height);
  if (toneCurve) toneCurveLuminance(pixels, channels, toneCurve, luminance);
  else luminanceOfPixels(pixels, channels, luminance.length, luminance);
  return {
    width,
    height,
    luminance,
    bitDepth,
    ...(channels % 2 === 0 ? { alpha: alphaOf(pixels, channels) } : {}),
    format: OUTPUT_FORMATS.find((format) => format === metadata.format) ?? fallback(metadata),
    metadata: carriedMetadata(metadata),
  };
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

function toneCurveLuminance(
  pixels: Uint8Array | Uint16Array,
  channels: number,
  toneCurve: ToneCurve,
  luminance: Float32Array,
): void {
  const highest = pixels instanceof Uint16Array ? 65535 : 255;
  const table = Float32Array.from({ length: highest + 1 }, (_, code) =>
    lightnessOfY(Math.min(Math.max(toneCurve(code / highest), 0), 1)),
  );
  for (let i = 0; i < luminance.length; i++) luminance[i] = table[pixels[i * channels]!]!;
}

function alphaOf(pixels: Uint8Array | Uint16Array, channels: number): Uint8Array | Uint16Array {
  const count = pixels.length / channels;
  const alpha = pixels instanceof Uint16Array ? new Uint16Array(count) : new Uint8Array(count);
  for (let i = 0; i < count; i++) alpha[i] = pixels[i * channels + channels - 1]!;
  return alpha;
}

function decodingError(error: unknown, name: string): UserError {
  const reason = error instanceof Error ? error.message.trim().split("\n")[0]! : String(error);
  if (reason.includes("unsupported image format")) {
    return new UserError(
      `Expected a picture (JPEG, PNG, WebP, TIFF, AVIF or GIF) but ${name} is none, or its start is damaged.`,
    );
  }
  if (reason.includes("pixel limit")) {
    return new UserError(
      `${name} has more than 268 million pixels, the most that can be colourised at once; reduce or split it.`,
    );
  }
  return new UserError(
    `${name} is broken or cut short (${reason}); copy or download it again, or open and save it in a picture editor.`,
  );
}
