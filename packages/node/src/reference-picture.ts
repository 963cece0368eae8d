// Pictures by whose kind of scene others are coloured (Iizuka et al. 2016, section 4.5, style
// transfer): the network looks at them once.

import type { ColorModel } from "@let-there-be-color/core/colorize";
import {
  findLevels,
  findPictureArea,
  rangeOfScan,
  withLevels,
} from "@let-there-be-color/core/old-photographs";
import { openPhoto } from "./image/decode.js";
import { readInputFile } from "./image/read-file.js";

/** What a model makes of reference pictures as a whole; the newest one is remembered. */
export class ReferencePictures {
  readonly #model: ColorModel;
  #newest: { readonly file: Buffer; readonly features: Promise<Float32Array> } | undefined;

  constructor(model: ColorModel) {
    this.#model = model;
  }

  /**
   * @param input path or bytes of a picture
   * @returns the global features: `[features]`
   * @throws UserError if the model takes no reference, or the picture is missing or broken
   */
  async globalFeatures(input: string | Uint8Array): Promise<Float32Array> {
    this.#model.assertTakes("reference");
    const isPath = typeof input === "string";
    // A copy, since the caller may use the memory again.
    const file = isPath ? await readInputFile(input) : Buffer.from(input);
    if (!this.#newest?.file.equals(file)) {
      this.#newest = { file, features: this.#lookAt(file, isPath ? input : "the reference") };
    }
    return this.#newest.features;
  }

  async #lookAt(file: Buffer, name: string): Promise<Float32Array> {
    const { gray } = await (await openPhoto(file, name)).decode();
    // Seen as pictures are: with the range of a print that has not faded.
    const levels = findLevels(rangeOfScan(gray, findPictureArea(gray)));
    const seen = levels ? withLevels(gray, levels) : gray;
    const { globalFeatures } = await this.#model.analyze(seen);
    return globalFeatures!; // of every model that takes a reference
  }
}
