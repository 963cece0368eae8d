export type {
  Hint,
  ModelInterface,
  ReadOut,
  ReadOutName,
  ReadOuts,
  RenderOptions,
  Scene,
} from "@let-there-be-color/core/colorize";
export { joinTiffPages } from "@let-there-be-color/core/metadata";
export type { ModelMetadata } from "@let-there-be-color/core/model";
export type { Notice, NoticeCode } from "@let-there-be-color/core/notice";
export { UserError, type UserErrorCode } from "@let-there-be-color/core/user-error";
export type { LoadProgress } from "./color-model.js";
export { ColorPhoto } from "./color-photo.js";
export type { ColorizeOptions, ColorizeProgress } from "./colorize-stages.js";
export { Colorizer, type LoadOptions } from "./colorizer.js";
export type { EncodeOptions, PhotoFacts, ToFileOptions } from "./composed-photo.js";
export { type DiagnoseOptions, type Diagnosis, diagnose } from "./diagnosis/diagnosis.js";
export { OUTPUT_FORMATS, type OutputFormat } from "./image/format.js";
export type { RawPixels } from "./image/raw-pixels.js";
export type { Rotation } from "./image/rotate.js";
export type { PictureInput } from "./inputs/picture-input.js";
export type { UncertaintyMap } from "./uncertainty-map.js";
export type { Watch } from "./watch.js";
