// The library call: `Colorizer.load()`, `colorize()`, `toFile()`. The work is done in a thread.

import type { ModelInterface, ReadOuts } from "@let-there-be-color/core/colorize";
import type { ModelMetadata } from "@let-there-be-color/core/model";
import type { LoadProgress } from "./color-model.js";
import { ColorPhoto } from "./color-photo.js";
import type { ColorizeOptions, ColorizeProgress } from "./colorize-stages.js";
import { ColorizingThread } from "./colorizing-thread/colorizing-thread.js";
import type { ModelFacts } from "./colorizing-thread/service.js";
import { type PictureInput, threadInput } from "./inputs/picture-input.js";
import { threadOptions } from "./inputs/thread-options.js";
import type { RuntimeOptions } from "./runtime/onnx-runtime.js";
import type { Watch } from "./watch.js";

/** How to load a {@link Colorizer}. */
export interface LoadOptions extends RuntimeOptions {
  /** Path, `file:` URL or bytes of an ONNX colour model. Default: the weights that come along. */
  readonly model?: string | URL | Uint8Array;
  /**
   * How a model of another program is fed and read. Default: what a JSON file beside it says,
   * `other.onnx.json` or `other.json` for `other.onnx`; models of this project say it themselves.
   */
  readonly modelInterface?: ModelInterface;
  /**
   * How many pictures will be colourised, roughly. Default: many, for which the network is arranged
   * to run faster; that takes 0.2 s when it is loaded, more for the large presets.
   */
  readonly pictures?: number;
}

/**
 * Colourises photographs with one loaded model, in a thread of its own: the calling one stays free.
 * A process whose work is done ends also where {@link close} has been forgotten.
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
  /** What the model says about itself: class names, working size, licence, training. */
  readonly metadata: ModelMetadata;
  /** The read-outs to choose `colors` from; undefined if the model predicts one colour only. */
  readonly readOuts: ReadOuts | undefined;
  readonly #thread: ColorizingThread;

  private constructor(thread: ColorizingThread, { metadata, readOuts }: ModelFacts) {
    this.#thread = thread;
    this.metadata = metadata;
    this.readOuts = readOuts;
  }

  /**
   * Loads a model.
   *
   * @throws UserError if the model is missing, broken or no colour model, or the device or number
   * of threads is not available here
   * @throws the reason of `signal` if it is aborted
   */
  static async load(
    options: LoadOptions = {},
    watch: Watch<LoadProgress> = {},
  ): Promise<Colorizer> {
    watch.signal?.throwIfAborted();
    const thread = new ColorizingThread();
    try {
      return new Colorizer(
        thread,
        await thread.call("load", [await threadOptions(options)], watch),
      );
    } catch (error) {
      void thread.close();
      throw error;
    }
  }

  /**
   * Colourises a picture of any size: JPEG, PNG, WebP, TIFF, AVIF, or the first frame of a GIF. A
   * colour picture is treated as grey. Calls may overlap; the network sees them one by one.
   *
   * @param input path, URL or bytes of a picture file, a Blob or stream of them, or pixels
   * @throws UserError if it is missing, empty, broken or no picture, an option is out of range, or the
   * model does not take what is said of the colours
   * @throws the reason of `signal` as soon as it is aborted
   *
   * @example
   * const { pixels } = await colorizer.colorize({ data, width, height, channels: 1 });
   *
   * @example
   * const photo = await colorizer.colorize((await fetch(address)).body);
   */
  async colorize(
    input: PictureInput,
    options: ColorizeOptions = {},
    watch: Watch<ColorizeProgress> = {},
  ): Promise<ColorPhoto> {
    return this.#thread.during(async (calls) => {
      watch.signal?.throwIfAborted();
      const picture = await threadInput(input, watch.signal);
      const args = [picture, await threadOptions(options)] as const;
      const held = await calls.call("colorize", [...args], watch, ({ photo }) =>
        this.#thread.giveUp(photo),
      );
      return new ColorPhoto(held, this.#thread);
    });
  }

  /**
   * Ends the thread and frees the model, after the pictures under way are done. Photographs keep their
   * pixels, but are neither rendered nor encoded any more.
   */
  async close(): Promise<void> {
    await this.#thread.close();
  }

  /** The same as {@link close}, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}
