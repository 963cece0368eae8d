// A picture in colour, in this thread's memory.

import type { Scene } from "@let-there-be-color/core/colorize";
import type { Notice } from "@let-there-be-color/core/notice";
import { UserError } from "@let-there-be-color/core/user-error";
import type { AnalyzedPhoto } from "./analyzed-photo.js";
import { assertWritable, writeWhole } from "./files/output-file.js";
import { type EncodedPhoto, encodePhoto, type PixelPicture } from "./image/encode.js";
import {
  formatOfFileName,
  OUTPUT_FORMATS,
  type OutputFormat,
  WRITTEN_IN_WORDS,
} from "./image/format.js";

/** How to encode a photograph. */
export interface EncodeOptions {
  /** Quality of JPEG, WebP and AVIF, 1..100. Default 95; WebP that was lossless stays so. */
  readonly quality?: number;
  /**
   * Whether the file says that a network made its colours, and which (XMP: Digital Source Type, AI
   * System Used). Default true.
   */
  readonly provenance?: boolean;
}

/** How to write a photograph to a file. */
export interface ToFileOptions extends EncodeOptions {
  /** Replace an existing file. Default false. The input itself is never replaced. */
  readonly overwrite?: boolean;
  /** Default: what the extension says. */
  readonly format?: OutputFormat;
}

/** What is known of a colourised photograph. */
export interface PhotoFacts {
  readonly width: number;
  readonly height: number;
  /** 3 for RGB, 4 for RGB + alpha. */
  readonly channels: 3 | 4;
  /**
   * Interleaved sRGB samples of 8 or (`Uint16Array`) 16 bits: `[height, width, channels]`. They lie
   * in a SharedArrayBuffer; where an API asks for memory of its own, pass `pixels.slice()`.
   */
  readonly pixels: Uint8Array | Uint16Array;
  /** Scene classes, most probable first; empty if the model has no classifier. */
  readonly scenes: readonly Scene[];
  /** What to know about this colouring: what of the input is left out, what looks doubtful. */
  readonly notices: readonly Notice[];
  /** The input's own format, or "png" if that cannot be written. */
  readonly inputFormat: OutputFormat;
  /** How many full-size pages the input has, of which this is one; 1 of anything but TIFF. */
  readonly pageCount: number;
}

/** A colourised photograph, sRGB, in memory. */
export class ComposedPhoto {
  readonly facts: PhotoFacts;
  readonly #picture: PixelPicture;
  readonly #source: AnalyzedPhoto;

  /** @param doubts about these colours */
  constructor(picture: PixelPicture, source: AnalyzedPhoto, doubts: readonly Notice[]) {
    this.#picture = picture;
    this.#source = source;
    const { width, height, channels, pixels } = picture;
    const { scenes, inputFormat, pageCount } = source;
    const notices = [...source.notices, ...doubts];
    const ofInput = { scenes, inputFormat, pageCount };
    this.facts = { width, height, channels, pixels, notices, ...ofInput };
  }

  /**
   * Encodes the picture, by default in the format of the input.
   *
   * @returns the file, and what of the picture its format cannot keep
   * @throws UserError if the format cannot hold it
   */
  async encode(
    format: OutputFormat = this.facts.inputFormat,
    { quality, provenance = true }: EncodeOptions = {},
  ): Promise<EncodedPhoto> {
    if (!OUTPUT_FORMATS.includes(format)) {
      throw new UserError(
        "option-invalid",
        `Expected one of the formats ${OUTPUT_FORMATS.join(", ")} but received ${format}.`,
      );
    }
    return encodePhoto(this.#picture, format, {
      quality,
      provenance: provenance ? this.#source.provenance : undefined,
    });
  }

  /**
   * Writes the picture to a file, whole or not at all. Missing folders are made. If it came from a
   * file, it gets that file's modification time and permissions.
   *
   * @returns what of the picture the format cannot keep
   * @throws UserError if the file exists (see `overwrite`) or is the input, cannot be written, or
   * its extension names no format that can be written
   */
  async toFile(path: string, options: ToFileOptions = {}): Promise<readonly Notice[]> {
    const { overwrite, format = formatOfFileName(path), ...encoding } = options;
    const { inputPath } = this.#source;
    if (!format) {
      throw new UserError(
        "option-invalid",
        `Expected the name of an output picture to end in ${WRITTEN_IN_WORDS} but received ${path}.`,
      );
    }
    await assertWritable(path, { input: inputPath, overwrite });
    const { bytes, notices } = await this.encode(format, encoding);
    await writeWhole(path, bytes, { overwrite, like: inputPath });
    return notices;
  }
}
