// What picture files say about themselves, besides their pixels.

export { joinTiffPages } from "./tiff/join-pages.js";
export { type TiffPage, tiffPages } from "./tiff/pages.js";
export {
  hasAllTiffPixels,
  isCameraRawTiff,
  type TiffPixelFormat,
  tiffOfPixelsOnly,
  tiffOfSingleSamples,
  tiffPixelFormat,
} from "./tiff/pixel-fields.js";
