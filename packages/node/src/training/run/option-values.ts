import type { ParameterGroup } from "@let-there-be-color/core/objective";
import {
  type AugmentationOptions,
  augmentationNames,
  type Decay,
  type TrainingPhase,
} from "@let-there-be-color/core/training";
import { UserError } from "@let-there-be-color/core/user-error";

/** A phase as written on a command line: without a batch size it takes the run's. */
export type WrittenPhase = Pick<TrainingPhase, "crop" | "epochs"> & { readonly batchSize?: number };

/**
 * Reads phases such as `64x4,128x2` (crop x epochs) or `64x4@64,128x2@16` (with batch sizes).
 * @throws UserError
 */
export function parsePhases(text: string): WrittenPhase[] {
  return text.split(",").map((part) => {
    const match = /^\s*(\d+)x(\d+)(?:@(\d+))?\s*$/.exec(part);
    if (!match) {
      throw new UserError(
        `Expected phases such as 64x4,128x2 (crop x epochs, optionally @batch) but received "${text}".`,
      );
    }
    const crop = positiveInteger(match[1] as string);
    const epochs = positiveInteger(match[2] as string);
    return match[3] === undefined
      ? { crop, epochs }
      : { crop, epochs, batchSize: positiveInteger(match[3]) };
  });
}

/**
 * Reads `constant`, `cosine`, or `step:<epochs>x<factor>` such as `step:5x0.5`.
 * @throws UserError
 */
export function parseSchedule(text: string): Decay {
  if (text === "constant" || text === "cosine") return { type: text };
  const match = /^step:(\d+)x([\d.]+)$/.exec(text);
  const everyEpochs = Number(match?.[1]);
  const factor = Number(match?.[2]);
  if (everyEpochs >= 1 && factor > 0 && factor <= 1) return { type: "step", everyEpochs, factor };
  throw new UserError(
    `Expected constant, cosine, or step:<epochs>x<factor> (such as step:5x0.5) but received "${text}".`,
  );
}

/**
 * Reads a parameter group such as `encoder.*=0.1`.
 * @throws UserError
 */
export function parseLearningRateFactor(text: string): ParameterGroup {
  const equals = text.lastIndexOf("=");
  const factor = text.slice(equals + 1).trim();
  const value = factor === "" ? Number.NaN : Number(factor);
  if (equals > 0 && Number.isFinite(value) && value >= 0) {
    return { pattern: text.slice(0, equals), learningRateFactor: value };
  }
  throw new UserError(
    `Expected <pattern>=<factor>, the factor 0 or more (such as encoder.*=0.1), but received "${text}".`,
  );
}

/**
 * Reads shares of a picture such as `0.5-1`.
 * @throws UserError
 */
export function parseViews(text: string): [least: number, most: number] {
  const match = /^([\d.]+)-([\d.]+)$/.exec(text.trim());
  const [least, most] = [Number(match?.[1]), Number(match?.[2])];
  if (least > 0 && least <= most && most <= 1) return [least, most];
  throw new UserError(
    `Expected the least and the most share, above 0 and up to 1 (such as 0.5-1), but received "${text}".`,
  );
}

/**
 * Reads shares of changed pictures such as `emulsion=0.4,grain=0.2`, or `none`.
 * @throws UserError
 */
export function parseAugmentation(text: string): AugmentationOptions {
  if (text.trim() === "none") return {};
  return Object.fromEntries(
    text.split(",").map((part) => {
      const [name = "", value = ""] = part.split("=").map((each) => each.trim());
      if (augmentationNames.some((known) => known === name)) return [name, share(value)];
      throw new UserError(
        `Expected <change>=<share>,.. with a change of ${augmentationNames.join(", ")}, or none, but received "${part}".`,
      );
    }),
  );
}

/** @throws UserError unless the text is a number from 0 to 1 */
export function share(text: string): number {
  const value = finiteNumber(text);
  if (value >= 0 && value <= 1) return value;
  throw new UserError(`Expected a number from 0 to 1 but received ${text}.`);
}

/** @throws UserError unless the text is a number from 0 to below 1 */
export function movingAverageDecay(text: string): number {
  const value = finiteNumber(text);
  if (value >= 0 && value < 1) return value;
  throw new UserError(`Expected a number from 0 to below 1 but received ${text}.`);
}

/** @throws UserError unless the text is a whole number of 1 or more */
export function positiveInteger(text: string): number {
  return integerFrom(text, 1, Number.MAX_SAFE_INTEGER);
}

/** @throws UserError unless the text is a whole number of 0 or more */
export function wholeNumber(text: string): number {
  return integerFrom(text, 0, Number.MAX_SAFE_INTEGER);
}

/** @throws UserError unless the text is an unsigned 32-bit number */
export function seedNumber(text: string): number {
  return integerFrom(text, 0, 2 ** 32 - 1);
}

/** @throws UserError unless the text is a finite number more than 0 */
export function positiveNumber(text: string): number {
  const value = finiteNumber(text);
  if (value > 0) return value;
  throw new UserError(`Expected a number more than 0 but received ${text}.`);
}

/** @throws UserError unless the text is a finite number of 0 or more */
export function nonNegativeNumber(text: string): number {
  const value = finiteNumber(text);
  if (value >= 0) return value;
  throw new UserError(`Expected a number of 0 or more but received ${text}.`);
}

/** @throws UserError unless the text is a number between 0 and 1, both excluded */
export function fraction(text: string): number {
  const value = finiteNumber(text);
  if (value > 0 && value < 1) return value;
  throw new UserError(`Expected a number between 0 and 1 but received ${text}.`);
}

function integerFrom(text: string, least: number, most: number): number {
  const value = finiteNumber(text);
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  const limit = most === Number.MAX_SAFE_INTEGER ? `of ${least} or more` : `${least} to ${most}`;
  throw new UserError(`Expected a whole number ${limit} but received ${text}.`);
}

function finiteNumber(text: string): number {
  const value = text.trim() === "" ? Number.NaN : Number(text);
  if (Number.isFinite(value)) return value;
  throw new UserError(`Expected a number but received "${text}".`);
}
