// The way of one picture, in steps: the command line lets those of several pictures overlap.

import { type ColorModel, rankScenes } from "@let-there-be-color/core/colorize";
import { LARGEST_WORKING_SIZE, SMALLEST_WORKING_SIZE } from "@let-there-be-color/core/model";
import { UserError } from "@let-there-be-color/core/user-error";
import { ColorPhoto } from "./color-photo.js";
import type { Composer } from "./image/composer.js";
import { type DecodedPhoto, type OpenPhoto, openPhoto } from "./image/decode.js";
import { readInputFile } from "./image/read-file.js";
import type { SharedMemory } from "./image/shared-memory.js";
import type { Watch } from "./watch.js";

/** How to colourise one picture. */
export interface ColorizeOptions {
  /** Short side in pixels at which the network works, 16..4096. Default: what the model states. */
  readonly workingSize?: number;
  /** Factor on the chroma, 0 (grey) .. 2. Default 1. */
  readonly saturation?: number;
}

/** How far one picture has come. */
export type ColorizeProgress =
  /** Its pixels are in memory. */
  | { readonly type: "decoded"; readonly width: number; readonly height: number }
  /** The network has predicted its chroma. */
  | { readonly type: "predicted" }
  /** Its pixels have colour. */
  | { readonly type: "composed" };

/** @throws UserError if an option is out of range */
export function assertColorizeOptions({ workingSize, saturation = 1 }: ColorizeOptions): void {
  const isSize = (size: number) =>
    Number.isInteger(size) && size >= SMALLEST_WORKING_SIZE && size <= LARGEST_WORKING_SIZE;
  if (workingSize !== undefined && !isSize(workingSize)) {
    throw new UserError(
      "option-invalid",
      `Expected a \`workingSize\` from ${SMALLEST_WORKING_SIZE} to ${LARGEST_WORKING_SIZE} pixels but received ${workingSize}.`,
    );
  }
  if (!(saturation >= 0 && saturation <= 2)) {
    throw new UserError(
      "option-invalid",
      `Expected a \`saturation\` from 0 to 2 but received ${saturation}.`,
    );
  }
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
export interface Tools {
  readonly model: ColorModel;
  readonly composer: Composer;
  /** Whether this thread has other pictures to attend to. */
  readonly isBusy: () => boolean;
  /** Takes the memory of the decoded picture, which is used up, and gives that of the pixels. */
  readonly memory?: SharedMemory;
}

/**
 * Gives a decoded picture colour.
 *
 * @param inputPath where it came from, if from a file
 * @throws UserError if the model's prediction is unusable
 * @throws the reason of `signal` if it is aborted; while the network runs, that has to wait
 */
export async function colorizeDecoded(
  decoded: DecodedPhoto,
  inputPath: string | undefined,
  { model, composer, isBusy, memory }: Tools,
  { workingSize = model.metadata.workingSize, saturation = 1 }: ColorizeOptions,
  { signal, onProgress }: Watch<ColorizeProgress> = {},
): Promise<ColorPhoto> {
  const { gray, alpha, format, metadata } = decoded;
  onProgress?.({ type: "decoded", width: gray.width, height: gray.height });
  const chroma = await model.predict(gray, workingSize, () => signal?.throwIfAborted());
  signal?.throwIfAborted();
  onProgress?.({ type: "predicted" });
  const pixels = await composer.compose(decoded, chroma, saturation, isBusy(), memory);
  signal?.throwIfAborted();
  onProgress?.({ type: "composed" });
  memory?.give(gray.codes);
  if (alpha) memory?.give(alpha);
  const { width, height } = gray;
  const picture = { width, height, pixels, channels: alpha ? 4 : 3, metadata } as const;
  const scenes = chroma.sceneLogits ? rankScenes(chroma.sceneLogits, model.metadata.classes) : [];
  return new ColorPhoto(picture, { scenes, inputFormat: format, inputPath });
}
