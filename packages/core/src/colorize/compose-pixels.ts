// Full-resolution lightness + low-resolution chroma -> pixels.

import { labToRgb } from "../color/gamut.js";
import type { GrayPicture } from "../color/gray-picture.js";
import type { ChromaPlanes } from "../color/guided-chroma.js";
import { ChromaUpsampler } from "../color/upsample.js";
import { NeutralBorder } from "../old-photographs/neutral-border.js";
import type { PictureArea } from "../old-photographs/picture-area.js";
import type { Size } from "./working-size.js";

/** L* and chroma are at hand as floats for about this many pixels at a time: they stay in the cache. */
const STRIP_PIXELS = 4096;

/** How {@link composePixels} makes its picture. */
export interface ComposeOptions {
  /** Bits a sample. */
  readonly bitDepth: 8 | 16;
  /** Alpha plane to carry over, of the same bit depth: `[height, width]`. */
  readonly alpha?: Uint8Array | Uint16Array;
  /** Where the photograph lies: what surrounds it stays neutral. Default: everywhere. */
  readonly area?: PictureArea;
}

/** A picture's L*, 0..100, as it is: `[height, width]`. */
export interface LightnessPicture extends Size {
  readonly lightness: Float32Array;
}

/** Fills `out` with the L* of the pixels from `start` on. */
type LightnessReader = (start: number, count: number, out: Float32Array) => void;

function lightnessReader(picture: GrayPicture | LightnessPicture): LightnessReader {
  if (!("codes" in picture)) {
    return (start, count, out) => out.set(picture.lightness.subarray(start, start + count));
  }
  const { codes, lightness } = picture;
  return (start, count, out) => {
    for (let i = 0; i < count; i++) out[i] = lightness[codes[start + i]!]!;
  };
}

/**
 * Composes a picture in bands of rows: any band can be made at any time, by any thread that shares
 * the memory, and holds the same pixels as if the picture were made in one piece.
 */
export class BandComposer {
  readonly #readLightness: LightnessReader;
  readonly #upsampler: ChromaUpsampler;
  readonly #width: number;
  readonly #pixels: Uint8Array | Uint16Array;
  readonly #alpha: Uint8Array | Uint16Array | undefined;
  readonly #border: NeutralBorder | undefined;
  readonly #rowsPerStrip: number;
  readonly #lightness: Float32Array;
  readonly #ab: Float32Array;

  /**
   * @param picture its lightness is kept (within the rounding of the pixels)
   * @param chroma a* and b* at any resolution; enlarged by a {@link ChromaUpsampler} and held within the
   * sRGB gamut
   * @param pixels receives the picture, its type says the bit depth: `[height, width, 3]`, or
   * `[height, width, 4]` with an alpha
   */
  constructor(
    picture: GrayPicture | LightnessPicture,
    chroma: ChromaPlanes,
    { alpha, area }: Pick<ComposeOptions, "alpha" | "area">,
    pixels: Uint8Array | Uint16Array,
  ) {
    const { width, height } = picture;
    this.#readLightness = lightnessReader(picture);
    this.#upsampler = new ChromaUpsampler(chroma, width, height);
    this.#width = width;
    this.#pixels = pixels;
    this.#alpha = alpha;
    this.#border = area && new NeutralBorder(area, width, height);
    this.#rowsPerStrip = Math.min(height, Math.max(1, Math.floor(STRIP_PIXELS / width)));
    this.#lightness = new Float32Array(this.#rowsPerStrip * width);
    this.#ab = new Float32Array(2 * this.#rowsPerStrip * width);
  }

  /** Makes the rows `firstRow .. firstRow + rowCount - 1`. */
  compose(firstRow: number, rowCount: number): void {
    const end = firstRow + rowCount;
    for (let row = firstRow; row < end; row += this.#rowsPerStrip) {
      this.#composeStrip(row, Math.min(this.#rowsPerStrip, end - row));
    }
  }

  #composeStrip(firstRow: number, rowCount: number): void {
    const start = firstRow * this.#width;
    const count = rowCount * this.#width;
    const channels = this.#alpha ? 4 : 3;
    const strip = this.#pixels.subarray(start * channels, (start + count) * channels);
    this.#readLightness(start, count, this.#lightness);
    this.#upsampler.rows(firstRow, rowCount, this.#lightness, this.#ab);
    this.#border?.fade(this.#ab, firstRow, rowCount);
    labToRgb(this.#lightness, this.#ab, count, channels, strip);
    if (this.#alpha) {
      for (let i = 0; i < count; i++) strip[i * 4 + 3] = this.#alpha[start + i]!;
    }
  }
}

/**
 * Composes the picture: the given L* exactly (within the rounding of `bitDepth`), the chroma
 * enlarged by a {@link ChromaUpsampler} and held within the sRGB gamut.
 *
 * @param lightness L* 0..100 at full resolution: `[height, width]`
 * @param chroma a* and b* at any resolution
 * @returns interleaved sRGB: `[height, width, 3]`, or `[height, width, 4]` with an alpha
 */
export function composePixels(
  lightness: Float32Array,
  chroma: ChromaPlanes,
  { width, height }: Size,
  { bitDepth, ...options }: ComposeOptions,
): Uint8Array | Uint16Array {
  const length = width * height * (options.alpha ? 4 : 3);
  const pixels = bitDepth === 16 ? new Uint16Array(length) : new Uint8Array(length);
  new BandComposer({ lightness, width, height }, chroma, options, pixels).compose(0, height);
  return pixels;
}
