import type { Notice } from "../notice.js";
import { DamagedMetadata } from "./byte-reader.js";
import { writeAvif } from "./containers/avif.js";
import { LARGEST_JPEG_EXIF, writeJpeg } from "./containers/jpeg.js";
import { writePng } from "./containers/png.js";
import { writeTiff } from "./containers/tiff.js";
import { writeWebp } from "./containers/webp.js";
import { fitExif } from "./exif/fit.js";
import { exifWithResolution, resolutionOfExif } from "./exif/resolution.js";
import type { PictureMetadata, Resolution, WrittenMetadata } from "./picture-metadata.js";
import { type MetadataFormat, notKept, suitedMetadata } from "./suited.js";
import { MAKER_NOTE } from "./tiff/tags.js";

/**
 * Puts metadata into an encoded picture, in place of any that it has, and marks it as sRGB. What the
 * format has no place for goes where its meaning is kept, mostly into XMP; notices say so, and what is
 * lost.
 *
 * @param file an upright sRGB picture, as an encoder writes it: one picture, no metadata of value
 * @param metadata true of that picture: see `outputMetadata`
 * @throws Error if the file is not of that format
 */
export function writeMetadata(
  file: Uint8Array,
  format: MetadataFormat,
  metadata: PictureMetadata,
): WrittenMetadata {
  const notices: Notice[] = [];
  const suited = suitedMetadata(format, metadata, notices);
  const bytes = writers[format](file, suited, notices);
  return { bytes, notices };
}

type Writer = (file: Uint8Array, metadata: PictureMetadata, notices: Notice[]) => Uint8Array;

const writers: Readonly<Record<MetadataFormat, Writer>> = {
  jpeg: (file, metadata, notices) => {
    const { xmp, ...others } = withShortExif(metadata, notices);
    if (!xmp) return writeJpeg(file, others);
    try {
      return writeJpeg(file, { ...others, xmp });
    } catch (error) {
      if (!(error instanceof DamagedMetadata)) throw error;
      notices.push(notKept("XMP of more than 64 KB that is no list of properties, in JPEG"));
      return writeJpeg(file, others);
    }
  },
  png: writePng,
  webp: (file, metadata, notices) => writeWebp(file, withStatedResolution(metadata, notices)),
  avif: (file, metadata, notices) => writeAvif(file, withStatedResolution(metadata, notices)),
  tiff: (file, metadata, notices) => {
    const { bytes, inPlace } = writeTiff(file, metadata);
    if (!inPlace) notices.push(MOVED_MAKER_NOTE);
    return bytes;
  },
};

const MOVED_MAKER_NOTE: Notice = {
  code: "kept-elsewhere",
  message:
    "The maker note (the camera's own data) is kept at another place, where not every program understands it.",
};

/** JPEG holds 64 KB of EXIF. */
function withShortExif(metadata: PictureMetadata, notices: Notice[]): PictureMetadata {
  const { exif, ...others } = metadata;
  if (!exif || exif.length <= LARGEST_JPEG_EXIF) return metadata;
  const fitted = fitExif(exif, LARGEST_JPEG_EXIF);
  const names = [...new Set(fitted.leftOut)].map((tag) =>
    tag === MAKER_NOTE
      ? "the maker note (the camera's own data)"
      : `EXIF tag 0x${tag.toString(16).padStart(4, "0")}`,
  );
  const shown = names.length > 5 ? [...names.slice(0, 5), `${names.length - 5} more`] : names;
  if (names.length > 0) notices.push(notKept(`${shown.join(", ")}: JPEG holds 64 KB of EXIF`));
  return { ...others, exif: fitted.exif };
}

/** Formats without a resolution of their own state it in EXIF. */
function withStatedResolution(metadata: PictureMetadata, notices: Notice[]): PictureMetadata {
  const { exif, resolution } = metadata;
  if (!resolution || (exif && isStated(resolution, resolutionOfExif(exif)))) return metadata;
  const { bytes, inPlace } = exifWithResolution(exif, resolution);
  if (!inPlace) notices.push(MOVED_MAKER_NOTE);
  return { ...metadata, exif: bytes };
}

/** Whether a resolution is the same but for what JFIF and PNG round. */
function isStated(resolution: Resolution, stated: Resolution | undefined): boolean {
  if (!stated || stated.unit !== resolution.unit) return false;
  const isNear = (a: number, b: number) => Math.abs(a - b) < 0.01 * b;
  return isNear(stated.x, resolution.x) && isNear(stated.y, resolution.y);
}
