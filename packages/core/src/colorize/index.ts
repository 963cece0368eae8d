export { ColorModel, type ColorModelOptions } from "./color-model.js";
export {
  BandComposer,
  type ComposeOptions,
  composePixels,
  type LightnessPicture,
} from "./compose-pixels.js";
export {
  assertColorModel,
  type ChromaPrediction,
  colorizePlanes,
  predictChroma,
  rankScenes,
  type Scene,
  workingLightness,
} from "./predict-chroma.js";
export { resizePlane } from "./resize-plane.js";
export { suitedModel, type Workload } from "./suited-model.js";
export { type Size, workingDimensions } from "./working-size.js";
