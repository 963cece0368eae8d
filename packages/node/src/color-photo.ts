import type { RenderOptions, Scene } from "@let-there-be-color/core/colorize";
import type { Notice } from "@let-there-be-color/core/notice";
import type { ColorizingThread } from "./colorizing-thread/colorizing-thread.js";
import type { HeldPhoto } from "./colorizing-thread/service.js";
import type { EncodeOptions, PhotoFacts, ToFileOptions } from "./composed-photo.js";
import type { EncodedPhoto } from "./image/encode.js";
import type { OutputFormat } from "./image/format.js";
import { ownCopy } from "./inputs/copied-bytes.js";
import { pathOfFile } from "./inputs/file-path.js";
import { UncertaintyMap } from "./uncertainty-map.js";

/**
 * A colourised photograph, sRGB, in memory, with what the network said of it: other colours cost no
 * second run. Its memory is freed when it is garbage, or by {@link release}.
 */
export class ColorPhoto implements PhotoFacts {
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
  /**
   * How many full-size pages the input has, of which this is one (see the option `page`); 1 of
   * anything but TIFF. `joinTiffPages` makes one file of several.
   */
  readonly pageCount: number;
  readonly #thread: ColorizingThread;
  readonly #photo: number;

  /** @internal Made by `Colorizer.colorize`. */
  constructor(held: HeldPhoto, thread: ColorizingThread) {
    const { facts } = held;
    this.width = facts.width;
    this.height = facts.height;
    this.channels = facts.channels;
    this.pixels = facts.pixels;
    this.scenes = facts.scenes;
    this.notices = facts.notices;
    this.inputFormat = facts.inputFormat;
    this.pageCount = facts.pageCount;
    this.#photo = held.photo;
    this.#thread = thread;
    thread.photos.add(this, held);
  }

  /**
   * The same photograph in other colours. What is left out of the options has its default, whatever
   * this photograph was made with.
   *
   * @throws UserError if an option is out of range, or `colors` are asked of a model without read-outs
   * @throws Error if the Colorizer is closed or the photograph released
   *
   * @example
   * const vivid = await photo.render({ colors: "vivid", warmth: 0.3 });
   */
  async render(options: RenderOptions = {}): Promise<ColorPhoto> {
    const rendered = await this.#held.call("render", [this.#photo, options]);
    return new ColorPhoto(rendered, this.#thread);
  }

  /**
   * Distinct colourings that the network holds possible: the first is what {@link render} gives, each
   * next one is as different from those before as its likelihood allows.
   *
   * @param count how many at most, 1..9; there are fewer where the network sees no other likely colours
   * @throws UserError if an option is out of range, or the model predicts one colour only
   * @throws Error if the Colorizer is closed or the photograph released
   */
  async alternatives(count: number, options: RenderOptions = {}): Promise<ColorPhoto[]> {
    const photos = await this.#held.call("alternatives", [this.#photo, count, options]);
    return photos.map((photo) => new ColorPhoto(photo, this.#thread));
  }

  /**
   * Where the network was unsure of the colours.
   *
   * @throws UserError if the model predicts one colour only
   * @throws Error if the Colorizer is closed or the photograph released
   */
  async uncertainty(): Promise<UncertaintyMap> {
    const { plane, inputPath } = await this.#held.call("uncertainty", [this.#photo]);
    return new UncertaintyMap(plane, { width: this.width, height: this.height }, inputPath);
  }

  /**
   * Encodes the picture, by default in the format of the input.
   *
   * @returns the file, and what of the picture its format cannot keep
   * @throws UserError if the format cannot hold it
   * @throws Error if the Colorizer is closed or the photograph released
   */
  async encode(format?: OutputFormat, options: EncodeOptions = {}): Promise<EncodedPhoto> {
    const { bytes, notices } = await this.#held.call("encode", [this.#photo, format, options]);
    return { bytes: await ownCopy(bytes), notices };
  }

  /**
   * The bytes of {@link encode}.
   *
   * @throws UserError if the format cannot hold it
   * @throws Error if the Colorizer is closed or the photograph released
   */
  async toBuffer(format?: OutputFormat, options?: EncodeOptions): Promise<Buffer> {
    return (await this.encode(format, options)).bytes;
  }

  /**
   * Writes the picture to a file, whole or not at all. Missing folders are made.
   *
   * @param path also as a URL of a file
   * @returns what of the picture the format cannot keep
   * @throws UserError if the file exists (see `overwrite`) or is the input, cannot be written, or
   * its extension names no format that can be written
   * @throws Error if the Colorizer is closed or the photograph released
   */
  async toFile(path: string | URL, options: ToFileOptions = {}): Promise<readonly Notice[]> {
    return this.#held.call("toFile", [this.#photo, pathOfFile(path), options]);
  }

  /**
   * Frees what is kept for rendering and encoding, which needs this photograph no more. `pixels` stay
   * as long as somebody has them. May be called twice.
   */
  release(): void {
    this.#thread.photos.remove(this);
  }

  /** The same as {@link release}, for `using`. */
  [Symbol.dispose](): void {
    this.release();
  }

  get #held(): ColorizingThread {
    if (!this.#thread.photos.has(this)) throw new Error("This photograph has been released");
    return this.#thread;
  }
}
