// A picture that has been through the network: every way to colour it starts from here.

import type { ChromaPlanes } from "@let-there-be-color/core/color";
import {
  type ColorAnalysis,
  type RenderOptions,
  rankScenes,
  type Scene,
} from "@let-there-be-color/core/colorize";
import type { Provenance } from "@let-there-be-color/core/metadata";
import type { Notice } from "@let-there-be-color/core/notice";
import {
  doubtsOf,
  type Levels,
  type PictureArea,
  unlevelled,
} from "@let-there-be-color/core/old-photographs";
import { ComposedPhoto } from "./composed-photo.js";
import type { Composer } from "./image/composer.js";
import type { DecodedPhoto } from "./image/decode.js";
import type { OutputFormat } from "./image/format.js";
import type { SharedMemory } from "./image/shared-memory.js";
import { UncertaintyMap } from "./uncertainty-map.js";

/** What gives pictures their pixels. */
export interface CompositionTools {
  readonly composer: Composer;
  /** Whether this thread has other pictures to attend to. */
  readonly isBusy: () => boolean;
  /** Gives the memory of the pixels. */
  readonly memory?: SharedMemory;
}

/** A decoded picture, and what has been found out about it. */
export interface DecodedScan extends DecodedPhoto {
  /** Where the photograph lies, if there are borders. */
  readonly area: PictureArea | undefined;
  /** Which the network saw the picture with, if the picture itself has not got them. */
  readonly networkLevels: Levels | undefined;
}

/** What is known of a picture beside its pixels. */
export interface PhotoOrigin {
  /** Path, if it came from a file. */
  readonly path: string | undefined;
  /** Names of the model's scene classes. */
  readonly classes: readonly string[];
  /** What makes the colours. */
  readonly provenance: Provenance;
}

/** Holds the grey picture (a byte or two a pixel) and what the network said of it (some MB). */
export class AnalyzedPhoto {
  /** Scene classes, most probable first; empty if the model has no classifier. */
  readonly scenes: readonly Scene[];
  readonly inputPath: string | undefined;
  /** Of the picture; each colouring may have more. */
  readonly notices: readonly Notice[];
  readonly provenance: Provenance;
  readonly #decoded: DecodedScan;
  readonly #analysis: ColorAnalysis;
  readonly #tools: CompositionTools;

  constructor(
    decoded: DecodedScan,
    analysis: ColorAnalysis,
    { path, classes, provenance }: PhotoOrigin,
    tools: CompositionTools,
  ) {
    const { sceneLogits } = analysis;
    this.scenes = sceneLogits ? rankScenes(sceneLogits, classes) : [];
    this.inputPath = path;
    this.provenance = provenance;
    this.notices = decoded.notices;
    this.#decoded = decoded;
    this.#analysis = analysis;
    this.#tools = tools;
  }

  /** Of the picture as it is coloured, in pixels. */
  get size(): { readonly width: number; readonly height: number } {
    const { width, height } = this.#decoded.gray;
    return { width, height };
  }

  get inputFormat(): OutputFormat {
    return this.#decoded.format;
  }

  get pageCount(): number {
    return this.#decoded.pageCount;
  }

  /** @throws UserError if an option is out of range or not for this model */
  render(options: RenderOptions): Promise<ComposedPhoto> {
    return this.compose(this.#analysis.render(options), options);
  }

  /**
   * Distinct colourings, small, for {@link compose}.
   *
   * @throws UserError if an option is out of range or not for this model
   */
  alternatives(count: number, options: RenderOptions): ChromaPlanes[] {
    return this.#analysis.alternatives(count, options);
  }

  /** @throws UserError if the model predicts one colour only */
  uncertainty(): UncertaintyMap {
    return new UncertaintyMap(this.#analysis.uncertainty(), this.size, this.inputPath);
  }

  /**
   * Gives the picture these colours.
   *
   * @param options that they were rendered with
   */
  async compose(
    chroma: ChromaPlanes,
    { colors, saturation }: RenderOptions,
  ): Promise<ComposedPhoto> {
    const { gray, alpha, metadata, isLossless, area, networkLevels } = this.#decoded;
    const couldBeVivid = this.#analysis.hasReadOuts && colors !== "vivid";
    const doubts = doubtsOf(chroma, { area, saturation, couldBeVivid });
    const own = networkLevels ? withOwnGuide(chroma, networkLevels) : chroma;
    const { composer, isBusy, memory } = this.#tools;
    const pixels = await composer.compose(this.#decoded, own, isBusy(), memory);
    const { width, height } = gray;
    const channels = alpha ? 4 : 3;
    const picture = { width, height, pixels, channels, metadata, isLossless } as const;
    return new ComposedPhoto(picture, this, doubts);
  }

  /** Bytes of memory that it keeps, small things apart. */
  get bytes(): number {
    const { gray, alpha } = this.#decoded;
    return gray.codes.byteLength + (alpha?.byteLength ?? 0) + this.#analysis.bytes;
  }

  /** Hands the memory of the grey picture on: nothing can be rendered any more. */
  release(): void {
    const { gray, alpha } = this.#decoded;
    this.#tools.memory?.give(gray.codes);
    if (alpha) this.#tools.memory?.give(alpha);
  }
}

/** Chroma that is guided by the picture's own lightness again. */
function withOwnGuide(chroma: ChromaPlanes, levels: Levels): ChromaPlanes {
  const { guide } = chroma;
  if (!guide) return chroma;
  const lightness = guide.lightness.map((value) => unlevelled(value, levels));
  return { ...chroma, guide: { ...guide, lightness } };
}
