// All metrics of one picture at once: what they have in common is computed once, and what belongs
// to the truth once for all predictions of it.

import { meanChroma } from "../color/chroma.js";
import { rgbToLab } from "../color/lab.js";
import { chromaBins, chromaError } from "./ab-accuracy.js";
import { bleedingIndex, nearLightnessEdges } from "./bleeding.js";
import { type ChromaCounts, countChroma } from "./chroma-counts.js";
import { meanCiede2000 } from "./ciede2000.js";
import { colorfulness } from "./colorfulness.js";
import { flatChromaVariation } from "./flat-chroma-variation.js";
import { sepiaIndex, sepiaTone } from "./sepia.js";
import { peakSignalToNoise } from "./signal-to-noise.js";
import { assertWindowFits, StructuralReference } from "./structural-similarity.js";

/** What can be said of a picture alone. */
export interface OwnMeasures {
  readonly colorfulness: number;
  readonly colorfulnessAbsolute: number;
  readonly bleeding: number;
  /** Where the truth's lightness is flat, CIELAB units a pixel. */
  readonly flatChromaVariation: number;
}

/** What can be said of a prediction beside its truth. */
export interface PictureMeasures extends OwnMeasures {
  /** dB. */
  readonly psnr: number;
  readonly ssim: number;
  /** Mean distance in the a*b* plane, CIELAB units. */
  readonly abError: number;
  /** Mean over the pixels. */
  readonly ciede2000: number;
  /** Area under the curve of the ab error, per cent. */
  readonly auc: number;
  /** Mean |L* - L* of the truth|. */
  readonly lightnessDrift: number;
  readonly sepia: number;
  /** For the rebalanced area: credit of each bin of {@link TruePicture.counts}. */
  readonly credits: Float32Array;
}

/** A colour picture that predictions are compared with. */
export class TruePicture {
  /** L* 0..100: `[height, width]`. */
  readonly lightness: Float32Array;
  /** CIELAB units: `[2, height, width]`. */
  readonly ab: Float32Array;
  /** Mean sqrt(a*^2 + b*^2), CIELAB units. */
  readonly meanChroma: number;
  readonly counts: ChromaCounts;
  readonly own: OwnMeasures;
  readonly #bins: Uint16Array;
  /** Made by the first comparison: pictures that wait for theirs shall be small. */
  #structure: StructuralReference | undefined;
  readonly #nearEdges: Uint8Array;
  readonly #sepiaTone: number;

  /**
   * @param rgb interleaved 8-bit sRGB: `[height, width, 3]`
   * @throws RangeError if a side is shorter than 11 pixels
   */
  constructor(
    readonly rgb: Uint8Array,
    readonly width: number,
    readonly height: number,
  ) {
    const count = width * height;
    assertWindowFits(width, height);
    this.lightness = new Float32Array(count);
    this.ab = new Float32Array(2 * count);
    rgbToLab(rgb, count, this.lightness, this.ab);
    this.#bins = chromaBins(this.ab);
    this.counts = countChroma(this.#bins);
    this.#nearEdges = nearLightnessEdges(this.lightness, width, height);
    this.#sepiaTone = sepiaTone(this.ab);
    this.own = this.#ownMeasures(rgb, this.ab);
    this.meanChroma = meanChroma(this.ab);
  }

  /** Measures a prediction of the same size. Also gives its chroma, to compare predictions by. */
  compare(rgb: Uint8Array): { readonly measures: PictureMeasures; readonly ab: Float32Array } {
    const { width, height, lightness: trueLightness, ab: trueAb } = this;
    const count = width * height;
    if (rgb.length !== 3 * count) {
      throw new RangeError(`Expected ${3 * count} samples but the prediction has ${rgb.length}`);
    }
    this.#structure ??= new StructuralReference(this.rgb, width, height);
    const lightness = new Float32Array(count);
    const ab = new Float32Array(2 * count);
    rgbToLab(rgb, count, lightness, ab);
    const chroma = chromaError(ab, trueAb, this.#bins);
    const measures: PictureMeasures = {
      ...this.#ownMeasures(rgb, ab),
      psnr: peakSignalToNoise(rgb, this.rgb),
      ssim: this.#structure.similarity(rgb),
      abError: chroma.meanDistance,
      ciede2000: meanCiede2000(trueLightness, trueAb, lightness, ab),
      auc: chroma.area,
      lightnessDrift: meanDistance(lightness, trueLightness),
      sepia: sepiaIndex(ab, this.#sepiaTone),
      credits: Float32Array.from(this.counts.bins, (bin) => chroma.creditOfBin[bin]!),
    };
    return { measures, ab };
  }

  #ownMeasures(rgb: Uint8Array, ab: Float32Array): OwnMeasures {
    const { signed, absolute } = colorfulness(rgb);
    const { width, height } = this;
    return {
      colorfulness: signed,
      colorfulnessAbsolute: absolute,
      bleeding: bleedingIndex(ab, this.#nearEdges, width, height),
      flatChromaVariation: flatChromaVariation(ab, this.#nearEdges, width, height),
    };
  }
}

// Loops over pixels are functions of their own with little after the loop: V8 optimises from within
// the first loop, when what follows has not run yet, and interprets that in every call from then on.

function meanDistance(first: Float32Array, second: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < first.length; i++) sum += Math.abs(first[i]! - second[i]!);
  return sum / first.length;
}

/** Mean distance of two pictures in the a*b* plane, CIELAB units. */
export function meanChromaDistance(first: Float32Array, second: Float32Array): number {
  const count = first.length / 2;
  let sum = 0;
  for (let i = 0; i < count; i++) {
    const da = first[i]! - second[i]!;
    const db = first[count + i]! - second[count + i]!;
    sum += Math.sqrt(da * da + db * db);
  }
  return sum / count;
}
