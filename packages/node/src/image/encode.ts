// Pixels -> picture file.

import {
  outputMetadata,
  type PictureMetadata,
  type Provenance,
  writeMetadata,
} from "@let-there-be-color/core/metadata";
import type { Notice } from "@let-there-be-color/core/notice";
import { UserError } from "@let-there-be-color/core/user-error";
import sharp, { type Sharp } from "sharp";
import type { OutputFormat } from "./format.js";

/** Quality of lossy formats unless asked otherwise: differences are hard to see at 100 %. */
export const DEFAULT_QUALITY = 95;

/**
 * Pixels up to which a JPEG gets Huffman tables of its own, for which libjpeg holds all coefficients: 6
 * bytes a pixel, twice the picture. Larger files become about a tenth larger without.
 */
const OWN_HUFFMAN_TABLES_UP_TO = 40e6;

/** Interleaved sRGB pixels with the metadata that goes along. */
export interface PixelPicture {
  readonly width: number;
  readonly height: number;
  /** `[height, width, channels]`; 16-bit samples in a `Uint16Array`. */
  readonly pixels: Uint8Array | Uint16Array;
  /** 3 RGB, 4 RGB + alpha. */
  readonly channels: 3 | 4;
  /** As they were found in the input. */
  readonly metadata: PictureMetadata;
  /** Whether a format that has a lossless form, WebP, uses it unless a quality is asked for. */
  readonly isLossless?: boolean;
}

/** How to encode a {@link PixelPicture}. */
export interface EncodingOptions {
  /** 1..100, of JPEG, WebP and AVIF. Default {@link DEFAULT_QUALITY}. */
  readonly quality?: number | undefined;
  /** What made the colours, to be said in the file; left out: the file does not say it. */
  readonly provenance?: Provenance | undefined;
}

/** A picture file. */
export interface EncodedPhoto {
  readonly bytes: Buffer;
  /** What its format could not keep. */
  readonly notices: readonly Notice[];
}

/**
 * Encodes a picture as sRGB, and says so in it. JPEG and AVIF are written with full chroma resolution
 * (4:4:4); PNG and TIFF are lossless and keep 16 bits; AVIF has 12 bits for pictures of 16, JPEG and
 * WebP always 8.
 *
 * @returns the file, and what of the picture the format cannot hold
 * @throws UserError if the format cannot hold the picture's transparency or size
 */
export async function encodePhoto(
  picture: PixelPicture,
  format: OutputFormat,
  { quality, provenance }: EncodingOptions = {},
): Promise<EncodedPhoto> {
  const { width, height, pixels, channels } = picture;
  if (quality !== undefined && !(Number.isInteger(quality) && quality >= 1 && quality <= 100)) {
    throw new UserError(
      "option-invalid",
      `Expected a \`quality\` from 1 to 100 but received ${quality}.`,
    );
  }
  let image = sharp(pixels, { raw: { width, height, channels }, limitInputPixels: false });
  if (pixels instanceof Uint16Array) image = image.toColourspace("rgb16");
  if (format === "jpeg" && channels === 4) {
    if (isTransparent(pixels)) {
      throw new UserError(
        "output-unwritable",
        "JPEG cannot hold the transparency of this picture; choose PNG, WebP or TIFF.",
      );
    }
    image = image.removeAlpha();
  }
  let file: Buffer;
  try {
    file = await encoder(image, picture, format, quality).toBuffer();
  } catch (error) {
    const reason = error instanceof Error ? error.message.trim().split("\n")[0] : String(error);
    throw new UserError(
      "output-unwritable",
      `A picture of ${width} x ${height} pixels cannot be written as ${format} (${reason}); choose PNG or TIFF.`,
      { cause: error },
    );
  }
  const metadata = outputMetadata(picture.metadata, { width, height, provenance });
  const { bytes, notices } = writeMetadata(file, format, metadata);
  return {
    bytes: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength),
    notices: [...bitsNotKept(pixels, format), ...notices],
  };
}

function bitsNotKept(pixels: Uint8Array | Uint16Array, format: OutputFormat): Notice[] {
  const bits = { jpeg: 8, webp: 8, avif: 12, png: 16, tiff: 16 }[format];
  if (!(pixels instanceof Uint16Array) || bits === 16) return [];
  const message = `The 16 bits of each sample become ${bits}, the most that is written in ${format.toUpperCase()}; PNG and TIFF keep them.`;
  return [{ code: "not-kept", message }];
}

function encoder(
  image: Sharp,
  { width, height, pixels, isLossless = false }: PixelPicture,
  format: OutputFormat,
  asked: number | undefined,
): Sharp {
  const quality = asked ?? DEFAULT_QUALITY;
  switch (format) {
    case "jpeg":
      return image.jpeg({
        quality,
        chromaSubsampling: "4:4:4",
        optimizeCoding: width * height <= OWN_HUFFMAN_TABLES_UP_TO,
      });
    case "png":
      return image.png();
    case "webp":
      if (isLossless && asked === undefined) return image.webp({ lossless: true, exact: true });
      return image.webp({ quality, alphaQuality: 100, smartSubsample: true });
    case "tiff":
      return image.tiff({ compression: "deflate", predictor: "horizontal" });
    case "avif":
      return image.avif({
        quality,
        chromaSubsampling: "4:4:4",
        bitdepth: pixels instanceof Uint16Array ? 12 : 8,
      });
  }
}

function isTransparent(pixels: Uint8Array | Uint16Array): boolean {
  const opaque = pixels instanceof Uint16Array ? 65535 : 255;
  for (let i = 3; i < pixels.length; i += 4) if (pixels[i] !== opaque) return true;
  return false;
}
