import { concatBytes, DamagedMetadata } from "../byte-reader.js";
import { LONG, type TiffDirectory, type TiffEntry, TiffStructure } from "./structure.js";
import {
  BITS_PER_SAMPLE,
  COMPRESSION,
  EXTRA_SAMPLES,
  ICC_PROFILE,
  IMAGE_LENGTH,
  IMAGE_WIDTH,
  ORIENTATION,
  PHOTOMETRIC,
  PLANAR_CONFIGURATION,
  ROWS_PER_STRIP,
  SAMPLE_FORMAT,
  SAMPLES_PER_PIXEL,
  STRIP_BYTE_COUNTS,
  STRIP_OFFSETS,
  SUB_DIRECTORIES,
  TILE_BYTE_COUNTS,
  TILE_LENGTH,
  TILE_OFFSETS,
  TILE_WIDTH,
} from "./tags.js";

/** How the pixels of a TIFF page are stored (TIFF 6.0, sections 3 to 8 and 18 to 23). */
export interface TiffPixelFormat {
  readonly width: number;
  readonly height: number;
  /** 0 WhiteIsZero, 1 BlackIsZero, 2 RGB, 3 palette, 5 separated (CMYK), 6 YCbCr, 8 CIELAB, ... */
  readonly photometric: number;
  /** Of the first sample; samples of several depths in one pixel are not found in practice. */
  readonly bitsPerSample: number;
  readonly samplesPerPixel: number;
  /** 1 unsigned, 2 signed integers, 3 floating point numbers, 4 undefined. */
  readonly sampleFormat: number;
  readonly compression: number;
  /** 1 the samples of a pixel lie together, 2 those of a channel. */
  readonly planarConfiguration: number;
  /** Undefined if the page is stored in strips. */
  readonly tileWidth?: number;
  /** For each sample beyond the colours: 0 unspecified, 1 premultiplied alpha, 2 alpha. */
  readonly extraSamples: readonly number[];
  /** 1..8; anything else counts as 1. */
  readonly orientation: number;
  readonly iccProfile?: Uint8Array;
}

/** Photometric interpretations of raw sensor data: colour filter array, linear raw (DNG 1.4). */
const RAW_PHOTOMETRICS = new Set([32803, 34892]);

/**
 * @param index the page, as `tiffPages` counts
 * @returns undefined if the file is no TIFF, has no such page, or its directory is damaged
 */
export function tiffPixelFormat(file: Uint8Array, index = 0): TiffPixelFormat | undefined {
  return inPage(file, index, (tiff, page) => {
    const width = tiff.integer(page, IMAGE_WIDTH);
    const height = tiff.integer(page, IMAGE_LENGTH);
    if (!width || !height) return undefined;
    const extra = tiff.find(page, EXTRA_SAMPLES);
    const icc = tiff.find(page, ICC_PROFILE);
    const orientation = tiff.integer(page, ORIENTATION) ?? 1;
    const tileWidth = tiff.integer(page, TILE_WIDTH);
    return {
      width,
      height,
      photometric: tiff.integer(page, PHOTOMETRIC) ?? 1,
      bitsPerSample: tiff.integer(page, BITS_PER_SAMPLE) ?? 1,
      samplesPerPixel: tiff.integer(page, SAMPLES_PER_PIXEL) ?? 1,
      sampleFormat: tiff.integer(page, SAMPLE_FORMAT) ?? 1,
      compression: tiff.integer(page, COMPRESSION) ?? 1,
      planarConfiguration: tiff.integer(page, PLANAR_CONFIGURATION) ?? 1,
      ...(tileWidth ? { tileWidth } : {}),
      extraSamples: extra ? tiff.integers(extra) : [],
      orientation: orientation >= 1 && orientation <= 8 ? orientation : 1,
      ...(icc ? { iccProfile: tiff.value(icc) } : {}),
    };
  });
}

/**
 * @returns how many bytes the strips or tiles of a page take; undefined if some are missing or do not
 * lie within the file
 */
export function tiffPixelBytes(file: Uint8Array, index = 0): number | undefined {
  const format = tiffPixelFormat(file, index);
  if (!format) return undefined;
  return inPage(file, index, (tiff, page) => {
    const list = (tag: number) => {
      const entry = tiff.find(page, tag);
      return entry ? tiff.integers(entry) : [];
    };
    const offsets = [...list(STRIP_OFFSETS), ...list(TILE_OFFSETS)];
    const lengths = [...list(STRIP_BYTE_COUNTS), ...list(TILE_BYTE_COUNTS)];
    const { width, height, tileWidth, planarConfiguration, samplesPerPixel } = format;
    const rows = tiff.integer(page, tileWidth ? TILE_LENGTH : ROWS_PER_STRIP) || height;
    const planes = planarConfiguration === 2 ? samplesPerPixel : 1;
    const blocks = Math.ceil(width / (tileWidth ?? width)) * Math.ceil(height / rows) * planes;
    if (offsets.length < blocks || offsets.length !== lengths.length) return undefined;
    if (offsets.some((offset, i) => offset + lengths[i]! > file.length)) return undefined;
    return lengths.reduce((sum, length) => sum + length, 0);
  });
}

/** Cameras write a handful; a hostile file may name one directory a million times. */
const MOST_NESTED = 16;

/** Whether the file holds the raw data of a camera's sensor (DNG, NEF, CR2, ARW, ...). */
export function isCameraRawTiff(file: Uint8Array): boolean {
  try {
    const tiff = new TiffStructure(file);
    const isRaw = (directory: TiffDirectory) =>
      RAW_PHOTOMETRICS.has(tiff.integer(directory, PHOTOMETRIC) ?? 1);
    return tiff.chain().some((page) => {
      const nested = tiff.find(page, SUB_DIRECTORIES);
      const offsets = nested ? tiff.integers(nested).slice(0, MOST_NESTED) : [];
      return isRaw(page) || offsets.some((offset) => isRaw(tiff.directory(offset)));
    });
  } catch (error) {
    if (error instanceof DamagedMetadata) return false;
    throw error;
  }
}

/** Tags without which a page cannot be decoded, or looks different. */
const PIXEL_TAGS: ReadonlySet<number> = new Set([
  ...[IMAGE_WIDTH, IMAGE_LENGTH, BITS_PER_SAMPLE, COMPRESSION, PHOTOMETRIC, ORIENTATION],
  ...[STRIP_OFFSETS, SAMPLES_PER_PIXEL, STRIP_BYTE_COUNTS, TILE_OFFSETS, TILE_BYTE_COUNTS],
  ...[EXTRA_SAMPLES, SAMPLE_FORMAT, ICC_PROFILE, PLANAR_CONFIGURATION],
  ...[ROWS_PER_STRIP, TILE_WIDTH, TILE_LENGTH],
  266, // FillOrder
  292, // T4Options
  293, // T6Options
  317, // Predictor
  320, // ColorMap
  332, // InkSet
  347, // JPEGTables
  ...[512, 513, 514, 515, 517, 518, 519, 520, 521], // JPEG of TIFF 6.0
  529, // YCbCrCoefficients
  530, // YCbCrSubSampling
  531, // YCbCrPositioning
  532, // ReferenceBlackWhite
  50674, // LercParameters
]);

/**
 * A copy of a TIFF file with one page, whose directory holds nothing but what its pixels depend on,
 * in ascending order: for decoders that refuse a file for a mistake in any other field.
 *
 * @returns undefined if the file is no TIFF, has no such page, or its directory is damaged
 */
export function tiffOfPixelsOnly(file: Uint8Array, index = 0): Uint8Array<ArrayBuffer> | undefined {
  return withPixelFields(file, index, {});
}

/**
 * A copy of a TIFF file with one page, whose fields contradict neither each other nor
 * {@link tiffPixelFormat}: all samples are of one kind. Samples that share bytes become pixels of their
 * own. For decoders that trust what they read, or mistake the places of such samples.
 *
 * @returns undefined if the file is no TIFF, has no such page, or its directory is damaged
 */
export function tiffOfUniformSamples(
  file: Uint8Array,
  index = 0,
): Uint8Array<ArrayBuffer> | undefined {
  const format = tiffPixelFormat(file, index);
  if (!format) return undefined;
  const { width, height, tileWidth, samplesPerPixel, bitsPerSample, sampleFormat } = format;
  const sharesBytes = bitsPerSample % 8 !== 0 && format.planarConfiguration === 1;
  const [joined, samples] = sharesBytes ? [samplesPerPixel, 1] : [1, samplesPerPixel];
  return withPixelFields(file, index, {
    [IMAGE_WIDTH]: [width * joined],
    [IMAGE_LENGTH]: [height],
    ...(tileWidth ? { [TILE_WIDTH]: [tileWidth * joined] } : {}),
    [SAMPLES_PER_PIXEL]: [samples],
    [BITS_PER_SAMPLE]: Array(samples).fill(bitsPerSample),
    [SAMPLE_FORMAT]: Array(samples).fill(sampleFormat),
    [PHOTOMETRIC]: [1],
    [COMPRESSION]: [format.compression],
    [PLANAR_CONFIGURATION]: [format.planarConfiguration],
  });
}

/** @param stated values in place of those of the file, by their tags; unsigned, up to 32 bits */
function withPixelFields(
  file: Uint8Array,
  index: number,
  stated: Readonly<Record<number, readonly number[]>>,
): Uint8Array<ArrayBuffer> | undefined {
  return inPage(file, index, (tiff, page) => {
    const { isBig, reader } = tiff;
    const { littleEndian } = reader;
    const kept = new Map<number, TiffEntry>();
    for (const entry of page.entries) {
      if (PIXEL_TAGS.has(entry.tag) && !kept.has(entry.tag)) kept.set(entry.tag, entry);
    }
    const orientation = tiff.integer(page, ORIENTATION) ?? 1;
    if (orientation < 1 || orientation > 8) kept.delete(ORIENTATION);
    const tags = [...new Set([...kept.keys(), ...Object.keys(stated).map(Number)])];
    const [countSize, entrySize, offsetSize] = isBig ? [8, 20, 8] : [2, 12, 4];
    const at = file.length + (file.length % 2);
    const directory = new Uint8Array(countSize + tags.length * entrySize + offsetSize);
    const number = numberWriter(directory, littleEndian);
    number(0, tags.length, countSize);
    const values: Uint8Array[] = [];
    let valuesEnd = at + directory.length;
    tags
      .sort((a, b) => a - b)
      .forEach((tag, i) => {
        const target = countSize + i * entrySize;
        const numbers = stated[tag];
        if (!numbers) {
          directory.set(reader.slice(kept.get(tag)!.at, entrySize), target);
          return;
        }
        number(target, tag, 2);
        number(target + 2, LONG, 2);
        number(target + 4, numbers.length, offsetSize);
        const value = new Uint8Array(numbers.length * 4);
        const write = numberWriter(value, littleEndian);
        numbers.forEach((entry, j) => {
          write(4 * j, entry, 4);
        });
        if (value.length <= offsetSize) {
          directory.set(value, target + 4 + offsetSize);
          return;
        }
        number(target + 4 + offsetSize, valuesEnd, offsetSize);
        values.push(value);
        valuesEnd += value.length;
      });
    const copy = concatBytes([file, new Uint8Array(file.length % 2), directory, ...values]);
    numberWriter(copy, littleEndian)(isBig ? 8 : 4, at, offsetSize);
    return copy;
  });
}

/** Writes unsigned integers of 2, 4 or 8 bytes. */
function numberWriter(bytes: Uint8Array, littleEndian: boolean) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return (at: number, value: number, size: number): void => {
    if (size === 2) view.setUint16(at, value, littleEndian);
    else if (size === 4) view.setUint32(at, value, littleEndian);
    else view.setBigUint64(at, BigInt(value), littleEndian);
  };
}

function inPage<T>(
  file: Uint8Array,
  index: number,
  read: (tiff: TiffStructure, page: TiffDirectory) => T | undefined,
): T | undefined {
  try {
    const tiff = new TiffStructure(file);
    const page = tiff.chain()[index];
    return page && read(tiff, page);
  } catch (error) {
    if (error instanceof DamagedMetadata) return undefined;
    throw error;
  }
}
