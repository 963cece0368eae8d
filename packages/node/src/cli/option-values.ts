import type { ParameterGroup } from "@let-there-be-color/core/objective";
import {
  type AugmentationOptions,
  augmentationNames,
  type Decay,
} from "@let-there-be-color/core/training";
import { InvalidArgumentError } from "commander";
import type { Rotation } from "../image/rotate.js";
import type { WrittenPhase } from "../training/run/configuration.js";
import { nonNegativeNumber, positiveInteger, share } from "./number-option.js";

/** Reads phases such as `64x4,128x2` (crop x epochs) or `64x4@64,128x2@16` (with batch sizes). */
export function parsePhases(text: string): WrittenPhase[] {
  return text.split(",").map((part) => {
    const match = /^\s*(\d+)x(\d+)(?:@(\d+))?\s*$/.exec(part);
    if (!match) {
      throw new InvalidArgumentError(
        "Expected phases such as 64x4,128x2 (crop x epochs, optionally @batch).",
      );
    }
    const crop = positiveInteger(match[1]!);
    const epochs = positiveInteger(match[2]!);
    return match[3] === undefined
      ? { crop, epochs }
      : { crop, epochs, batchSize: positiveInteger(match[3]) };
  });
}

/** Reads `constant`, `cosine`, or `step:<epochs>x<factor>` such as `step:5x0.5`. */
export function parseSchedule(text: string): Decay {
  if (text === "constant" || text === "cosine") return { type: text };
  const match = /^step:(\d+)x([\d.]+)$/.exec(text);
  const everyEpochs = Number(match?.[1]);
  const factor = Number(match?.[2]);
  if (everyEpochs >= 1 && factor > 0 && factor <= 1) return { type: "step", everyEpochs, factor };
  throw new InvalidArgumentError(
    "Expected constant, cosine, or step:<epochs>x<factor> (such as step:5x0.5).",
  );
}

/** Reads a parameter group such as `encoder.*=0.1`. */
export function parseLearningRateFactor(text: string): ParameterGroup {
  const equals = text.lastIndexOf("=");
  if (equals > 0) {
    try {
      const learningRateFactor = nonNegativeNumber(text.slice(equals + 1));
      return { pattern: text.slice(0, equals), learningRateFactor };
    } catch {
      // said below, with the form of the whole
    }
  }
  throw new InvalidArgumentError(
    "Expected <pattern>=<factor>, the factor 0 or more (such as encoder.*=0.1).",
  );
}

/** Reads degrees clockwise. */
export function parseRotation(text: string): Rotation {
  const rotation = ([90, 180, 270] as const).find((degrees) => String(degrees) === text.trim());
  if (rotation) return rotation;
  throw new InvalidArgumentError("Expected 90, 180 or 270 degrees, clockwise.");
}

/** Reads shares of a picture such as `0.5-1`. */
export function parseViews(text: string): [least: number, most: number] {
  const match = /^([\d.]+)-([\d.]+)$/.exec(text.trim());
  const [least, most] = [Number(match?.[1]), Number(match?.[2])];
  if (least > 0 && least <= most && most <= 1) return [least, most];
  throw new InvalidArgumentError(
    "Expected the least and the most share, above 0 and up to 1 (such as 0.5-1).",
  );
}

/** Reads shares of changed pictures such as `emulsion=0.4,grain=0.2`, or `none`. */
export function parseAugmentation(text: string): AugmentationOptions {
  if (text.trim() === "none") return {};
  return Object.fromEntries(
    text.split(",").map((part) => {
      const [name = "", value = ""] = part.split("=").map((each) => each.trim());
      if (augmentationNames.some((known) => known === name)) return [name, share(value)];
      throw new InvalidArgumentError(
        `Expected <change>=<share>,.. with a change of ${augmentationNames.join(", ")}, or none.`,
      );
    }),
  );
}
