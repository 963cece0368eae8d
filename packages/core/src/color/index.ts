export { meanChroma } from "./chroma.js";
export { labToLinearRgbInGamut, labToRgb } from "./gamut.js";
export { type GrayPicture, grayOfRgb, lightnessOfSrgbGray } from "./gray-picture.js";
export type { ChromaPlanes, LightnessGuide } from "./guided-chroma.js";
export {
  labToLinearRgb,
  lightnessOfPixels,
  lightnessOfY,
  linearRgbToLab,
  rgbToLab,
  WHITE_D65,
} from "./lab.js";
export { linearToSrgb, srgbToLinear } from "./srgb.js";
export { ChromaUpsampler } from "./upsample.js";
