export { type InferenceModelOptions, inferenceModel } from "./inference-model.js";
export { keepOutputs } from "./keep-outputs.js";
export {
  DEFAULT_MULTIPLE,
  DEFAULT_WORKING_SIZE,
  LARGEST_WORKING_SIZE,
  type ModelMetadata,
  readModelMetadata,
  SMALLEST_WORKING_SIZE,
} from "./model-metadata.js";
export { type RequiredInputs, requireOptionalInputs } from "./optional-inputs.js";
