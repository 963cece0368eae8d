export { labToLinearRgbInGamut, labToRgb } from "./gamut.js";
export {
  labToLinearRgb,
  lightnessOfY,
  linearRgbToLab,
  luminanceOfPixels,
  rgbToLab,
  WHITE_D65,
} from "./lab.js";
export { linearToSrgb, srgbToLinear } from "./srgb.js";
export { type ChromaPlanes, upsampleChromaRows } from "./upsample.js";
