/** Why a picture that could be colourised is left as it is. */
export type SkipReason = "own-output";

/** In words, after "left out: ". */
export const SKIPPED_IN_WORDS: Readonly<Record<SkipReason, string>> = {
  "own-output": "an output of ltbc",
};
