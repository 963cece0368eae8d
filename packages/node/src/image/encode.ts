// Pixels -> picture file.

import type { Notice } from "@let-there-be-color/core/notice";
import { UserError } from "@let-there-be-color/core/user-error";
import sharp, { type Sharp } from "sharp";
import { type CarriedMetadata, insertExif } from "./carried-metadata.js";
import type { OutputFormat } from "./format.js";

/** Quality of lossy formats unless asked otherwise: differences are hard to see at 100 %. */
export const DEFAULT_QUALITY = 95;

/** Interleaved sRGB pixels with the metadata that goes along. */
export interface PixelPicture {
  readonly width: number;
  readonly height: number;
  /** `[height, width, channels]`; 16-bit samples in a `Uint16Array`. */
  readonly pixels: Uint8Array | Uint16Array;
  /** 3 RGB, 4 RGB + alpha. */
  readonly channels: 3 | 4;
  readonly metadata: CarriedMetadata;
}

/** A picture file. */
export interface EncodedPhoto {
  readonly bytes: Buffer;
  /** What its format could not keep. */
  readonly notices: readonly Notice[];
}

/**
 * Encodes a picture as sRGB. JPEG is written with full chroma resolution (4:4:4); PNG and TIFF are
 * lossless and keep 16 bits; the other formats have 8. TIFF and AVIF cannot carry EXIF here.
 *
 * @param quality 1..100, of JPEG, WebP and AVIF
 * @returns the file, and what of the picture the format cannot hold
 * @throws UserError if the format cannot hold the picture's transparency or size
 */
export async function encodePhoto(
  picture: PixelPicture,
  format: OutputFormat,
  quality: number = DEFAULT_QUALITY,
): Promise<EncodedPhoto> {
  const { width, height, pixels, channels, metadata } = picture;
  if (!Number.isInteger(quality) || quality < 1 || quality > 100) {
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
  if (metadata.density) image = image.withDensity(metadata.density);
  if (metadata.xmp) image = image.withXmp(metadata.xmp);
  try {
    const file = await encoder(image, format, quality).toBuffer();
    const bytes = metadata.exif ? insertExif(file, format, metadata.exif) : file;
    return { bytes, notices: notKept(metadata, format) };
  } catch (error) {
    const reason = error instanceof Error ? error.message.trim().split("\n")[0] : String(error);
    throw new UserError(
      "output-unwritable",
      `A picture of ${width} x ${height} pixels cannot be written as ${format} (${reason}); choose PNG or TIFF.`,
      { cause: error },
    );
  }
}

function notKept({ exif }: CarriedMetadata, format: OutputFormat): Notice[] {
  if (!exif || (format !== "tiff" && format !== "avif")) return [];
  return [{ code: "not-kept", message: `EXIF is not kept in ${format.toUpperCase()}.` }];
}

function encoder(image: Sharp, format: OutputFormat, quality: number): Sharp {
  switch (format) {
    case "jpeg":
      return image.jpeg({ quality, chromaSubsampling: "4:4:4", optimizeCoding: true });
    case "png":
      return image.png();
    case "webp":
      return image.webp({ quality, alphaQuality: 100, smartSubsample: true });
    case "tiff":
      return image.tiff({ compression: "deflate", predictor: "horizontal" });
    case "avif":
      return image.avif({ quality, chromaSubsampling: "4:4:4" });
  }
}

function isTransparent(pixels: Uint8Array | Uint16Array): boolean {
  const opaque = pixels instanceof Uint16Array ? 65535 : 255;
  for (let i = 3; i < pixels.length; i += 4) if (pixels[i] !== opaque) return true;
  return false;
}
