export { type InferenceModelOptions, inferenceModel } from "./inference-model.js";
export { DEFAULT_WORKING_SIZE, type ModelMetadata, readModelMetadata } from "./model-metadata.js";
