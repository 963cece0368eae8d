// The Colorizer's work, in a thread of its own: model, decoding, analysis, composition, encoding.

import {
  assertAlternatives,
  assertRenderOptions,
  type ColorModel,
  type RenderOptions,
} from "@let-there-be-color/core/colorize";
import type { Notice } from "@let-there-be-color/core/notice";
import { UserError } from "@let-there-be-color/core/user-error";
import type { AnalyzedPhoto } from "../analyzed-photo.js";
import { type LoadProgress, loadColorModel } from "../color-model.js";
import {
  analyzeDecoded,
  assertColorizeOptions,
  type ColorizeOptions,
  type ColorizeProgress,
  openInput,
} from "../colorize-stages.js";
import type { ComposedPhoto, EncodeOptions, ToFileOptions } from "../composed-photo.js";
import { Composer } from "../image/composer.js";
import type { DecodedPhoto } from "../image/decode.js";
import type { OutputFormat } from "../image/format.js";
import { decodedPixels, type RawPixels } from "../image/raw-pixels.js";
import { SharedMemory } from "../image/shared-memory.js";
import type { ThreadOptions } from "../inputs/thread-options.js";
import { ReferencePictures } from "../reference-picture.js";
import type { StageWatch } from "../watch.js";
import type { HeldPhoto, HeldUncertainty, ModelFacts, ModelOptions } from "./service.js";

/** A photograph that the other thread has, and what it is rendered from. */
interface Holding {
  readonly composed: ComposedPhoto;
  readonly analyzed: AnalyzedPhoto;
}

/** What the thread serves. Photographs are known by numbers and kept until they are given up. */
export class ThreadColorizer {
  #model!: ColorModel;
  #references!: ReferencePictures;
  #composer!: Composer;
  readonly #memory = new SharedMemory();
  readonly #photos = new Map<number, Holding>();
  /** How many photographs, and calls under way, need an analysis. */
  readonly #users = new Map<AnalyzedPhoto, number>();
  #count = 0;
  #underWay = 0;

  /** To be called first. */
  async load(
    watch: StageWatch<LoadProgress>,
    { model, modelInterface, pictures, ...runtimeOptions }: ModelOptions,
  ): Promise<ModelFacts> {
    const use = { modelInterface, ...(pictures === undefined ? {} : { pictures }) };
    // ONNX Runtime takes no shared memory.
    const file = model instanceof Uint8Array ? new Uint8Array(model) : model;
    this.#model = await loadColorModel(file, runtimeOptions, use, watch);
    this.#references = new ReferencePictures(this.#model);
    this.#composer = new Composer(runtimeOptions.threads);
    const { metadata, readOuts } = this.#model;
    return { metadata, readOuts };
  }

  async colorize(
    watch: StageWatch<ColorizeProgress>,
    input: string | Uint8Array | RawPixels,
    options: ThreadOptions<ColorizeOptions>,
  ): Promise<HeldPhoto> {
    return this.#during(async () => {
      const { workingSize, rotate, restoreLevels, hints, ...others } = options;
      const { reference, referenceStrength, page, maxPixels, ...colors } = others;
      assertColorizeOptions(options);
      if (colors.colors !== undefined) this.#model.assertDistributions("colors");
      if (hints && hints.length > 0) this.#model.assertTakes("hints");
      const globalFeatures =
        reference === undefined ? undefined : await this.#references.globalFeatures(reference);
      const decoded = await this.#decode(input, page, maxPixels);
      watch.signal?.throwIfAborted();
      const path = typeof input === "string" ? input : undefined;
      const tools = {
        model: this.#model,
        composer: this.#composer,
        memory: this.#memory,
        isBusy: () => this.#underWay > 1,
      };
      const analysis = {
        ...{ workingSize, rotate, restoreLevels, hints },
        reference: globalFeatures && { globalFeatures, share: referenceStrength },
      };
      const analyzed = await analyzeDecoded(decoded, path, tools, analysis, watch);
      return this.#using(analyzed, async () => {
        const composed = await analyzed.render(colors);
        watch.signal?.throwIfAborted();
        watch.onProgress?.({ type: "composed" });
        return this.#hold(composed, analyzed);
      });
    });
  }

  async render(_: StageWatch<never>, photo: number, options: RenderOptions): Promise<HeldPhoto> {
    assertRenderOptions(options);
    const { analyzed } = this.#photos.get(photo)!;
    return this.#using(analyzed, async () => this.#hold(await analyzed.render(options), analyzed));
  }

  async alternatives(
    _: StageWatch<never>,
    photo: number,
    count: number,
    options: RenderOptions,
  ): Promise<HeldPhoto[]> {
    assertRenderOptions(options);
    assertAlternatives(count);
    const { analyzed } = this.#photos.get(photo)!;
    return this.#using(analyzed, async () => {
      const photos: HeldPhoto[] = [];
      for (const chroma of analyzed.alternatives(count, options)) {
        photos.push(this.#hold(await analyzed.compose(chroma, options), analyzed));
      }
      return photos;
    });
  }

  async uncertainty(_: StageWatch<never>, photo: number): Promise<HeldUncertainty> {
    const { analyzed } = this.#photos.get(photo)!;
    const { values, width, height } = analyzed.uncertainty();
    return { plane: { values, width, height }, inputPath: analyzed.inputPath };
  }

  async encode(
    _: StageWatch<never>,
    photo: number,
    format: OutputFormat | undefined,
    options: EncodeOptions,
  ): Promise<{ bytes: Uint8Array; notices: readonly Notice[] }> {
    const { composed } = this.#photos.get(photo)!;
    const { bytes, notices } = await this.#during(() => composed.encode(format, options));
    const shared = new Uint8Array(new SharedArrayBuffer(bytes.length));
    shared.set(bytes);
    return { bytes: shared, notices };
  }

  async toFile(
    _: StageWatch<never>,
    photo: number,
    path: string,
    options: ToFileOptions,
  ): Promise<readonly Notice[]> {
    const { composed } = this.#photos.get(photo)!;
    return this.#during(() => composed.toFile(path, options));
  }

  /** Forgets a photograph; what is under way with it is done before its memory is used again. */
  async giveUp(_: StageWatch<never>, photo: number): Promise<void> {
    const { analyzed } = this.#photos.get(photo)!;
    this.#photos.delete(photo);
    this.#need(analyzed, -1);
  }

  async close(): Promise<void> {
    await Promise.all([this.#model?.close(), this.#composer?.close()]);
  }

  async #decode(
    input: string | Uint8Array | RawPixels,
    page: number | undefined,
    maxPixels: number | undefined,
  ): Promise<DecodedPhoto> {
    if (typeof input === "string" || input instanceof Uint8Array) {
      // Not everything that reads files and texts in them takes shared memory.
      const file = typeof input === "string" ? input : new Uint8Array(input);
      const opened = await openInput(file, undefined, { maxPixels });
      const { length } = opened.pages;
      const chosen = page === undefined ? opened : opened.pages[page];
      if (!chosen) throw noSuchPage(page!, length);
      this.#composer.prepare(chosen.pixelCount);
      return chosen.decode(this.#memory);
    }
    if (page) throw noSuchPage(page, 1);
    this.#composer.prepare(input.width * input.height);
    return decodedPixels(input, this.#memory);
  }

  #hold(composed: ComposedPhoto, analyzed: AnalyzedPhoto): HeldPhoto {
    const photo = this.#count++;
    this.#photos.set(photo, { composed, analyzed });
    this.#need(analyzed, 1);
    const { facts } = composed;
    return { photo, facts, bytes: facts.pixels.byteLength + analyzed.bytes };
  }

  /** Does something that other calls wait for. */
  async #during<T>(task: () => Promise<T>): Promise<T> {
    this.#underWay++;
    try {
      return await task();
    } finally {
      this.#underWay--;
    }
  }

  /** Does something with an analysis that is kept meanwhile. */
  async #using<T>(analyzed: AnalyzedPhoto, task: () => Promise<T>): Promise<T> {
    this.#need(analyzed, 1);
    try {
      return await this.#during(task);
    } finally {
      this.#need(analyzed, -1);
    }
  }

  #need(analyzed: AnalyzedPhoto, change: 1 | -1): void {
    const users = (this.#users.get(analyzed) ?? 0) + change;
    if (users > 0) {
      this.#users.set(analyzed, users);
      return;
    }
    this.#users.delete(analyzed);
    analyzed.release();
  }
}

function noSuchPage(page: number, count: number): UserError {
  return new UserError(
    "option-invalid",
    `Expected a \`page\` from 0 to ${count - 1}, as the input has, but received ${page}.`,
  );
}
