// The way of one picture, in steps: the command line lets those of several pictures overlap.

import {
  assertHints,
  assertRenderOptions,
  type ColorModel,
  type Guidance,
  type Hint,
  type RenderOptions,
} from "@let-there-be-color/core/colorize";
import { LARGEST_WORKING_SIZE, SMALLEST_WORKING_SIZE } from "@let-there-be-color/core/model";
import type { Notice } from "@let-there-be-color/core/notice";
import {
  findLevels,
  findPictureArea,
  isColorPhotograph,
  isOneTone,
  rangeOfScan,
  withLevels,
} from "@let-there-be-color/core/old-photographs";
import { UserError } from "@let-there-be-color/core/user-error";
import { AnalyzedPhoto, type CompositionTools } from "./analyzed-photo.js";
import { type DecodedPhoto, type OpenOptions, type OpenPhoto, openPhoto } from "./image/decode.js";
import { assertMaxPixels, DEFAULT_MAX_PIXELS } from "./image/pixel-limit.js";
import { readInputFile } from "./image/read-file.js";
import { assertRotation, type Rotation, rotatedPhoto } from "./image/rotate.js";
import { SharedMemory } from "./image/shared-memory.js";
import { provenanceOf } from "./provenance.js";
import type { StageWatch } from "./watch.js";

/** How to colourise one picture. */
export interface ColorizeOptions extends RenderOptions {
  /** Short side in pixels at which the network works, 16..4096. Default: what the model states. */
  readonly workingSize?: number;
  /**
   * Turns the picture clockwise before anything else, after its EXIF orientation is applied: for scans
   * that lie on their side. 90, 180 or 270 degrees. Default 0.
   */
  readonly rotate?: Rotation;
  /**
   * Spreads the lightness of a faded or flat picture over the usual range, in the result, too. The
   * network always sees it so. Default false: the picture keeps its lightness.
   */
  readonly restoreLevels?: boolean;
  /**
   * Colours of places, in pixels of the upright picture, which the network spreads as it sees fit.
   * For models that take them.
   */
  readonly hints?: readonly Hint[];
  /**
   * Path, `file:` URL or bytes of another picture, grey or not, that takes the place of this one where
   * the network judges the scene as a whole. For models that take it; it is looked at once.
   */
  readonly reference?: string | URL | Uint8Array;
  /** Share of the reference, 0 (none) .. 1. Default 1. */
  readonly referenceStrength?: number;
  /**
   * Which of the full-size pages of a TIFF, from 0; `pageCount` of the result says how many there are.
   * Default: the first, with a notice if there are more.
   */
  readonly page?: number;
  /**
   * Pictures with more pixels are refused before they are decoded, 1..2^30: small files can hold large
   * pictures. Default 268 million (2^28).
   */
  readonly maxPixels?: number;
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
export function assertColorizeOptions(options: ColorizeOptions): void {
  const { workingSize, rotate = 0, hints = [], reference, referenceStrength = 1 } = options;
  const { page = 0, maxPixels = DEFAULT_MAX_PIXELS } = options;
  const isSize = (size: number) =>
    Number.isInteger(size) && size >= SMALLEST_WORKING_SIZE && size <= LARGEST_WORKING_SIZE;
  if (workingSize !== undefined && !isSize(workingSize)) {
    throw new UserError(
      "option-invalid",
      `Expected a \`workingSize\` from ${SMALLEST_WORKING_SIZE} to ${LARGEST_WORKING_SIZE} pixels but received ${workingSize}.`,
    );
  }
  if (!Number.isInteger(page) || page < 0) {
    throw new UserError("option-invalid", `Expected a \`page\` from 0 on but received ${page}.`);
  }
  assertMaxPixels(maxPixels);
  assertRotation(rotate);
  assertHints(hints);
  if (
    reference !== undefined &&
    typeof reference !== "string" &&
    !(reference instanceof Uint8Array)
  ) {
    throw new UserError(
      "option-invalid",
      "Expected the path or the bytes of a picture as `reference`.",
    );
  }
  if (!(referenceStrength >= 0 && referenceStrength <= 1)) {
    throw new UserError(
      "option-invalid",
      `Expected a \`referenceStrength\` from 0 to 1 but received ${referenceStrength}.`,
    );
  }
  assertRenderOptions(options);
}

/**
 * Reads a file and its header.
 *
 * @param input path or bytes of a picture
 * @param name what to call bytes in messages
 * @throws UserError if it is missing, empty, no picture or too large
 */
export async function openInput(
  input: string | Uint8Array,
  name = "the input",
  options: OpenOptions = {},
): Promise<OpenPhoto> {
  if (typeof input !== "string") return openPhoto(input, name, options);
  return openPhoto(await readInputFile(input), input, options);
}

/** What colourises pictures, several at a time. */
export interface Tools extends CompositionTools {
  readonly model: ColorModel;
}

/** How the network looks at one picture. */
export interface AnalysisOptions extends Guidance {
  readonly workingSize?: number | undefined;
  readonly rotate?: Rotation | undefined;
  readonly restoreLevels?: boolean | undefined;
}

/**
 * Lets the network look at a decoded picture.
 *
 * @param path where it came from, if from a file
 * @throws UserError if the hints do not fit picture or model, or the model's prediction is unusable
 * @throws the reason of `signal` if it is aborted; while the network runs, that has to wait
 */
export async function analyzeDecoded(
  decoded: DecodedPhoto,
  path: string | undefined,
  { model, ...tools }: Tools,
  { rotate = 0, restoreLevels = false, ...options }: AnalysisOptions,
  { signal, onProgress }: StageWatch<ColorizeProgress> = {},
): Promise<AnalyzedPhoto> {
  const areaAsDecoded = findPictureArea(decoded.gray);
  const isTreatedAsGrey = isInColor(decoded, () => areaAsDecoded);
  const notices = isTreatedAsGrey ? [...decoded.notices, TREATED_AS_GREY] : decoded.notices;
  const upright = rotatedPhoto(decoded, rotate, tools.memory ?? new SharedMemory());
  const { gray } = upright;
  onProgress?.({ type: "decoded", width: gray.width, height: gray.height });
  const area = rotate === 0 ? areaAsDecoded : findPictureArea(gray);
  const range = rangeOfScan(gray, area);
  const levels = findLevels(range);
  const seen = levels ? withLevels(gray, levels) : gray;
  const analysis = await model.analyze(seen, {
    ...options,
    onTurn: () => signal?.throwIfAborted(),
  });
  signal?.throwIfAborted();
  onProgress?.({ type: "predicted" });
  const scan = {
    ...upright,
    gray: restoreLevels ? seen : gray,
    area,
    networkLevels: restoreLevels ? undefined : levels,
    notices: isOneTone(range) ? [...notices, ONE_TONE] : notices,
  };
  const { metadata } = model;
  const origin = { path, classes: metadata.classes, provenance: provenanceOf(metadata) };
  return new AnalyzedPhoto(scan, analysis, origin, tools);
}

const TREATED_AS_GREY: Notice = {
  code: "color-photograph",
  message: "A photograph in colour; its own colours are not used, only its grey.",
};

const ONE_TONE: Notice = {
  code: "one-tone",
  message: "The picture is nearly of one tone, as a blank page is; there is little to colourise.",
};

/**
 * Whether a picture has colours of its own, beyond the tone of an old print.
 *
 * @param areaOf where the photograph lies, if it is known already
 */
export function isInColor(
  { sample, gray }: DecodedPhoto,
  areaOf = () => findPictureArea(gray),
): boolean {
  return sample !== undefined && isColorPhotograph(sample, areaOf());
}
