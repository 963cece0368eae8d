// EXIF of the input, true of the output. The block is changed in place: maker notes hold offsets
// that only their makers know, so nothing may move.

import { DamagedMetadata } from "../byte-reader.js";
import {
  LONG,
  SHORT,
  type TiffDirectory,
  type TiffEntry,
  TiffStructure,
} from "../tiff/structure.js";
import {
  COLOR_SPACE,
  EXIF_DIRECTORY,
  GAMMA,
  GPS_DIRECTORY,
  IMAGE_LENGTH,
  IMAGE_WIDTH,
  INTEROPERABILITY_DIRECTORY,
  INTEROPERABILITY_INDEX,
  JPEG_INTERCHANGE_FORMAT,
  JPEG_INTERCHANGE_FORMAT_LENGTH,
  ORIENTATION,
  PIXEL_X_DIMENSION,
  PIXEL_Y_DIMENSION,
  X_RESOLUTION,
  Y_RESOLUTION,
  YCBCR_POSITIONING,
} from "../tiff/tags.js";
import { isAboutPixels } from "./tags-of-pixels.js";

const UPRIGHT = 1;
const SRGB = 1;

/** Tags about pixels that EXIF has, too; the last one is mandatory. */
const PART_OF_EXIF: ReadonlySet<number> = new Set([IMAGE_WIDTH, IMAGE_LENGTH, YCBCR_POSITIONING]);

/** What is true of the output. */
export interface OutputPixels {
  readonly width: number;
  readonly height: number;
}

/** The EXIF orientation, 1..8; 1 if there is none or it is none of these. */
export function exifOrientation(exif: Uint8Array): number {
  try {
    const tiff = new TiffStructure(exif);
    const value = tiff.integer(tiff.directory(tiff.firstDirectory), ORIENTATION);
    return value !== undefined && value >= 1 && value <= 8 ? value : UPRIGHT;
  } catch (error) {
    if (error instanceof DamagedMetadata) return UPRIGHT;
    throw error;
  }
}

/**
 * A copy of an EXIF block for an upright sRGB picture: orientation 1, the sizes of the output where
 * sizes are stated, no marks of Adobe RGB, nothing about pixels that were, no thumbnail, which is
 * still grey.
 *
 * @throws DamagedMetadata if the main directory cannot be read
 */
export function correctedExif(exif: Uint8Array, { width, height }: OutputPixels): Uint8Array {
  const block = new ExifBlock(new Uint8Array(exif));
  const { tiff } = block;
  const thumbnail = block.thumbnail();
  const main = () => tiff.directory(tiff.firstDirectory);
  block.removeAll(main(), (tag) => isAboutPixels(tag) && !PART_OF_EXIF.has(tag));
  block.set(main(), ORIENTATION, UPRIGHT, SHORT);
  block.set(main(), IMAGE_WIDTH, width, LONG);
  block.set(main(), IMAGE_LENGTH, height, LONG);
  block.unlinkNext(main());
  const photograph = block.nested(main(), EXIF_DIRECTORY);
  if (photograph) {
    const directory = () => tiff.directory(photograph.offset);
    block.removeAll(directory(), (tag) => tag === GAMMA);
    block.set(directory(), PIXEL_X_DIMENSION, width, LONG);
    block.set(directory(), PIXEL_Y_DIMENSION, height, LONG);
    block.set(directory(), COLOR_SPACE, SRGB, SHORT);
    const interoperability = block.nested(directory(), INTEROPERABILITY_DIRECTORY);
    if (interoperability) block.markBasic(interoperability);
  }
  return thumbnail ? block.without(thumbnail) : block.bytes;
}

/**
 * A copy of an EXIF block whose resolutions across and down have changed places.
 *
 * @throws DamagedMetadata if the main directory cannot be read
 */
export function quarterTurnedExif(exif: Uint8Array): Uint8Array {
  const block = new ExifBlock(new Uint8Array(exif));
  const { tiff } = block;
  const directory = tiff.directory(tiff.firstDirectory);
  const [x, y] = [X_RESOLUTION, Y_RESOLUTION].map((tag) => tiff.find(directory, tag));
  if (x?.length !== 8 || y?.length !== 8) return exif;
  const across = new Uint8Array(tiff.value(x));
  if (across.every((byte, i) => byte === tiff.value(y)[i])) return exif;
  block.bytes.set(tiff.value(y), x.valueAt);
  block.bytes.set(across, y.valueAt);
  return block.bytes;
}

/** Where bytes lie. */
interface Span {
  readonly at: number;
  readonly length: number;
}

class ExifBlock {
  readonly bytes: Uint8Array;
  readonly tiff: TiffStructure;
  readonly #view: DataView;
  readonly #little: boolean;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.tiff = new TiffStructure(bytes);
    this.#little = this.tiff.reader.littleEndian;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** The directory that an entry leads to, if it can be read. */
  nested(directory: TiffDirectory, tag: number): TiffDirectory | undefined {
    const offset = this.tiff.integer(directory, tag);
    if (offset === undefined || offset === 0) return undefined;
    try {
      return this.tiff.directory(offset);
    } catch (error) {
      if (error instanceof DamagedMetadata) return undefined;
      throw error;
    }
  }

  /** Sets an integer where there is one. */
  set(
    directory: TiffDirectory,
    tag: number,
    value: number,
    type: typeof SHORT | typeof LONG,
  ): void {
    const entry = this.tiff.find(directory, tag);
    if (!entry) return;
    this.#view.setUint16(entry.at + 2, type, this.#little);
    this.#view.setUint32(entry.at + 4, 1, this.#little);
    this.#view.setUint32(entry.at + 8, 0, this.#little);
    if (type === LONG) this.#view.setUint32(entry.at + 8, value, this.#little);
    else this.#view.setUint16(entry.at + 8, value, this.#little);
  }

  /** Makes Adobe RGB's index R03 that of sRGB, R98 (DCF 2.0, 5.3). */
  markBasic(interoperability: TiffDirectory): void {
    const entry = this.tiff.find(interoperability, INTEROPERABILITY_INDEX);
    if (entry?.length === 4 && this.tiff.reader.startsWith("R03", entry.valueAt)) {
      this.bytes.set([0x52, 0x39, 0x38], entry.valueAt); // "R98"
    }
  }

  /** Takes entries out: those behind move up, with the offset of the next directory. */
  removeAll({ offset, nextAt }: TiffDirectory, isUnwanted: (tag: number) => boolean): void {
    const { reader } = this.tiff;
    let to = offset + 2;
    for (let at = to; at < nextAt; at += 12) {
      if (isUnwanted(reader.uint16(at))) continue;
      this.bytes.copyWithin(to, at, at + 12);
      to += 12;
    }
    const end = Math.min(nextAt + 4, this.bytes.length);
    this.bytes.copyWithin(to, nextAt, end);
    this.bytes.fill(0, to + end - nextAt, end);
    this.#view.setUint16(offset, (to - offset - 2) / 12, this.#little);
  }

  /** Makes a directory the last one: the next is that of the thumbnail. */
  unlinkNext({ nextAt }: TiffDirectory): void {
    this.bytes.fill(0, nextAt, Math.min(nextAt + 4, this.bytes.length));
  }

  /** Where the JPEG picture of the second directory lies. */
  thumbnail(): Span | undefined {
    const [, second] = this.tiff.chain();
    if (!second) return undefined;
    const at = this.tiff.integer(second, JPEG_INTERCHANGE_FORMAT);
    const length = this.tiff.integer(second, JPEG_INTERCHANGE_FORMAT_LENGTH);
    if (!at || !length || at + length > this.bytes.length) return undefined;
    return { at, length };
  }

  /** The block without a piece: cut off if it is the last one, otherwise made of zeros. */
  without({ at, length }: Span): Uint8Array {
    const used = this.#used(this.tiff.directory(this.tiff.firstDirectory), new Set());
    const end = at + length;
    if (used.some((span) => span.at < end && span.at + span.length > at)) return this.bytes;
    // A byte or two of padding may follow.
    if (end + 4 >= this.bytes.length) return this.bytes.subarray(0, at);
    this.bytes.fill(0, at, end);
    return this.bytes;
  }

  #used(directory: TiffDirectory, seen: Set<number>): Span[] {
    if (seen.has(directory.offset)) return [];
    seen.add(directory.offset);
    const own = { at: directory.offset, length: directory.nextAt + 4 - directory.offset };
    const values = directory.entries.map(({ valueAt, length }: TiffEntry) => ({
      at: valueAt,
      length,
    }));
    const nested = [EXIF_DIRECTORY, INTEROPERABILITY_DIRECTORY, GPS_DIRECTORY]
      .map((tag) => this.nested(directory, tag))
      .flatMap((found) => (found ? this.#used(found, seen) : []));
    return [own, ...values, ...nested];
  }
}
