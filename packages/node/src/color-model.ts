// A loaded colour model: from the lightness of a picture to its chroma.

import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { GrayPicture } from "@let-there-be-color/core/color";
import {
  assertColorModel,
  type ChromaPrediction,
  predictChroma,
  workingLuminance,
} from "@let-there-be-color/core/colorize";
import type { Session } from "@let-there-be-color/core/graph";
import { type ModelMetadata, readModelMetadata } from "@let-there-be-color/core/model";
import { UserError } from "@let-there-be-color/core/user-error";
import type { RuntimeOptions } from "./runtime/onnx-runtime.js";
import type { Workload } from "./runtime/suited-model.js";
import type { Watch } from "./watch.js";

/** How far the loading of a model has come. */
export type LoadProgress =
  /** Its file is being read. */
  | { readonly type: "read" }
  /** Of so many bytes, the network is being arranged for this machine and given to the engine. */
  | { readonly type: "build"; readonly bytes: number }
  | { readonly type: "ready" };

/** A colour model in memory. */
export class ColorModel {
  /** What the model says about itself: class names, working size, licence, training. */
  readonly metadata: ModelMetadata;
  readonly #session: Session;
  /** Ends when the newest run on the session ends: a session runs one picture at a time. */
  #lastRun: Promise<unknown> = Promise.resolve();

  private constructor(session: Session, metadata: ModelMetadata) {
    this.#session = session;
    this.metadata = metadata;
  }

  /**
   * @param model path or bytes of an ONNX file; default: the `compact` weights that come along
   * @param workload how many pictures are expected, and at which working size if it is not the
   * model's: with many, longer loading is made up for by a faster network
   * @throws UserError if the model is missing, broken or no colour model, or the device or number
   * of threads is not available here
   * @throws the reason of `signal` if it is aborted
   */
  static async load(
    model: string | Uint8Array | undefined,
    runtimeOptions: RuntimeOptions,
    workload: Partial<Workload> = {},
    { signal, onProgress }: Watch<LoadProgress> = {},
  ): Promise<ColorModel> {
    signal?.throwIfAborted();
    onProgress?.({ type: "read" });
    // Loaded when it is needed: a first picture may be decoded meanwhile.
    const loadingRuntime = Promise.all([
      import("./runtime/onnx-runtime.js"),
      import("./runtime/suited-model.js"),
    ]);
    const { bytes, name } = await readModel(model);
    const metadata = naming(name, () => readModelMetadata(bytes));
    const [{ createRuntime }, { suitedModel }] = await loadingRuntime;
    signal?.throwIfAborted();
    onProgress?.({ type: "build", bytes: bytes.length });
    const runtime = await createRuntime(runtimeOptions);
    let session: Session;
    try {
      const { workingSize } = metadata;
      session = await runtime.createSession(
        await suitedModel(bytes, runtime, { workingSize, ...workload }),
      );
    } catch (error) {
      if (error instanceof UserError) throw error;
      const reason = error instanceof Error ? error.message.split("\n")[0] : String(error);
      throw new UserError(
        "model-invalid",
        `${name} cannot be loaded by ONNX Runtime (${reason}).`,
        { cause: error },
      );
    }
    try {
      naming(name, () => assertColorModel(session));
      signal?.throwIfAborted();
      onProgress?.({ type: "ready" });
    } catch (error) {
      await session.release();
      throw error;
    }
    return new ColorModel(session, metadata);
  }

  /**
   * Predicts the chroma of a picture. Calls may overlap; the network sees them one by one.
   *
   * @param workingSize short side in pixels at which the network looks at the picture
   * @param onTurn called before the network runs; what it throws spares the network the picture
   * @throws UserError if the model's outputs have the wrong shape or are not finite
   */
  async predict(
    picture: GrayPicture,
    workingSize: number,
    onTurn: () => void = () => {},
  ): Promise<ChromaPrediction> {
    return this.#alone(async () => {
      onTurn();
      const { luminance, working } = workingLuminance(picture, workingSize);
      return predictChroma(this.#session, luminance, working);
    });
  }

  /** Frees the model, after the pictures under way are done. */
  async close(): Promise<void> {
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
    throw new UserError(
      "input-missing",
      `The model ${path} cannot be read (${code ?? message}); ${advice}.`,
      { cause: error },
    );
  }
}

/** Puts the name of the file in front of the messages of UserErrors. */
function naming<T>(name: string, task: () => T): T {
  try {
    return task();
  } catch (error) {
    if (error instanceof UserError)
      throw new UserError(error.code, `${name}: ${error.message}`, { cause: error });
    throw error;
  }
}
