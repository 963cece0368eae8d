export {
  READ_OUT_NAMES,
  type ReadOut,
  type ReadOutName,
  type ReadOuts,
} from "../objective/quantized-chroma/read-out.js";
export {
  assertAlternatives,
  assertRenderOptions,
  ColorAnalysis,
  MOST_ALTERNATIVES,
  type RenderOptions,
  type UncertaintyPlane,
} from "./color-analysis.js";
export { type AnalyzeOptions, ColorModel, type ColorModelOptions } from "./color-model.js";
export {
  BandComposer,
  type ComposeOptions,
  composePixels,
  type LightnessPicture,
} from "./compose-pixels.js";
export type { Guidance, Reference } from "./guidance.js";
export { assertHints, type Hint } from "./hints.js";
export {
  checkedModelInterface,
  type ModelInterface,
  parseModelInterface,
} from "./other-models/model-interface.js";
export { needsInterface } from "./other-models/other-model.js";
export { workingLightness } from "./predict-chroma.js";
export { resizePlane } from "./resize-plane.js";
export { rankScenes, type Scene } from "./scenes.js";
export { suitedModel, type Workload } from "./suited-model.js";
export { type Size, workingDimensions } from "./working-size.js";
