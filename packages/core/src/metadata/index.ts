// What picture files say about themselves, besides their pixels.

export { isLosslessWebp } from "./containers/webp.js";
export { type OutputPicture, outputMetadata, quarterTurnedMetadata } from "./correct.js";
export type { OutputPixels } from "./exif/correct.js";
export type {
  FoundMetadata,
  PictureMetadata,
  PngText,
  Resolution,
  WrittenMetadata,
} from "./picture-metadata.js";
export {
  AI_SYSTEM,
  COMPOSITE_WITH_TRAINED_ALGORITHMIC_MEDIA,
  isOwnOutput,
  type Provenance,
} from "./provenance.js";
export { readMetadata } from "./read.js";
export type { MetadataFormat } from "./suited.js";
export { joinTiffPages } from "./tiff/join-pages.js";
export { type TiffPage, tiffPages } from "./tiff/pages.js";
export {
  isCameraRawTiff,
  type TiffPixelFormat,
  tiffOfPixelsOnly,
  tiffOfUniformSamples,
  tiffPixelBytes,
  tiffPixelFormat,
} from "./tiff/pixel-fields.js";
export { writeMetadata } from "./write.js";
