// The way of one picture, in steps: the command line lets those of several pictures overlap.

import { type ColorModel, rankScenes } from "@let-there-be-color/core/colorize";
import { UserError } from "@let-there-be-color/core/user-error";
import { ColorPhoto } from "./color-photo.js";
import type { Composer } from "./image/composer.js";
import { type DecodedPhoto, type OpenPhoto, openPhoto } from "./image/decode.js";
import { readInputFile } from "./image/read-file.js";
import type { SharedMemory } from "./image/shared-memory.js";

/** How to colourise one picture. */
export interface ColorizeOptions {
  /** Short side in pixels at which the network works, 16..4096. Default: what the model states. */
  readonly workingSize?: number;
  /** Factor on the chroma, 0 (grey) .. 2. Default 1. */
  readonly saturation?: number;
}

/** @throws UserError if an option is out of range */
export function assertColorizeOptions({ workingSize, saturation = 1 }: ColorizeOptions): void {
  const isSize = (n: number) => Number.isInteger(n) && n >= 16 && n <= 4096;
  if (workingSize !== undefined && !isSize(workingSize)) {
    throw new UserError(
      `Expected a working size from 16 to 4096 pixels but received ${workingSize}.`,
    );
  }
  if (!(saturation >= 0 && saturation <= 2)) {
    throw new UserError(`Expected a saturation from 0 to 2 but received ${saturation}.`);
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
 */
export async function colorizeDecoded(
  decoded: DecodedPhoto,
  inputPath: string | undefined,
  { model, composer, isBusy, memory }: Tools,
  { workingSize = model.metadata.workingSize, saturation = 1 }: ColorizeOptions,
): Promise<ColorPhoto> {
  const { gray, alpha, format, metadata } = decoded;
  const chroma = await model.predict(gray, workingSize);
  const pixels = await composer.compose(decoded, chroma, saturation, isBusy(), memory);
  memory?.give(gray.codes);
  if (alpha) memory?.give(alpha);
  const { width, height } = gray;
  const picture = { width, height, pixels, channels: alpha ? 4 : 3, metadata } as const;
  const scenes = chroma.sceneLogits ? rankScenes(chroma.sceneLogits, model.metadata.classes) : [];
  return new ColorPhoto(picture, { scenes, inputFormat: format, inputPath });
}
