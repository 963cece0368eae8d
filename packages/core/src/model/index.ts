export {
  countParameters,
  type InferenceModelOptions,
  inferenceModel,
  parameterSpecifications,
} from "./inference-model.js";
export {
  DEFAULT_WORKING_SIZE,
  LARGEST_WORKING_SIZE,
  type ModelMetadata,
  readModelMetadata,
  SMALLEST_WORKING_SIZE,
} from "./model-metadata.js";
