export type { Batch } from "@let-there-be-color/core/training";
export { BatchLoader, type LoaderReport } from "./batch-loader.js";
export type { BatchLoaderOptions, BatchPlan } from "./batch-plan.js";
export {
  type Dataset,
  type DatasetItem,
  type DatasetSource,
  fingerprintDataset,
  itemPath,
} from "./dataset.js";
export { type DatasetOptions, openDataset, type SourceOptions } from "./open-dataset.js";
export { readClassList } from "./picture-list.js";
export { type SplitDatasets, type SplitOptions, splitDataset } from "./split.js";
export { usualMinimumChroma, usualResize } from "./usual-options.js";
export type { ZipEntryLocation } from "./zip-source.js";
