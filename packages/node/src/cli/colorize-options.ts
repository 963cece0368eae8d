import type { RuntimeOptions } from "../runtime/onnx-runtime.js";
import type { PipelineOptions } from "./colorize-pipeline.js";
import type { HintOptions } from "./hints-of-pictures.js";

/** The options of `ltbc colorize`. */
export interface ColorizeCommandOptions extends PipelineOptions, RuntimeOptions, HintOptions {
  readonly output?: string;
  readonly model?: string;
  readonly alternatives: number;
  readonly uncertainty?: boolean;
  readonly reference?: string;
  readonly referenceStrength: number;
  readonly overwrite?: boolean;
  readonly watch?: boolean;
  readonly dryRun?: boolean;
  /** Path of a report, .csv or .json. */
  readonly report?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/**
 * The options that make a difference to a picture: all but those that say whether and where it goes, what is told of
 * it, and on what it is computed; and the hints, which are its own.
 */
export function pictureOptions(options: ColorizeCommandOptions): Record<string, unknown> {
  const { output, model, device, threads, json, quiet, overwrite, ...others } = options;
  const { hint, hints, reference, skipColor, maxPixels, ...further } = others;
  const { dryRun, report, watch, ...ofPictures } = further;
  return ofPictures;
}
