// The library call: `Colorizer.load()`, `colorize()`, `toFile()`.

import type { ColorModel, ReadOuts } from "@let-there-be-color/core/colorize";
import type { ModelMetadata } from "@let-there-be-color/core/model";
import { type LoadProgress, loadColorModel } from "./color-model.js";
import type { ColorPhoto } from "./color-photo.js";
import {
  analyzeDecoded,
  assertColorizeOptions,
  type ColorizeOptions,
  type ColorizeProgress,
  openInput,
} from "./colorize-stages.js";
import { Composer } from "./image/composer.js";
import type { DecodedPhoto } from "./image/decode.js";
import { assertRawPixels, decodedPixels, type RawPixels } from "./image/raw-pixels.js";
import { ReferencePictures } from "./reference-picture.js";
import type { RuntimeOptions } from "./runtime/onnx-runtime.js";
import type { Watch } from "./watch.js";

/** How to load a {@link Colorizer}. */
export interface LoadOptions extends RuntimeOptions {
  /** Path or bytes of an ONNX colour model. Default: the weights that come along. */
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
 *
 * @example
 * await using colorizer = await Colorizer.load(); // closes itself at the end of the block (TypeScript, Node 24)
 */
export class Colorizer {
  readonly #model: ColorModel;
  readonly #references: ReferencePictures;
  readonly #composer: Composer;
  readonly #underWay = new Set<Promise<unknown>>();
  #closed = false;

  private constructor(model: ColorModel, composer: Composer) {
    this.#model = model;
    this.#references = new ReferencePictures(model);
    this.#composer = composer;
  }

  /**
   * Loads a model.
   *
   * @throws UserError if the model is missing, broken or no colour model, or the device or number
   * of threads is not available here
   * @throws the reason of `signal` if it is aborted
   */
  static async load(
    { model, pictures, ...runtimeOptions }: LoadOptions = {},
    watch: Watch<LoadProgress> = {},
  ): Promise<Colorizer> {
    const workload = pictures === undefined ? {} : { pictures };
    const loaded = await loadColorModel(model, runtimeOptions, workload, watch);
    return new Colorizer(loaded, new Composer(runtimeOptions.threads));
  }

  /** What the model says about itself: class names, working size, licence, training. */
  get metadata(): ModelMetadata {
    return this.#model.metadata;
  }

  /** The read-outs to choose `colors` from; undefined if the model predicts one colour only. */
  get readOuts(): ReadOuts | undefined {
    return this.#model.readOuts;
  }

  /**
   * Colourises a picture of any size: JPEG, PNG, WebP, TIFF, AVIF, or the first frame of a GIF. A
   * colour picture is treated as grey. Calls may overlap; the network sees them one by one.
   *
   * @param input path or bytes of a picture file, or pixels
   * @throws UserError if it is missing, empty, broken or no picture, an option is out of range, or the
   * model does not take what is said of the colours
   * @throws the reason of `signal` if it is aborted; while the network runs, that has to wait
   *
   * @example
   * const { pixels } = await colorizer.colorize({ data, width, height, channels: 1 });
   */
  async colorize(
    input: string | Uint8Array | RawPixels,
    options: ColorizeOptions = {},
    watch: Watch<ColorizeProgress> = {},
  ): Promise<ColorPhoto> {
    return this.#during(() => this.#colorize(input, options, watch));
  }

  /** Frees the model, after the pictures under way are done. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await Promise.allSettled(this.#underWay);
    await Promise.all([this.#model.close(), this.#composer.close()]);
  }

  /** The same as {@link close}, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Work that {@link close} waits for. */
  async #during<T>(task: () => Promise<T>): Promise<T> {
    if (this.#closed) throw new Error("This Colorizer is closed");
    const work = task();
    this.#underWay.add(work);
    try {
      return await work;
    } finally {
      this.#underWay.delete(work);
    }
  }

  async #colorize(
    input: string | Uint8Array | RawPixels,
    options: ColorizeOptions,
    watch: Watch<ColorizeProgress>,
  ): Promise<ColorPhoto> {
    const { workingSize, rotate, hints, reference, referenceStrength, ...colors } = options;
    assertColorizeOptions(options);
    if (colors.colors !== undefined) this.#model.assertDistributions("colors");
    if (hints && hints.length > 0) this.#model.assertTakes("hints");
    watch.signal?.throwIfAborted();
    const globalFeatures =
      reference === undefined ? undefined : await this.#references.globalFeatures(reference);
    watch.signal?.throwIfAborted();
    const decoded = await this.#decode(input);
    watch.signal?.throwIfAborted();
    const path = typeof input === "string" ? input : undefined;
    const tools = {
      model: this.#model,
      composer: this.#composer,
      isBusy: () => this.#underWay.size > 1,
      during: <T>(task: () => Promise<T>) => this.#during(task),
    };
    const analysis = {
      workingSize,
      rotate,
      hints,
      reference: globalFeatures && { globalFeatures, share: referenceStrength },
    };
    const analyzed = await analyzeDecoded(decoded, path, tools, analysis, watch);
    const photo = await analyzed.render(colors);
    watch.signal?.throwIfAborted();
    watch.onProgress?.({ type: "composed" });
    return photo;
  }

  async #decode(input: string | Uint8Array | RawPixels): Promise<DecodedPhoto> {
    if (typeof input === "string" || input instanceof Uint8Array) {
      const opened = await openInput(input);
      this.#composer.prepare(opened.pixelCount);
      return opened.decode();
    }
    assertRawPixels(input);
    this.#composer.prepare(input.width * input.height);
    return decodedPixels(input);
  }
}
