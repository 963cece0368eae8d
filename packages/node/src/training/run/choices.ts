// The options of a run, and the checks of them that need no pictures.

import { UserError } from "@let-there-be-color/core/user-error";
import type { TrainingChoices } from "./configuration.js";

/** Which pictures to train and to validate on. Several sources are merged by class name. */
export interface PictureChoices {
  /** Folders or zips with a folder of pictures per class. Needed unless a run is resumed. */
  readonly data?: string | readonly string[] | undefined;
  /** More folders or zips, trained on without classes. */
  readonly unlabelled?: readonly string[] | undefined;
  /** Folders or zips to validate on, with the same classes. */
  readonly validation?: string | readonly string[] | undefined;
  /** Share of the pictures to validate on if `validation` is not given, 0 to 1. Default 0.05. */
  readonly validationFraction?: number | undefined;
  /** Class names in the order of the labels. Default: as found, sorted. */
  readonly classes?: readonly string[] | undefined;
  /** File with a line `path label` for each picture of the only source, as Places365's. */
  readonly list?: string | undefined;
  /** The same for the pictures of the only source of `validation`. */
  readonly validationList?: string | undefined;
  /** File with the class names of the lists' labels. Default: the one beside the list. */
  readonly categories?: string | undefined;
}

/** What is computed from which pictures, and where it is kept. */
export interface RunChoices extends TrainingChoices, PictureChoices {
  /**
   * Safetensors file with a classifier's weights, which the network's encoder starts from; for
   * networks with a standard backbone.
   */
  readonly encoderWeights?: string | undefined;
  /** New folder for the run. Default: `runs/<preset>-<date>`. */
  readonly runFolder?: string | undefined;
  /**
   * A run folder, or one checkpoint of it, to continue; its later checkpoints are then deleted.
   * Pictures that have moved may be given anew.
   */
  readonly resume?: string | undefined;
  /** Save and stop after so many minutes. Default: no limit. */
  readonly maxMinutes?: number | undefined;
  /** Minutes between checkpoints within an epoch. Default 10. */
  readonly checkpointMinutes?: number | undefined;
}

type NumberChoice = {
  [Name in keyof RunChoices]-?: NonNullable<RunChoices[Name]> extends number ? Name : never;
}[keyof RunChoices];

interface Range {
  readonly words: string;
  readonly holds: (value: number) => boolean;
}

const count: Range = {
  words: "a whole number of 1 or more",
  holds: (value) => Number.isSafeInteger(value) && value >= 1,
};
const wholeNumber: Range = {
  words: "a whole number of 0 or more",
  holds: (value) => Number.isSafeInteger(value) && value >= 0,
};
const notNegative: Range = {
  words: "a number of 0 or more",
  holds: (value) => Number.isFinite(value) && value >= 0,
};
const positive: Range = {
  words: "a number more than 0",
  holds: (value) => Number.isFinite(value) && value > 0,
};

const share: Range = {
  words: "a number from 0 to 1",
  holds: (value) => value >= 0 && value <= 1,
};

const ranges: Readonly<Record<NumberChoice, Range>> = {
  epochs: count,
  batch: count,
  crop: count,
  resize: count,
  learningRate: positive,
  warmup: wholeNumber,
  weightDecay: notNegative,
  clipNorm: notNegative,
  alpha: notNegative,
  rebalancing: share,
  neighbours: count,
  hints: share,
  encoderStatistics: wholeNumber,
  movingAverage: {
    words: "a number from 0 to below 1",
    holds: (value) => value >= 0 && value < 1,
  },
  minimumChroma: notNegative,
  seed: {
    words: "a whole number from 0 to 4294967295",
    holds: (value) => Number.isInteger(value) && value >= 0 && value < 2 ** 32,
  },
  patience: wholeNumber,
  validationFraction: {
    words: "a number between 0 and 1",
    holds: (value) => value > 0 && value < 1,
  },
  maxMinutes: positive,
  checkpointMinutes: positive,
};

/**
 * @param sources of the training pictures
 * @param validation sources of the validation pictures
 * @throws UserError if an option is out of range, or options contradict each other
 */
export function checkChoices(
  choices: RunChoices,
  sources: readonly string[],
  validation: readonly string[],
): void {
  checkNumbers(choices);
  const refuse = (message: string) => {
    throw new UserError("option-invalid", message);
  };
  const { resume } = choices;
  if (resume === undefined && sources.length === 0) {
    refuse(
      "Expected a data set (a folder or zip with a folder of pictures per class) as `data`, or a run to `resume`.",
    );
  }
  if (resume !== undefined) {
    if (choices.runFolder !== undefined) {
      refuse("`resume` continues in its own run folder: leave out `runFolder`.");
    }
    for (const [name, what] of [
      ["network", "network"],
      ["encoderWeights", "weights"],
      ["classes", "classes"],
      ["validationFraction", "validation set"],
    ] as const) {
      if (choices[name] !== undefined) {
        refuse(`\`resume\` keeps the ${what} of its run: leave out \`${name}\`.`);
      }
    }
  }
  if (validation.length > 0 && choices.validationFraction !== undefined) {
    refuse("Give either `validation` or `validationFraction`.");
  }
  if (choices.list !== undefined && sources.length !== 1) {
    refuse("`list` belongs to exactly one data set.");
  }
  if (choices.validationList !== undefined && validation.length !== 1) {
    refuse("`validationList` belongs to exactly one source of `validation`.");
  }
}

/** @throws UserError if a number is out of range */
export function checkNumbers(choices: RunChoices): void {
  for (const [name, range] of Object.entries(ranges)) {
    const value = choices[name as NumberChoice];
    if (value !== undefined) checkNumber(name, value, range);
  }
  for (const { crop, epochs, batchSize } of choices.phases ?? []) {
    checkNumber("phases", crop, count);
    checkNumber("phases", epochs, count);
    if (batchSize !== undefined) checkNumber("phases", batchSize, count);
  }
}

function checkNumber(name: string, value: number, { words, holds }: Range): void {
  if (holds(value)) return;
  throw new UserError("option-invalid", `Expected ${words} for \`${name}\` but received ${value}.`);
}
