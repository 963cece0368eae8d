// The library call: `Colorizer.load()`, `colorize()`, `toFile()`.

import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import {
  assertColorModel,
  colorizePlanes,
  composePixels,
  type ModelMetadata,
  rankScenes,
  readModelMetadata,
} from "@let-there-be-color/core/colorize";
import type { Session } from "@let-there-be-color/core/graph";
import { UserError } from "@let-there-be-color/core/user-error";
import { ColorPhoto } from "./color-photo.js";
import { decodePhoto } from "./image/decode.js";
import { readInputFile } from "./image/read-file.js";
import { createRuntime, type RuntimeOptions } from "./runtime/onnx-runtime.js";

/** How to load a {@link Colorizer}. */
export interface LoadOptions extends RuntimeOptions {
  /** Path or bytes of an ONNX colour model. Default: the `compact` weights that come along. */
  readonly model?: string | Uint8Array;
}

/** How to colourise one picture. */
export interface ColorizeOptions {
  /** Short side in pixels at which the network works, 16..4096. Default: what the model states. */
  readonly workingSize?: number;
  /** Factor on the chroma, 0 (grey) .. 2. Default 1. */
  readonly saturation?: number;
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
  /** What the model says about itself: class names, working size, licence, training. */
  readonly metadata: ModelMetadata;
  readonly #session: Session;
  /** Ends when the newest run on the session ends: a session runs one picture at a time. */
  #lastRun: Promise<unknown> = Promise.resolve();
  #closed = false;

  private constructor(session: Session, metadata: ModelMetadata) {
    this.#session = session;
    this.metadata = metadata;
  }

  /**
   * Loads a model.
   *
   * @throws UserError if the model is missing, broken or no colour model, or the device or number
   * of threads is not available here
   */
  static async load(options: LoadOptions = {}): Promise<Colorizer> {
    const { model, ...runtimeOptions } = options;
    const { bytes, name } = await readModel(model);
    const metadata = naming(name, () => readModelMetadata(bytes));
    const runtime = await createRuntime(runtimeOptions);
    let session: Session;
    try {
      session = await runtime.createSession(bytes);
    } catch (error) {
      if (error instanceof UserError) throw error;
      const reason = error instanceof Error ? error.message.split("\n")[0] : String(error);
      throw new UserError(`${name} cannot be loaded by ONNX Runtime (${reason}).`);
    }
    try {
      naming(name, () => assertColorModel(session));
    } catch (error) {
      await session.release();
      throw error;
    }
    return new Colorizer(session, metadata);
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
    const { workingSize = this.metadata.workingSize, saturation = 1 } = options;
    if (!Number.isInteger(workingSize) || workingSize < 16 || workingSize > 4096) {
      throw new UserError(
        `Expected a working size from 16 to 4096 pixels but received ${workingSize}.`,
      );
    }
    if (!(saturation >= 0 && saturation <= 2)) {
      throw new UserError(`Expected a saturation from 0 to 2 but received ${saturation}.`);
    }
    const path = typeof input === "string" ? input : undefined;
    const file = typeof input === "string" ? await readInputFile(input) : input;
    const decoded = await decodePhoto(file, path ?? "the input");
    const { luminance, bitDepth, alpha, format, metadata, width, height } = decoded;
    const chroma = await this.#alone(() =>
      colorizePlanes(this.#session, luminance, decoded, { workingSize }),
    );
    const pixels = composePixels(luminance, chroma, decoded, {
      saturation,
      bitDepth,
      ...(alpha ? { alpha } : {}),
    });
    const picture = { width, height, pixels, channels: alpha ? 4 : 3, metadata } as const;
    const scenes = chroma.sceneLogits ? rankScenes(chroma.sceneLogits, this.metadata.classes) : [];
    return new ColorPhoto(picture, { scenes, inputFormat: format, inputPath: path });
  }

  /** Frees the model, after the pictures under way are done. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#alone(() => this.#session.release());
  }

  #alone<T>(task: () => Promise<T>): Promise<T> {
    const run = this.#lastRun.then(task);
    this.#lastRun = run.catch(() => undefined); // the caller of `run` sees the error
    return run;
  }
}

async function readModel(
  model: string | Uint8Array | undefined,
): Promise<{ bytes: Uint8Array; name: string }> {
  if (model instanceof Uint8Array) return { bytes: model, name: "The model" };
  const path =
    model ?? fileURLToPath(import.meta.resolve("@let-there-be-color/models/compact.onnx"));
  try {
    return { bytes: await readFile(path), name: path };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const advice =
      model === undefined
        ? "install the package again, or name a model of your own"
        : "check the path, or leave it out for the default model";
    throw new UserError(`The model ${path} cannot be read (${code ?? message}); ${advice}.`);
  }
}

/** Puts the name of the file in front of the messages of UserErrors. */
function naming<T>(name: string, task: () => T): T {
  try {
    return task();
  } catch (error) {
    if (error instanceof UserError) throw new UserError(`${name}: ${error.message}`);
    throw error;
  }
}
