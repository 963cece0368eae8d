// Chroma that follows lightness: around every place, a* and b* are a line over L*, so that the picture's
// own L*, at any resolution, says where one colour ends and the next begins. After K. He & J. Sun, "Fast
// guided filter", 2015, with two differences. A guided filter takes the means of the chroma for the chroma,
// which makes small things pale: here the lines run through the chroma itself, and only their slopes come
// from the surroundings. And an enlargement should not change the mean of what one position of the chroma
// stands for: what is missing is added, the same way, until little is missing (back-projection; M. Irani &
// S. Peleg, "Improving resolution by image registration", 1991).
//
// Two steps of the same kind: from the chroma's size to that of the lightness that the network saw, and
// from there, band by band, to the picture's.

import { blendRows, type Spans, spansOf } from "./bilinear.js";
import { blockMeans } from "./block-means.js";
import { neighborhoodMean, neighborhoodRange } from "./neighborhood.js";
import type { Size } from "./size.js";

/** The L* of a picture at a size of the network's. */
export interface LightnessGuide extends Size {
  /** L* 0..100: `[height, width]` */
  readonly lightness: Float32Array;
}

/** Chroma planes at working resolution. */
export interface ChromaPlanes {
  /** a* plane, then b* plane, CIELAB units: `[2, height, width]`. */
  readonly ab: Float32Array;
  readonly width: number;
  readonly height: number;
  /**
   * The same picture's lightness as it will be composed (no levels changed), over the same area and no
   * smaller than the chroma: colours follow it when they are enlarged. Without it, enlargement is bilinear.
   */
  readonly guide?: LightnessGuide;
}

/**
 * Variance of L* that halves the slope, L* squared: what varies less is texture and noise. For the second
 * step it is more, since film grain has not been averaged out there.
 */
const TEXTURE = { coarse: 20, fine: 50 };
/** How often is added what is missing. */
const CORRECTIONS = 2;

/** Straight lines over L*, one for each place. */
interface Lines {
  /** CIELAB units for each L*: `[height, width]` */
  readonly slopes: Float32Array;
  /** CIELAB units at L* = 0: `[height, width]` */
  readonly offsets: Float32Array;
}

/** Finds lines over one guide for several planes. */
class LineFitter {
  readonly #guide: LightnessGuide;
  readonly #mean: Float32Array;
  /** Variance of the guide and what counts as texture: `[height, width]` */
  readonly #spread: Float32Array;

  constructor(guide: LightnessGuide, texture: number) {
    const { lightness, width, height } = guide;
    this.#guide = guide;
    this.#mean = neighborhoodMean(lightness, width, height);
    const squares = new Float32Array(lightness.length);
    for (let i = 0; i < squares.length; i++) squares[i] = lightness[i]! * lightness[i]!;
    this.#spread = neighborhoodMean(squares, width, height);
    for (let i = 0; i < squares.length; i++) {
      const variance = this.#spread[i]! - this.#mean[i]! * this.#mean[i]!;
      this.#spread[i] = Math.max(variance, 0) + texture;
    }
  }

  /** Lines through the plane's own values: `[height, width]`. */
  fit(plane: Float32Array): Lines {
    const { lightness, width, height } = this.#guide;
    const products = new Float32Array(plane.length);
    for (let i = 0; i < plane.length; i++) products[i] = plane[i]! * lightness[i]!;
    const meanProduct = neighborhoodMean(products, width, height);
    const mean = neighborhoodMean(plane, width, height);
    for (let i = 0; i < plane.length; i++) {
      products[i] = (meanProduct[i]! - mean[i]! * this.#mean[i]!) / this.#spread[i]!;
    }
    const slopes = neighborhoodMean(products, width, height);
    const offsets = mean;
    for (let i = 0; i < plane.length; i++) offsets[i] = plane[i]! - slopes[i]! * lightness[i]!;
    return { slopes, offsets };
  }
}

/** A plane of chroma as lines over L*, and the range that it may not leave. */
interface GuidedPlane extends Lines {
  /** CIELAB units: `[height, width]` */
  readonly lowest: Float32Array;
  readonly highest: Float32Array;
}

/** Rows of the planes of one size, enlarged to another one, where the lightness is known. */
class LineFollower {
  readonly #source: Size;
  readonly #height: number;
  readonly #spans: Spans;
  /** One row of slopes, of offsets, of lowest and of highest values. */
  readonly #rows: readonly [Float64Array, Float64Array, Float64Array, Float64Array];

  constructor({ width, height }: Size, target: Size) {
    this.#source = { width, height };
    this.#height = target.height;
    this.#spans = spansOf(width, target.width);
    const row = () => new Float64Array(width + 1);
    this.#rows = [row(), row(), row(), row()];
  }

  /**
   * @param row of the target
   * @param lightness L* 0..100 of the row from `lightnessStart` on
   * @param out receives the row from `target` on
   */
  row(
    { slopes, offsets, lowest, highest }: GuidedPlane,
    row: number,
    lightness: Float32Array,
    lightnessStart: number,
    out: Float32Array,
    target: number,
  ): void {
    const rows = this.#rows;
    blendRows(slopes, this.#source, row, this.#height, rows[0]);
    blendRows(offsets, this.#source, row, this.#height, rows[1]);
    blendRows(lowest, this.#source, row, this.#height, rows[2]);
    blendRows(highest, this.#source, row, this.#height, rows[3]);
    followLightness(rows, this.#spans, lightness, lightnessStart, out, target);
  }
}

function followLightness(
  [slopes, offsets, lowest, highest]: readonly [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ],
  { starts, samples, weights }: Spans,
  lightness: Float32Array,
  lightnessStart: number,
  out: Float32Array,
  target: number,
): void {
  for (let span = 0; span < samples.length; span++) {
    const left = samples[span]!;
    const slope = slopes[left]!;
    const slopeStep = slopes[left + 1]! - slope;
    const offset = offsets[left]!;
    const offsetStep = offsets[left + 1]! - offset;
    const low = lowest[left]!;
    const lowStep = lowest[left + 1]! - low;
    const high = highest[left]!;
    const highStep = highest[left + 1]! - high;
    const end = starts[span + 1]!;
    for (let x = starts[span]!; x < end; x++) {
      const weight = weights[x]!;
      const value =
        (slope + weight * slopeStep) * lightness[lightnessStart + x]! +
        (offset + weight * offsetStep);
      const least = low + weight * lowStep;
      const most = high + weight * highStep;
      out[target + x] = value < least ? least : value > most ? most : value;
    }
  }
}

/** Brings planes of chroma to the size of their guide. */
class PlaneRefiner {
  readonly #coarse: Size;
  readonly #guide: LightnessGuide;
  readonly #fitter: LineFitter;
  readonly #follower: LineFollower;

  /** @param coarse size of the planes, no larger than the guide's */
  constructor(coarse: Size, guide: LightnessGuide) {
    const { width, height } = coarse;
    this.#coarse = { width, height };
    this.#guide = guide;
    const lightness = blockMeans(guide.lightness, guide, coarse);
    this.#fitter = new LineFitter({ lightness, width, height }, TEXTURE.coarse);
    this.#follower = new LineFollower(coarse, guide);
  }

  refine(plane: Float32Array): Float32Array {
    const { width, height } = this.#coarse;
    const range = neighborhoodRange(plane, width, height);
    const { slopes, offsets } = this.#fitter.fit(plane);
    const refined = new Float32Array(this.#guide.lightness.length);
    this.#follow({ slopes, offsets, ...range }, refined);
    for (let correction = 0; correction < CORRECTIONS; correction++) {
      const missing = blockMeans(refined, this.#guide, this.#coarse);
      for (let i = 0; i < missing.length; i++) missing[i] = plane[i]! - missing[i]!;
      const more = this.#fitter.fit(missing);
      for (let i = 0; i < missing.length; i++) {
        slopes[i]! += more.slopes[i]!;
        offsets[i]! += more.offsets[i]!;
      }
      this.#follow({ slopes, offsets, ...range }, refined);
    }
    return refined;
  }

  #follow(plane: GuidedPlane, refined: Float32Array): void {
    const { lightness, width, height } = this.#guide;
    for (let row = 0; row < height; row++) {
      const start = row * width;
      this.#follower.row(plane, row, lightness, start, refined, start);
    }
  }
}

/** Enlarges guided chroma to one size of picture. Any rows can be had, in any order. */
export class GuidedUpsampler {
  readonly #follower: LineFollower;
  /** a*, b*. */
  readonly #planes: readonly GuidedPlane[];

  /** @throws RangeError if the guide is smaller than the chroma */
  constructor(chroma: ChromaPlanes, guide: LightnessGuide, width: number, height: number) {
    if (guide.width < chroma.width || guide.height < chroma.height) {
      throw new RangeError(
        `Expected a guide no smaller than the chroma of ${chroma.width} x ${chroma.height} but received ${guide.width} x ${guide.height}`,
      );
    }
    this.#follower = new LineFollower(guide, { width, height });
    const refiner = new PlaneRefiner(chroma, guide);
    const fitter = new LineFitter(guide, TEXTURE.fine);
    const positions = chroma.width * chroma.height;
    this.#planes = [0, positions].map((start) => {
      const fine = refiner.refine(chroma.ab.subarray(start, start + positions));
      return { ...fitter.fit(fine), ...neighborhoodRange(fine, guide.width, guide.height) };
    });
  }

  /**
   * Makes one row of a* (`plane` 0) or b* (1).
   *
   * @param lightness L* 0..100 of the row from `lightnessStart` on
   * @param out receives the row from `target` on
   */
  row(
    plane: number,
    row: number,
    lightness: Float32Array,
    lightnessStart: number,
    out: Float32Array,
    target: number,
  ): void {
    this.#follower.row(this.#planes[plane]!, row, lightness, lightnessStart, out, target);
  }
}
