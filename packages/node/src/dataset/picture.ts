import { meanChroma, rgbToLab } from "@let-there-be-color/core/color";
import sharp, { type Sharp } from "sharp";
import { readBmp, readBmpHeader } from "../image/decoding/bmp.js";
import { READ_FORMATS } from "../image/format.js";

/** An 8-bit sRGB picture: rgb is [height, width, 3]. */
export interface RgbPicture {
  readonly width: number;
  readonly height: number;
  readonly rgb: Uint8Array;
}

/** More pixels are refused: the file may be small and its picture fill the memory. */
const maximumPixels = 100e6;
/** Longer strips are refused: their short side enlarged, they would fill the memory. */
const maximumAspect = 20;
const maximumChromaSamples = 1024;

/**
 * Decodes a picture to sRGB, upright, with its short side scaled to `shortSide` pixels (antialiased
 * when shrinking); smaller pictures are enlarged if `enlarge`, else kept. Colour profiles are converted, transparency is laid on white; of animations the
 * first frame is taken.
 *
 * @throws Error if the file is broken, truncated, no photograph or too large; the message says so.
 */
export async function decodePicture(
  bytes: Uint8Array,
  shortSide: number,
  enlarge = true,
): Promise<RgbPicture> {
  const isBmp = bytes[0] === 0x42 && bytes[1] === 0x4d; // "BM"
  const image = isBmp
    ? openBmp(bytes)
    : sharp(bytes, { failOn: "error", limitInputPixels: maximumPixels });
  const { format, width, height, orientation = 1 } = await image.metadata();
  if (!isBmp && !READ_FORMATS.has(format)) {
    throw new Error(`the file is ${format}, not a photograph`);
  }
  if (width > maximumAspect * height || height > maximumAspect * width) {
    throw new Error(
      `${width} x ${height} pixels: one side is over ${maximumAspect} times the other`,
    );
  }
  if (orientation > 1) image.autoOrient();
  const { data, info } = await image
    .resize(shortSide, shortSide, { fit: "outside", withoutEnlargement: !enlarge })
    .flatten({ background: "white" })
    .toColourspace("srgb")
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { rgb: data, width: info.width, height: info.height };
}

/** libvips does not read bitmaps. */
function openBmp(bytes: Uint8Array): Sharp {
  const size = readBmpHeader(bytes, "the file");
  if (size.width * size.height > maximumPixels) throw new Error("it has too many pixels");
  const { samples, width, height, channels } = readBmp(bytes, "the file");
  return sharp(samples, { raw: { width, height, channels } });
}

/**
 * The mean of sqrt(a*^2 + b*^2) over a picture, in CIELAB units, from about 1,000 pixels on a
 * regular grid.
 */
export function sampledMeanChroma({ rgb, width, height }: RgbPicture): number {
  const step = Math.ceil(Math.sqrt((width * height) / maximumChromaSamples));
  const columns = Math.ceil(width / step);
  const count = columns * Math.ceil(height / step);
  const samples = new Uint8Array(3 * count);
  let target = 0;
  for (let y = 0; y < height; y += step) {
    for (let x = 0; x < width; x += step) {
      const source = 3 * (y * width + x);
      samples[target++] = rgb[source]!;
      samples[target++] = rgb[source + 1]!;
      samples[target++] = rgb[source + 2]!;
    }
  }
  const ab = new Float32Array(2 * count);
  rgbToLab(samples, count, new Float32Array(count), ab);
  return meanChroma(ab);
}

/** A square cut out of a picture, mirrored left to right if `flip`: [size, size, 3]. */
export function cropPicture(
  picture: RgbPicture,
  left: number,
  top: number,
  size: number,
  flip: boolean,
): Uint8Array {
  const crop = new Uint8Array(3 * size * size);
  for (let y = 0; y < size; y++) {
    const start = 3 * ((top + y) * picture.width + left);
    const row = picture.rgb.subarray(start, start + 3 * size);
    if (!flip) {
      crop.set(row, 3 * size * y);
      continue;
    }
    let target = 3 * size * (y + 1) - 3;
    for (let source = 0; source < row.length; source += 3, target -= 3) {
      crop[target] = row[source]!;
      crop[target + 1] = row[source + 1]!;
      crop[target + 2] = row[source + 2]!;
    }
  }
  return crop;
}
