// The way of one picture, in steps: the command line lets those of several pictures overlap.

import {
  assertRenderOptions,
  type ColorModel,
  type RenderOptions,
} from "@let-there-be-color/core/colorize";
import { LARGEST_WORKING_SIZE, SMALLEST_WORKING_SIZE } from "@let-there-be-color/core/model";
import { UserError } from "@let-there-be-color/core/user-error";
import { AnalyzedPhoto, type CompositionTools } from "./analyzed-photo.js";
import { type DecodedPhoto, type OpenPhoto, openPhoto } from "./image/decode.js";
import { readInputFile } from "./image/read-file.js";
import type { StageWatch } from "./watch.js";

/** How to colourise one picture. */
export interface ColorizeOptions extends RenderOptions {
  /** Short side in pixels at which the network works, 16..4096. Default: what the model states. */
  readonly workingSize?: number;
}

/** How far one picture has come. */
export type ColorizeProgress =
  /** Its pixels are in memory. */
  | { readonly type: "decoded"; readonly width: number; readonly height: number }
  /** The network has looked at it. */
  | { readonly type: "predicted" }
  /** Its pixels have colour. */
  | { readonly type: "composed" };

/** @throws UserError if an option is out of range */
export function assertColorizeOptions({ workingSize, ...options }: ColorizeOptions): void {
  const isSize = (size: number) =>
    Number.isInteger(size) && size >= SMALLEST_WORKING_SIZE && size <= LARGEST_WORKING_SIZE;
  if (workingSize !== undefined && !isSize(workingSize)) {
    throw new UserError(
      "option-invalid",
      `Expected a \`workingSize\` from ${SMALLEST_WORKING_SIZE} to ${LARGEST_WORKING_SIZE} pixels but received ${workingSize}.`,
    );
  }
  assertRenderOptions(options);
}

/**
 * Reads a file and its header.
 *
 * @param input path or bytes of a picture
 * @throws UserError if it is missing, empty or no picture
 */
export async function openInput(input: string | Uint8Array): Promise<OpenPhoto> {
  if (typeof input !== "string") return openPhoto(input, "the input");
  return openPhoto(await readInputFile(input), input);
}

/** What colourises pictures, several at a time. */
export interface Tools extends CompositionTools {
  readonly model: ColorModel;
}

/**
 * Lets the network look at a decoded picture.
 *
 * @param path where it came from, if from a file
 * @throws UserError if the model's prediction is unusable
 * @throws the reason of `signal` if it is aborted; while the network runs, that has to wait
 */
export async function analyzeDecoded(
  decoded: DecodedPhoto,
  path: string | undefined,
  { model, ...tools }: Tools,
  workingSize: number | undefined,
  { signal, onProgress }: StageWatch<ColorizeProgress> = {},
): Promise<AnalyzedPhoto> {
  const { gray } = decoded;
  onProgress?.({ type: "decoded", width: gray.width, height: gray.height });
  const analysis = await model.analyze(gray, {
    workingSize,
    onTurn: () => signal?.throwIfAborted(),
  });
  signal?.throwIfAborted();
  onProgress?.({ type: "predicted" });
  return new AnalyzedPhoto(decoded, analysis, { path, classes: model.metadata.classes }, tools);
}
