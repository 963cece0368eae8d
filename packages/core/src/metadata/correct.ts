import { DamagedMetadata } from "./byte-reader.js";
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
 * thumbnails in grey, and saying where the colours come from. EXIF whose parts lie over each other, so
 * that a correction damages it, is left out.
 *
 * @param metadata as `readMetadata` found them
 */
export function outputMetadata(metadata: PictureMetadata, output: OutputPicture): PictureMetadata {
  const isOnItsSide = metadata.exif !== undefined && exifOrientation(metadata.exif) >= 5;
  const upright = isOnItsSide ? quarterTurnedMetadata(metadata) : metadata;
  const { exif, xmp, ...others } = upright;
  const corrected = xmp === undefined ? undefined : correctedXmp(xmp, output);
  const { provenance } = output;
  const packet = provenance ? withProvenance(corrected, provenance) : corrected;
  const whole = exif && unlessDamaged(() => correctedExif(exif, output));
  return {
    ...others,
    ...(whole ? { exif: whole } : {}),
    ...(packet === undefined ? {} : { xmp: packet }),
  };
}

/** Metadata of a picture that is turned by 90 or 270 degrees: what was across is upright then. */
export function quarterTurnedMetadata(metadata: PictureMetadata): PictureMetadata {
  const { exif, resolution, ...others } = metadata;
  const whole = exif && unlessDamaged(() => quarterTurnedExif(exif));
  return {
    ...others,
    ...(whole ? { exif: whole } : {}),
    ...(resolution ? { resolution: turned(resolution) } : {}),
  };
}

function unlessDamaged<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (error instanceof DamagedMetadata) return undefined;
    throw error;
  }
}

function turned({ x, y, unit }: Resolution): Resolution {
  return { x: y, y: x, unit };
}
