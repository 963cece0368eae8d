import { DamagedMetadata } from "../byte-reader.js";
import { TiffStructure } from "./structure.js";
import { IMAGE_LENGTH, IMAGE_WIDTH, NEW_SUBFILE_TYPE, SUBFILE_TYPE } from "./tags.js";

/** One of the pictures in a TIFF file. */
export interface TiffPage {
  /** Its place in the file, from 0, as readers of pages count. */
  readonly index: number;
  readonly width: number;
  readonly height: number;
  /**
   * `picture`: at full size; `reduced`: a smaller version of another one (thumbnail, level of a
   * pyramid); `mask`: transparency of another one (NewSubfileType, TIFF 6.0 section 8).
   */
  readonly kind: "picture" | "reduced" | "mask";
}

const REDUCED = 1;
const MASK = 4;

/**
 * The pictures in a TIFF file's chain of directories. Those in SubIFDs are versions of the picture
 * whose directory names them, and are not listed.
 *
 * @returns none if the file is no TIFF, or its first directory is damaged
 */
export function tiffPages(file: Uint8Array): TiffPage[] {
  try {
    const tiff = new TiffStructure(file);
    return tiff.chain().map((directory, index) => {
      const type = tiff.integer(directory, NEW_SUBFILE_TYPE);
      // SubfileType, its forerunner: 1 a picture, 2 a reduced one, 3 a page.
      const isReduced =
        type === undefined ? tiff.integer(directory, SUBFILE_TYPE) === 2 : (type & REDUCED) !== 0;
      const isMask = type !== undefined && (type & MASK) !== 0;
      return {
        index,
        width: tiff.integer(directory, IMAGE_WIDTH) ?? 0,
        height: tiff.integer(directory, IMAGE_LENGTH) ?? 0,
        kind: isMask ? "mask" : isReduced ? "reduced" : "picture",
      };
    });
  } catch (error) {
    if (error instanceof DamagedMetadata) return [];
    throw error;
  }
}
