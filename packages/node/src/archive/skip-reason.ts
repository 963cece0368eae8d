/** Why a picture that could be colourised is left as it is. */
export type SkipReason = "own-output" | "color-photograph";

/** In words, after "left out: ". */
export const SKIPPED_IN_WORDS: Readonly<Record<SkipReason, string>> = {
  "color-photograph": "a photograph in colour",
  "own-output": "an output of ltbc",
};
