// Samples of a picture file through libvips. Strict at first, since a lenient decoder fills what is
// missing with grey; then again where the mistake is known to be outside of the picture.

import { tiffOfPixelsOnly, tiffPixelBytes } from "@let-there-be-color/core/metadata";
import type { Notice } from "@let-there-be-color/core/notice";
import sharp, { type Metadata, type Region, type SharpOptions } from "sharp";
import { decodingError, reasons } from "./decoding-error.js";
import type { FileKind } from "./file-kind.js";
import { withJpegEnd } from "./jpeg-scans.js";

/** A picture in a file. */
export interface PictureSource {
  readonly file: Uint8Array;
  readonly kind: FileKind;
  /** Index of the page in a TIFF; 0 elsewhere. */
  readonly page: number;
  /** What to call the file in messages. */
  readonly name: string;
}

/** What is asked of libvips. */
export interface SampleRequest {
  readonly bitDepth: 8 | 16;
  /** The input's own grey values, without looking at a profile. */
  readonly isRawGrey: boolean;
  readonly hasAlpha: boolean;
  readonly hasColorProfile: boolean;
}

/** Interleaved samples, upright: sRGB, or the input's own grey values. */
export interface Samples {
  readonly data: Uint8Array | Uint16Array;
  readonly channels: number;
  readonly width: number;
  readonly height: number;
}

/** @throws UserError if the header is broken */
export async function readHeader(source: PictureSource): Promise<Metadata> {
  const { file, page, name, kind } = source;
  try {
    return await sharp(file, openingOptions(source)).metadata();
  } catch (error) {
    const repaired = kind === "tiff" ? tiffOfPixelsOnly(file, page) : undefined;
    if (!repaired) throw decodingError(error, name);
    try {
      return await sharp(repaired, STRICT).metadata();
    } catch {
      throw decodingError(error, name);
    }
  }
}

/**
 * "warning" makes cut-short and corrupt data an error instead of a half grey picture. The number of
 * pixels is looked at before anything is decoded.
 */
const STRICT: SharpOptions = { failOn: "warning", limitInputPixels: false };

/** A page is asked for in TIFF only: HEIF files say themselves which of their pictures comes first. */
function openingOptions({ kind, page }: PictureSource): SharpOptions {
  return kind === "tiff" ? { ...STRICT, page } : STRICT;
}

/** Which bytes are decoded, and how strictly. */
interface DecodingWay {
  readonly file: Uint8Array;
  readonly options: SharpOptions;
}

/** Reads the same file several times, without asking again how it has to be read. */
export class SampleReader {
  readonly #source: PictureSource;
  readonly #request: SampleRequest;
  readonly #notices = new Map<string, Notice>();
  #way: DecodingWay;

  constructor(source: PictureSource, request: SampleRequest) {
    this.#source = source;
    this.#request = request;
    this.#way = { file: source.file, options: openingOptions(source) };
  }

  /** What was wrong with the file, after it has been read. */
  get notices(): readonly Notice[] {
    return [...this.#notices.values()];
  }

  /**
   * @param region a part of the picture, as it is stored; default: all of it, upright
   * @throws UserError if the file is broken or cut short
   */
  async read(region?: Region): Promise<Samples> {
    try {
      return await this.#decode(this.#way, region);
    } catch (error) {
      for (const way of this.#otherWays(error)) {
        try {
          const samples = await this.#decode(way, region);
          this.#way = way;
          this.#note("repaired", way.message);
          return samples;
        } catch {
          // What strict decoding said is told.
        }
      }
      throw decodingError(error, this.#source.name);
    }
  }

  *#otherWays(error: unknown) {
    const { kind, file, page } = this.#source;
    if (kind === "jpeg") {
      const ended = withJpegEnd(file);
      const message = "The end of its file is missing; the picture is whole.";
      if (ended) yield { file: ended, options: STRICT, message };
      if (reasons(error).every(isHarmlessInJpeg)) {
        const lenient: SharpOptions = { ...STRICT, failOn: "none" };
        yield {
          file,
          options: lenient,
          message: "Its file has superfluous bytes; the picture is whole.",
        };
      }
    }
    if (kind === "tiff") {
      const repaired = tiffPixelBytes(file, page) ? tiffOfPixelsOnly(file, page) : undefined;
      const message = "Fields of its TIFF header have mistakes; the picture is whole.";
      if (repaired) yield { file: repaired, options: STRICT, message };
    }
  }

  async #decode({ file, options }: DecodingWay, region?: Region): Promise<Samples> {
    const { bitDepth, isRawGrey, hasAlpha, hasColorProfile } = this.#request;
    // sharp leaves the alpha of an 8-bit grey picture out: as colours it stays.
    const [grey, color] =
      bitDepth === 16 ? ["grey16", "rgb16"] : [hasAlpha ? "srgb" : "b-w", "srgb"];
    let image = sharp(file, { ...options, ignoreIcc: isRawGrey });
    const warnings: string[] = [];
    image.on("warning", (message: string) => warnings.push(message));
    image = region ? image.extract(region) : image.autoOrient();
    image = image.toColourspace(isRawGrey ? grey! : color!);
    // sharp takes 16-bit colour through Display P3; naming the output profile brings it to sRGB.
    if (hasColorProfile && bitDepth === 16) image = image.withIccProfile("srgb");
    const { data, info } = await image
      .raw({ depth: bitDepth === 16 ? "ushort" : "uchar" })
      .toBuffer({ resolveWithObject: true });
    if (options.failOn === "none" && !warnings.every(isHarmlessInJpeg)) {
      throw new Error(warnings.join("\n"));
    }
    if (warnings.some((warning) => /embedded profile|profile incompatible/.test(warning))) {
      this.#note(
        "color-assumed",
        "Its colour profile is damaged or not for such a picture; its samples are taken for sRGB.",
      );
    }
    const pixels =
      bitDepth === 16 ? new Uint16Array(data.buffer, data.byteOffset, data.length / 2) : data;
    return { data: pixels, channels: info.channels, width: info.width, height: info.height };
  }

  #note(code: Notice["code"], message: string): void {
    this.#notices.set(message, { code, message });
  }
}

/**
 * Warnings of libjpeg about bytes between segments, not within the compressed data (where they mean
 * that it is damaged), and about values that nothing depends on.
 */
function isHarmlessInJpeg(message: string): boolean {
  return (
    /^read gave \d+ warnings$/.test(message.trim()) ||
    /error in tile/.test(message) ||
    /extraneous bytes before marker 0x(c|d[a-f]|e|f)/.test(message) ||
    /unknown JFIF revision|Unknown Adobe color transform/i.test(message)
  );
}
