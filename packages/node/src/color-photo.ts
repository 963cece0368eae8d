import {
  assertAlternatives,
  assertRenderOptions,
  type RenderOptions,
  type Scene,
} from "@let-there-be-color/core/colorize";
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
import type { UncertaintyMap } from "./uncertainty-map.js";

/** How to encode a {@link ColorPhoto}. */
export interface EncodeOptions {
  /** Quality of JPEG, WebP and AVIF, 1..100. Default 95. */
  readonly quality?: number;
}

/** How to write a {@link ColorPhoto} to a file. */
export interface ToFileOptions extends EncodeOptions {
  /** Replace an existing file. Default false. The input itself is never replaced. */
  readonly overwrite?: boolean;
  /** Default: what the extension says. */
  readonly format?: OutputFormat;
}

/**
 * A colourised photograph, sRGB, in memory, with what the network said of it: other colours cost no
 * second run.
 */
export class ColorPhoto {
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
  readonly #picture: PixelPicture;
  readonly #source: AnalyzedPhoto;

  /** @internal Made by `Colorizer.colorize`. */
  constructor(picture: PixelPicture, source: AnalyzedPhoto) {
    this.#picture = picture;
    this.#source = source;
    this.width = picture.width;
    this.height = picture.height;
    this.channels = picture.channels;
    this.pixels = picture.pixels;
    this.scenes = source.scenes;
    this.notices = source.notices;
    this.inputFormat = source.inputFormat;
  }

  /**
   * The same photograph in other colours. What is left out of the options has its default, whatever
   * this photograph was made with.
   *
   * @throws UserError if an option is out of range, or `colors` are asked of a model without read-outs
   * @throws Error if the Colorizer is closed
   *
   * @example
   * const vivid = await photo.render({ colors: "vivid", warmth: 0.3 });
   */
  async render(options: RenderOptions = {}): Promise<ColorPhoto> {
    assertRenderOptions(options);
    return this.#source.during(() => this.#source.render(options));
  }

  /**
   * Distinct colourings that the network holds possible: the first is what {@link render} gives, each
   * next one is as different from those before as its likelihood allows.
   *
   * @param count how many at most, 1..9; there are fewer where the network sees no other likely colours
   * @throws UserError if an option is out of range, or the model predicts one colour only
   * @throws Error if the Colorizer is closed
   */
  async alternatives(count: number, options: RenderOptions = {}): Promise<ColorPhoto[]> {
    assertRenderOptions(options);
    assertAlternatives(count);
    return this.#source.during(async () => {
      const photos: ColorPhoto[] = [];
      for (const chroma of this.#source.alternatives(count, options)) {
        photos.push(await this.#source.compose(chroma));
      }
      return photos;
    });
  }

  /**
   * Where the network was unsure of the colours.
   *
   * @throws UserError if the model predicts one colour only
   */
  uncertainty(): UncertaintyMap {
    return this.#source.uncertainty();
  }

  /**
   * Encodes the picture, by default in the format of the input.
   *
   * @returns the file, and what of the picture its format cannot keep
   * @throws UserError if the format cannot hold it
   */
  async encode(
    format: OutputFormat = this.inputFormat,
    { quality }: EncodeOptions = {},
  ): Promise<EncodedPhoto> {
    if (!OUTPUT_FORMATS.includes(format)) {
      throw new UserError(
        "option-invalid",
        `Expected one of the formats ${OUTPUT_FORMATS.join(", ")} but received ${format}.`,
      );
    }
    return encodePhoto(this.#picture, format, quality);
  }

  /**
   * The bytes of {@link encode}.
   *
   * @throws UserError if the format cannot hold it
   */
  async toBuffer(format?: OutputFormat, options?: EncodeOptions): Promise<Buffer> {
    return (await this.encode(format, options)).bytes;
  }

  /**
   * Writes the picture to a file, whole or not at all. Missing folders are made.
   *
   * @returns what of the picture the format cannot keep
   * @throws UserError if the file exists (see `overwrite`) or is the input, cannot be written, or
   * its extension names no format that can be written
   */
  async toFile(path: string, options: ToFileOptions = {}): Promise<readonly Notice[]> {
    const { overwrite, quality, format = formatOfFileName(path) } = options;
    if (!format) {
      throw new UserError(
        "option-invalid",
        `Expected the name of an output picture to end in ${WRITTEN_IN_WORDS} but received ${path}.`,
      );
    }
    await assertWritable(path, { input: this.#source.inputPath, overwrite });
    const { bytes, notices } = await this.encode(format, quality === undefined ? {} : { quality });
    await writeWhole(path, bytes, { overwrite });
    return notices;
  }
}
