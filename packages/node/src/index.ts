export type { Scene } from "@let-there-be-color/core/colorize";
export type { ModelMetadata } from "@let-there-be-color/core/model";
export { UserError } from "@let-there-be-color/core/user-error";
export { ColorPhoto, type EncodeOptions, type ToFileOptions } from "./color-photo.js";
export type { ColorizeOptions } from "./colorize-stages.js";
export { Colorizer, type LoadOptions } from "./colorizer.js";
export { OUTPUT_FORMATS, type OutputFormat } from "./image/format.js";
