import {
  correctedExif,
  exifOrientation,
  type OutputPixels,
  quarterTurnedExif,
} from "./exif/correct.js";
import type { PictureMetadata, Resolution } from "./picture-metadata.js";
import { type Provenance, withProvenance } from "./provenance.js";
import { correctedXmp } from "./xmp/correct.js";

/** What is true of a picture that has been made from another one. */
export interface OutputPicture extends OutputPixels {
  /** What made its colours; left out where the picture shall not say it. */
  readonly provenance?: Provenance | undefined;
}

/**
 * Metadata of an input as they are true of the output: upright, in sRGB, of its size, without
 * thumbnails in grey, and saying where the colours come from.
 *
 * @param metadata as `readMetadata` found them
 */
export function outputMetadata(metadata: PictureMetadata, output: OutputPicture): PictureMetadata {
  const isOnItsSide = metadata.exif !== undefined && exifOrientation(metadata.exif) >= 5;
  const upright = isOnItsSide ? quarterTurnedMetadata(metadata) : metadata;
  const { exif, xmp } = upright;
  const corrected = xmp === undefined ? undefined : correctedXmp(xmp, output);
  const { provenance } = output;
  const packet = provenance ? withProvenance(corrected, provenance) : corrected;
  return {
    ...upright,
    ...(exif ? { exif: correctedExif(exif, output) } : {}),
    ...(packet === undefined ? {} : { xmp: packet }),
  };
}

/** Metadata of a picture that is turned by 90 or 270 degrees: what was across is upright then. */
export function quarterTurnedMetadata(metadata: PictureMetadata): PictureMetadata {
  const { exif, resolution } = metadata;
  return {
    ...metadata,
    ...(exif ? { exif: quarterTurnedExif(exif) } : {}),
    ...(resolution ? { resolution: turned(resolution) } : {}),
  };
}

function turned({ x, y, unit }: Resolution): Resolution {
  return { x: y, y: x, unit };
}
