// What a network has said about one picture. All that follows from it, other colours, alternatives,
// doubts, costs no second run of the network.

import type { ChromaPlanes, LightnessGuide } from "../color/guided-chroma.js";
import { alternativeColors } from "../objective/quantized-chroma/alternatives.js";
import type { ColorDistributions } from "../objective/quantized-chroma/color-distributions.js";
import {
  READ_OUT_NAMES,
  type ReadOut,
  type ReadOutName,
  type ReadOuts,
} from "../objective/quantized-chroma/read-out.js";
import { UserError } from "../user-error.js";

/** Which colours are taken from a {@link ColorAnalysis}. */
export interface RenderOptions {
  /**
   * A read-out of the model, or numbers of one's own, which are taken as they are. Default
   * "natural"; models without distributions over colours have none.
   */
  readonly colors?: ReadOutName | ReadOut;
  /** Factor on the chroma, beside the read-out's own: 0 (grey) .. 2. Default 1. */
  readonly saturation?: number;
  /** Colder -1 .. 1 warmer: colours move along blue and yellow, greys stay grey. Default 0. */
  readonly warmth?: number;
}

/** How unsure a network was of the colours of one picture. */
export interface UncertaintyPlane {
  /** Entropy over the uniform distribution's: 0 sure .. 1 no idea: `[height, width]`. */
  readonly values: Float32Array;
  readonly width: number;
  readonly height: number;
}

/** The distributions that a model predicted, and how it is to be read. */
export interface ReadableColors {
  readonly distributions: ColorDistributions;
  readonly readOuts: ReadOuts;
  /** Lightness of the same picture, as the network saw it. */
  readonly guide?: LightnessGuide;
}

/** What a network says of a picture as a whole. */
export interface WholePicture {
  readonly sceneLogits?: Float32Array | undefined;
  readonly globalFeatures?: Float32Array | undefined;
}

/** Most colourings of one picture: each next one is less likely. */
export const MOST_ALTERNATIVES = 9;
/** What warmth 1 adds to a* and b* of strong colours, CIELAB units: the light of evening. */
const WARMEST = { a: 3, b: 12 };
/** Chroma, CIELAB units, that takes half of it; the share goes to 0 with the chroma. */
const HALF_WARMED = 10;

/** The result of one run of the network. */
export class ColorAnalysis {
  /** Unnormalised log probabilities of the scene classes, if the model has a classifier: `[C]`. */
  readonly sceneLogits: Float32Array | undefined;
  /**
   * What the network makes of the picture as a whole, if the model gives it: `[features]`. Other
   * pictures can be coloured by it.
   */
  readonly globalFeatures: Float32Array | undefined;
  readonly #colors: ChromaPlanes | ReadableColors;
  /** The newest read-out: moving a slider reads once. */
  #newest: { readonly colors: ReadOutName | ReadOut; readonly ab: Float32Array } | undefined;

  /** @internal Made by `ColorModel.analyze`. */
  constructor(
    colors: ChromaPlanes | ReadableColors,
    { sceneLogits, globalFeatures }: WholePicture = {},
  ) {
    this.#colors = colors;
    this.sceneLogits = sceneLogits;
    this.globalFeatures = globalFeatures;
  }

  /** Whether there are read-outs to choose `colors` from. */
  get hasReadOuts(): boolean {
    return "readOuts" in this.#colors;
  }

  /** Bytes of memory that it keeps, small things apart. */
  get bytes(): number {
    const colors = this.#colors;
    return ("ab" in colors ? colors.ab : colors.distributions.logits).byteLength;
  }

  /**
   * Colours of the picture at a size of the network's.
   *
   * @throws UserError if an option is out of range, or the model has no read-outs to choose from
   */
  render(options: RenderOptions = {}): ChromaPlanes {
    assertRenderOptions(options);
    return { ab: adjusted(this.#read(options.colors), options), ...this.#layout };
  }

  /**
   * Distinct colourings, each coherent over regions: the first is what {@link render} gives, each next
   * one as different from those before as its likelihood allows.
   *
   * @param count how many at most, 1..9; there are fewer where the network sees no other likely colours
   * @throws UserError if an option is out of range, or the model predicts one colour only and more
   * are asked for
   */
  alternatives(count: number, options: RenderOptions = {}): ChromaPlanes[] {
    assertRenderOptions(options);
    assertAlternatives(count);
    if (count === 1) return [this.render(options)];
    const { distributions, readOuts } = this.#readable("alternatives");
    const { colors = "natural" } = options;
    const readOut = typeof colors === "string" ? readOuts[colors] : colors;
    return alternativeColors(distributions, readOut, count).map((ab) => ({
      ab: adjusted(ab, options),
      ...this.#layout,
    }));
  }

  /**
   * Where the network was unsure.
   *
   * @throws UserError if the model predicts one colour only
   */
  uncertainty(): UncertaintyPlane {
    const { entropy, width, height } = this.#readable("uncertainty").distributions;
    return { values: entropy, width, height };
  }

  /** All of the colours but themselves. */
  get #layout(): Omit<ChromaPlanes, "ab"> {
    const { guide } = this.#colors;
    const { width, height } = "ab" in this.#colors ? this.#colors : this.#colors.distributions;
    return { width, height, ...(guide ? { guide } : {}) };
  }

  /** CIELAB units, `[2, height, width]`; not to be changed. */
  #read(colors: ReadOutName | ReadOut | undefined): Float32Array {
    if ("ab" in this.#colors && colors === undefined) return this.#colors.ab;
    const { distributions, readOuts } = this.#readable("colors");
    const wanted = colors ?? "natural";
    if (this.#newest?.colors !== wanted) {
      const readOut = typeof wanted === "string" ? readOuts[wanted] : wanted;
      this.#newest = { colors: wanted, ab: distributions.read(readOut) };
    }
    return this.#newest.ab;
  }

  #readable(option: string): ReadableColors {
    if ("ab" in this.#colors) throw withoutDistributions(option);
    return this.#colors;
  }
}

/** @throws UserError if an option is out of range */
export function assertRenderOptions({ colors, saturation = 1, warmth = 0 }: RenderOptions): void {
  if (typeof colors === "string" && !READ_OUT_NAMES.includes(colors)) {
    throw new UserError(
      "option-invalid",
      `Expected \`colors\` to be ${READ_OUT_NAMES.join(", ")} but received ${colors}.`,
    );
  }
  if (!(saturation >= 0 && saturation <= 2)) {
    throw new UserError(
      "option-invalid",
      `Expected a \`saturation\` from 0 to 2 but received ${saturation}.`,
    );
  }
  if (!(warmth >= -1 && warmth <= 1)) {
    throw new UserError(
      "option-invalid",
      `Expected a \`warmth\` from -1 to 1 but received ${warmth}.`,
    );
  }
}

/** @throws UserError if the number of alternatives is out of range */
export function assertAlternatives(count: number): void {
  if (Number.isInteger(count) && count >= 1 && count <= MOST_ALTERNATIVES) return;
  throw new UserError(
    "option-invalid",
    `Expected a whole number of \`alternatives\` from 1 to ${MOST_ALTERNATIVES} but received ${count}.`,
  );
}

/** @param option that needs distributions, by its name in the library */
export function withoutDistributions(option: string): UserError {
  return new UserError(
    "option-invalid",
    `The model predicts one colour for each place, which leaves \`${option}\` nothing to choose from; leave it out, or use a model that predicts distributions over colours (preset mobilenet).`,
  );
}

/** The colours with saturation and warmth; a copy. */
function adjusted(ab: Float32Array, { saturation = 1, warmth = 0 }: RenderOptions): Float32Array {
  const result = ab.map((value) => value * saturation);
  if (warmth === 0) return result;
  const positions = ab.length / 2;
  for (let i = 0; i < positions; i++) {
    const a = result[i]!;
    const b = result[positions + i]!;
    const chroma = Math.sqrt(a * a + b * b);
    const share = (warmth * chroma) / (chroma + HALF_WARMED);
    result[i] = a + share * WARMEST.a;
    result[positions + i] = b + share * WARMEST.b;
  }
  return result;
}
