// The model of `ltbc colorize`.

import type { ColorModel, Reference } from "@let-there-be-color/core/colorize";
import type { ModelIdentity } from "../archive/journal.js";
import { loadColorModel, readModel } from "../color-model.js";
import { sha256Of } from "../files/output-file.js";
import { ReferencePictures } from "../reference-picture.js";
import type { ColorizeCommandOptions } from "./colorize-options.js";
import type { ReadyModel } from "./colorize-pipeline.js";

/** @throws UserError if the model cannot be read */
export async function modelIdentity(model: string | undefined): Promise<ModelIdentity> {
  const { bytes, name } = await readModel(model);
  return { name: name.split(/[/\\]/).at(-1)!, sha256: sha256Of(bytes) };
}

/** A model that is loaded when a first picture is on its way, since that blocks this thread. */
export class LazyModel {
  readonly #options: ColorizeCommandOptions;
  readonly #pictures: number;
  readonly #hasHints: () => boolean;
  #loading: Promise<ReadyModel> | undefined;

  /**
   * @param pictures how many are expected
   * @param hasHints whether some picture has hints
   */
  constructor(options: ColorizeCommandOptions, pictures: number, hasHints: () => boolean) {
    this.#options = options;
    this.#pictures = pictures;
    this.#hasHints = hasHints;
  }

  /** @throws UserError if the model cannot be loaded, or the options are not for it */
  load(): Promise<ReadyModel> {
    this.#loading ??= this.#load();
    return this.#loading;
  }

  async close(): Promise<void> {
    const loaded = await this.#loading?.catch(() => undefined); // why it failed has been told
    await loaded?.model.close();
  }

  async #load(): Promise<ReadyModel> {
    const { model, device, threads, size } = this.#options;
    const pictures = this.#pictures;
    const loaded = await loadColorModel(
      model,
      {
        ...(device === undefined ? {} : { device }),
        ...(threads === undefined ? {} : { threads }),
        spinning: pictures === 1, // with more, other pictures' work waits for the cores
      },
      { pictures, ...(size === undefined ? {} : { workingSize: size }) },
    );
    try {
      assertSuits(loaded, this.#options);
      if (this.#hasHints()) loaded.assertTakes("hints");
      return { model: loaded, reference: await referenceFor(loaded, this.#options) };
    } catch (error) {
      await loaded.close();
      throw error;
    }
  }
}

/** @throws UserError if the model cannot do what the options ask for */
function assertSuits(model: ColorModel, options: ColorizeCommandOptions): void {
  const { colors, alternatives, uncertainty, size } = options;
  if (colors !== undefined) model.assertDistributions("colors");
  if (alternatives > 1) model.assertDistributions("alternatives");
  if (uncertainty) model.assertDistributions("uncertainty");
  if (size !== undefined) model.assertWorkingSize(size);
}

/** @throws UserError if the model takes no reference, or the picture is missing or broken */
async function referenceFor(
  model: ColorModel,
  { reference, referenceStrength }: ColorizeCommandOptions,
): Promise<Reference | undefined> {
  if (reference === undefined) return undefined;
  const globalFeatures = await new ReferencePictures(model).globalFeatures(reference);
  return { globalFeatures, share: referenceStrength };
}
