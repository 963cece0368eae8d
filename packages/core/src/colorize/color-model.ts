// A loaded colour model: from the lightness of a picture to what the network says of its colours.

import type { GrayPicture } from "../color/gray-picture.js";
import type { Runtime, Session, TensorValue } from "../graph/session.js";
import { declaredNames } from "../model/declared-tensors.js";
import { keepOutputs } from "../model/keep-outputs.js";
import { type ModelMetadata, readModelMetadata } from "../model/model-metadata.js";
import { requireOptionalInputs } from "../model/optional-inputs.js";
import type { NetworkConfig } from "../network/config.js";
import type { ReadOuts } from "../objective/quantized-chroma/read-out.js";
import { naming, UserError } from "../user-error.js";
import { type ColorAnalysis, withoutDistributions } from "./color-analysis.js";
import type { LightnessPicture } from "./compose-pixels.js";
import { assertTakes, type Guidance, guidanceFeeds } from "./guidance.js";
import type { ModelInterface } from "./other-models/model-interface.js";
import {
  assertDescribed,
  otherMetadata,
  otherWorkingDimensions,
  predictWithOther,
} from "./other-models/other-model.js";
import {
  assertColorModel,
  type DistributionFormat,
  lightnessAt,
  predictChroma,
} from "./predict-chroma.js";
import { suitedModel, type Workload } from "./suited-model.js";
import { type Size, workingDimensions } from "./working-size.js";

/** How to load a {@link ColorModel}. */
export interface ColorModelOptions {
  /** What messages call the model, such as the path of its file. Default "The model". */
  readonly name?: string;
  /**
   * How many pictures are expected, and at which working size if it is not the model's: with many,
   * longer loading is made up for by a faster network.
   */
  readonly workload?: Partial<Workload>;
  /** How a model of another program is fed and read; models of this project say it themselves. */
  readonly modelInterface?: ModelInterface | undefined;
}

/** How a network looks at one picture. */
export interface AnalyzeOptions extends Guidance {
  /** Short side in pixels at which the network works. Default: what the model states. */
  readonly workingSize?: number | undefined;
  /** Called before the network runs; what it throws spares the network the picture. */
  readonly onTurn?: (() => void) | undefined;
}

/** A colour model in an engine. */
export class ColorModel {
  /** What the model says about itself: class names, working size, licence, training. */
  readonly metadata: ModelMetadata;
  readonly #session: Session;
  /** What the inputs are fed that may be left out. */
  readonly #defaults: Readonly<Record<string, TensorValue>>;
  /** Undefined for a model that predicts one colour for each place. */
  readonly #format: DistributionFormat | undefined;
  /** Of a model of another program. */
  readonly #other: ModelInterface | undefined;
  /** Ends when the newest run on the session ends: a session runs one picture at a time. */
  #lastRun: Promise<unknown> = Promise.resolve();

  private constructor(
    session: Session,
    metadata: ModelMetadata,
    defaults: Readonly<Record<string, TensorValue>>,
    format: DistributionFormat | undefined,
    other?: ModelInterface,
  ) {
    this.#session = session;
    this.#other = other;
    this.#defaults = defaults;
    this.#format = format;
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
    { name = "The model", workload = {}, modelInterface }: ColorModelOptions = {},
  ): Promise<ColorModel> {
    const metadata = await naming(name, () => readModelMetadata(model));
    if (modelInterface) {
      const session = await creating(name, async () => {
        await naming(name, () => assertDescribed(model, modelInterface));
        return runtime.createSession(model);
      });
      const described = otherMetadata(metadata, modelInterface);
      return new ColorModel(session, described, {}, undefined, modelInterface);
    }
    const format = await naming(name, () => distributionFormat(metadata));
    const { session, defaults } = await creating(name, async () => {
      const output = format ? "ab_logits" : "ab";
      await naming(name, () => assertColorModel(declaredNames(model), output));
      const { workingSize } = metadata;
      const suited = await suitedModel(model, runtime, { workingSize, ...workload });
      const { model: whole, defaults } = await requireOptionalInputs(suited);
      // Colours are read from the logits here; the file's own are for other tools.
      const wanted = format ? keepOutputs(whole, ["ab_logits", "scene_logits", "global"]) : whole;
      return { session: await runtime.createSession(wanted), defaults };
    });
    return new ColorModel(session, metadata, defaults, format);
  }

  /** The read-outs that the model offers; undefined if it predicts one colour for each place. */
  get readOuts(): ReadOuts | undefined {
    return this.#format?.readOuts;
  }

  /**
   * Checks that the model predicts distributions over colours.
   *
   * @param option what needs them, by its name in the library: "colors", "alternatives", "uncertainty"
   * @throws UserError if it does not
   */
  assertDistributions(option: string): void {
    if (!this.#format) throw withoutDistributions(option);
  }

  /**
   * Checks that the model can look at pictures of a size.
   *
   * @param workingSize short side, pixels
   * @throws UserError if it has a size of its own for all
   */
  assertWorkingSize(workingSize: number): void {
    this.#workingDimensions({ width: workingSize, height: workingSize }, workingSize);
  }

  /**
   * Checks that the model takes what a person says of a picture.
   *
   * @param kind of guidance, by its name in the library
   * @throws UserError if it does not
   */
  assertTakes(kind: keyof Guidance): void {
    assertTakes(kind, Object.keys(this.#defaults));
  }

  /**
   * Lets the network look at a picture. Calls may overlap; the network sees them one by one.
   *
   * @returns what is rendered in any colours without another run of the network
   * @throws UserError if the model does not take the hints or the reference, a hint is malformed or
   * outside of the picture, or the model's outputs have the wrong shape or are not finite
   */
  async analyze(
    picture: GrayPicture | LightnessPicture,
    { workingSize, onTurn, ...guidance }: AnalyzeOptions = {},
  ): Promise<ColorAnalysis> {
    return this.#alone(async () => {
      onTurn?.();
      const working = this.#workingDimensions(picture, workingSize);
      const lightness = lightnessAt(picture, working);
      const given = guidanceFeeds(guidance, this.#defaults, picture, working);
      if (this.#other) return predictWithOther(this.#session, lightness, working, this.#other);
      const further = { ...this.#defaults, ...given };
      return predictChroma(this.#session, lightness, working, further, this.#format);
    });
  }

  /** Frees the model, after the pictures under way are done. */
  async close(): Promise<void> {
    await this.#alone(() => this.#session.release());
  }

  #workingDimensions(picture: Size, workingSize: number | undefined): Size {
    if (this.#other) return otherWorkingDimensions(this.#other, picture, workingSize);
    const { workingSize: usual, multiple } = this.metadata;
    return workingDimensions(picture, workingSize ?? usual, multiple);
  }

  #alone<T>(task: () => Promise<T>): Promise<T> {
    const run = this.#lastRun.then(task);
    this.#lastRun = run.catch(() => undefined); // the caller of `run` sees the error
    return run;
  }
}

/**
 * How the distributions of a model are laid out and read; undefined if it has none.
 *
 * @throws UserError if what the file says of them is missing or malformed
 */
async function distributionFormat({
  properties,
  multiple,
}: ModelMetadata): Promise<DistributionFormat | undefined> {
  const head = headIn(properties["ltbc.network"]);
  if (head?.type !== "quantized") return undefined;
  // Loaded when it is needed: other models do without.
  const { quantizedColors } = await import("../objective/quantized-chroma/quantized-head.js");
  const { stride } = head;
  if (multiple % stride !== 0) {
    throw new UserError(
      "model-invalid",
      `Expected the model's property ltbc.multiple to be a multiple of its head's stride ${stride} but found ${multiple}; export the model again`,
    );
  }
  return { ...quantizedColors(head, properties), stride };
}

/** The head of a configuration as it stands in a file; undefined for models of other programs. */
function headIn(network: string | undefined): NetworkConfig["head"] | undefined {
  try {
    return (JSON.parse(network ?? "null") as NetworkConfig | null)?.head;
  } catch {
    return undefined;
  }
}

/** Says which model the engine refuses. */
async function creating<T>(name: string, task: () => Promise<T>): Promise<T> {
  try {
    return await task();
  } catch (error) {
    if (error instanceof UserError) throw error;
    const reason = error instanceof Error ? error.message.split("\n")[0] : String(error);
    throw new UserError("model-invalid", `${name} cannot be loaded by ONNX Runtime (${reason}).`, {
      cause: error,
    });
  }
}
