// A loaded colour model: from the lightness of a picture to its chroma.

import type { GrayPicture } from "../color/gray-picture.js";
import type { Runtime, Session, TensorValue } from "../graph/session.js";
import { type ModelMetadata, readModelMetadata } from "../model/model-metadata.js";
import { requireOptionalInputs } from "../model/optional-inputs.js";
import { UserError } from "../user-error.js";
import {
  assertColorModel,
  type ChromaPrediction,
  predictChroma,
  workingLightness,
} from "./predict-chroma.js";
import { suitedModel, type Workload } from "./suited-model.js";

/** How to load a {@link ColorModel}. */
export interface ColorModelOptions {
  /** What messages call the model, such as the path of its file. Default "The model". */
  readonly name?: string;
  /**
   * How many pictures are expected, and at which working size if it is not the model's: with many,
   * longer loading is made up for by a faster network.
   */
  readonly workload?: Partial<Workload>;
}

/** A colour model in an engine. */
export class ColorModel {
  /** What the model says about itself: class names, working size, licence, training. */
  readonly metadata: ModelMetadata;
  readonly #session: Session;
  /** What the inputs are fed that may be left out. */
  readonly #defaults: Readonly<Record<string, TensorValue>>;
  /** Ends when the newest run on the session ends: a session runs one picture at a time. */
  #lastRun: Promise<unknown> = Promise.resolve();

  private constructor(
    session: Session,
    metadata: ModelMetadata,
    defaults: Readonly<Record<string, TensorValue>>,
  ) {
    this.#session = session;
    this.#defaults = defaults;
    this.metadata = metadata;
  }

  /**
   * @param model bytes of an ONNX file
   * @param runtime the engine that the network will run on
   * @throws UserError if the model is broken or no colour model, or the engine refuses it
   */
  static async load(
    model: Uint8Array,
    runtime: Runtime,
    { name = "The model", workload = {} }: ColorModelOptions = {},
  ): Promise<ColorModel> {
    const metadata = naming(name, () => readModelMetadata(model));
    let session: Session;
    let defaults: Readonly<Record<string, TensorValue>>;
    try {
      const { workingSize } = metadata;
      const suited = await suitedModel(model, runtime, { workingSize, ...workload });
      const required = await requireOptionalInputs(suited);
      session = await runtime.createSession(required.model);
      defaults = required.defaults;
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
      naming(name, () => assertColorModel(session, defaults));
    } catch (error) {
      await session.release();
      throw error;
    }
    return new ColorModel(session, metadata, defaults);
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
      const { multiple } = this.metadata;
      const { lightness, working } = workingLightness(picture, workingSize, multiple);
      return predictChroma(this.#session, lightness, working, this.#defaults);
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

/** Puts the name of the model in front of the messages of UserErrors. */
function naming<T>(name: string, task: () => T): T {
  try {
    return task();
  } catch (error) {
    if (error instanceof UserError)
      throw new UserError(error.code, `${name}: ${error.message}`, { cause: error });
    throw error;
  }
}
