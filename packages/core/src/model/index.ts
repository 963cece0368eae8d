export { type InferenceModelOptions, inferenceModel } from "./inference-model.js";
export {
  DEFAULT_MULTIPLE,
  DEFAULT_WORKING_SIZE,
  type ModelMetadata,
  readModelMetadata,
} from "./model-metadata.js";
