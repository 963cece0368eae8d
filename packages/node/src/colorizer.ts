// The library call: `Colorizer.load()`, `colorize()`, `toFile()`.

import type { ColorModel } from "@let-there-be-color/core/colorize";
import type { ModelMetadata } from "@let-there-be-color/core/model";
import { loadColorModel } from "./color-model.js";
import type { ColorPhoto } from "./color-photo.js";
import {
  assertColorizeOptions,
  type ColorizeOptions,
  colorizeDecoded,
  openInput,
} from "./colorize-stages.js";
import { Composer } from "./image/composer.js";
import type { RuntimeOptions } from "./runtime/onnx-runtime.js";

/** How to load a {@link Colorizer}. */
export interface LoadOptions extends RuntimeOptions {
  /** Path or bytes of an ONNX colour model. Default: the `compact` weights that come along. */
  readonly model?: string | Uint8Array;
  /**
   * How many pictures will be colourised, roughly. Default: many, for which the network is arranged
   * to run faster; that takes 0.2 s when it is loaded, more for the large presets.
   */
  readonly pictures?: number;
}

/**
 * Colourises photographs with one loaded model.
 *
 * @example
 * const colorizer = await Colorizer.load();
 * const photo = await colorizer.colorize("grey.jpg");
 * await photo.toFile("color.jpg");
 * await colorizer.close();
 */
export class Colorizer {
  readonly #model: ColorModel;
  readonly #composer: Composer;
  readonly #underWay = new Set<Promise<ColorPhoto>>();
  #closed = false;

  private constructor(model: ColorModel, composer: Composer) {
    this.#model = model;
    this.#composer = composer;
  }

  /**
   * Loads a model.
   *
   * @throws UserError if the model is missing, broken or no colour model, or the device or number
   * of threads is not available here
   */
  static async load({ model, pictures, ...runtimeOptions }: LoadOptions = {}): Promise<Colorizer> {
    const workload = pictures === undefined ? {} : { pictures };
    const loaded = await loadColorModel(model, runtimeOptions, workload);
    return new Colorizer(loaded, new Composer(runtimeOptions.threads));
  }

  /** What the model says about itself: class names, working size, licence, training. */
  get metadata(): ModelMetadata {
    return this.#model.metadata;
  }

  /**
   * Colourises a picture of any size: JPEG, PNG, WebP, TIFF, AVIF, or the first frame of a GIF. A
   * colour picture is treated as grey. Calls may overlap; the network sees them one by one.
   *
   * @param input path or bytes of a picture
   * @throws UserError if it is missing, empty, broken or no picture, or an option is out of range
   */
  async colorize(input: string | Uint8Array, options: ColorizeOptions = {}): Promise<ColorPhoto> {
    if (this.#closed) throw new Error("This Colorizer is closed");
    assertColorizeOptions(options);
    const work = this.#colorize(input, options);
    this.#underWay.add(work);
    try {
      return await work;
    } finally {
      this.#underWay.delete(work);
    }
  }

  /** Frees the model, after the pictures under way are done. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await Promise.allSettled(this.#underWay);
    await Promise.all([this.#model.close(), this.#composer.close()]);
  }

  async #colorize(input: string | Uint8Array, options: ColorizeOptions): Promise<ColorPhoto> {
    const opened = await openInput(input);
    this.#composer.prepare(opened.pixelCount);
    const decoded = await opened.decode();
    const path = typeof input === "string" ? input : undefined;
    const isBusy = () => this.#underWay.size > 1;
    const tools = { model: this.#model, composer: this.#composer, isBusy };
    return colorizeDecoded(decoded, path, tools, options);
  }
}
