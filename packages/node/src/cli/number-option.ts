import { InvalidArgumentError } from "commander";

/** Which limits of a range are part of it. */
type Limits = "both" | "lowest" | "none";

/** A parser for an option that takes a number (a whole one, if `whole`) from a range. */
export function numberOption(
  lowest: number,
  highest: number,
  whole: boolean,
  limits: Limits = "both",
): (text: string) => number {
  return (text) => {
    const value = text.trim() === "" ? Number.NaN : Number(text);
    const isOfKind = whole ? Number.isSafeInteger(value) : Number.isFinite(value);
    const isAbove = limits === "none" ? value > lowest : value >= lowest;
    const isBelow = limits === "both" ? value <= highest : value < highest;
    if (isOfKind && isAbove && isBelow) return value;
    const kind = whole ? "a whole number" : "a number";
    throw new InvalidArgumentError(`Expected ${kind} ${inWords(lowest, highest, limits)}.`);
  };
}

function inWords(lowest: number, highest: number, limits: Limits): string {
  if (highest === Number.POSITIVE_INFINITY) {
    return limits === "none" ? `more than ${lowest}` : `of ${lowest} or more`;
  }
  if (limits === "none") return `between ${lowest} and ${highest}`;
  return `from ${lowest} to ${limits === "both" ? "" : "below "}${highest}`;
}

export const positiveInteger = numberOption(1, Number.POSITIVE_INFINITY, true);
export const wholeNumber = numberOption(0, Number.POSITIVE_INFINITY, true);
/** An unsigned 32-bit number. */
export const seedNumber = numberOption(0, 2 ** 32 - 1, true);
export const positiveNumber = numberOption(0, Number.POSITIVE_INFINITY, false, "none");
export const nonNegativeNumber = numberOption(0, Number.POSITIVE_INFINITY, false);
/** A number between 0 and 1. */
export const fraction = numberOption(0, 1, false, "none");
/** The decay of a moving average: from 0 to below 1. */
export const movingAverageDecay = numberOption(0, 1, false, "lowest");
/** Share of pictures or of a picture, 0 and 1 included. */
export const share = numberOption(0, 1, false);
