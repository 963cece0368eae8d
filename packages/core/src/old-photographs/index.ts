export { type ColorCast, type ColoringChoices, colorCast, doubtsOf } from "./doubts.js";
export {
  findLevels,
  isOneTone,
  type Levels,
  type LightnessRange,
  levelled,
  lightnessRange,
  unlevelled,
  withLevels,
} from "./levels.js";
export { NeutralBorder } from "./neutral-border.js";
export { type EdgeEnds, findPictureArea, type PictureArea } from "./picture-area.js";
export { rangeOfScan } from "./range-of-scan.js";
export { isColorPhotograph, remainingColor } from "./remaining-color.js";
export { type RgbSample, RgbSampler, sampleRgb } from "./rgb-sample.js";
