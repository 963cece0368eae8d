import { correctedExif, exifOrientation, type OutputPixels } from "./exif/correct.js";
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
  const { exif, xmp, resolution } = metadata;
  const isOnItsSide = exif !== undefined && exifOrientation(exif) >= 5;
  const corrected = xmp === undefined ? undefined : correctedXmp(xmp, output);
  const { provenance } = output;
  const packet = provenance ? withProvenance(corrected, provenance) : corrected;
  return {
    ...metadata,
    ...(exif ? { exif: correctedExif(exif, output) } : {}),
    ...(packet === undefined ? {} : { xmp: packet }),
    ...(resolution && isOnItsSide ? { resolution: turned(resolution) } : {}),
  };
}

function turned({ x, y, unit }: Resolution): Resolution {
  return { x: y, y: x, unit };
}
