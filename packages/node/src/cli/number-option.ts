import { InvalidArgumentError } from "commander";

/** A parser for an option that takes a number (a whole one, if `whole`) from a range. */
export function numberOption(
  lowest: number,
  highest: number,
  whole: boolean,
): (text: string) => number {
  return (text) => {
    const value = Number(text);
    const fits = text.trim() !== "" && value >= lowest && value <= highest;
    if (fits && (!whole || Number.isInteger(value))) return value;
    const kind = whole ? "a whole number" : "a number";
    throw new InvalidArgumentError(`Expected ${kind} from ${lowest} to ${highest}.`);
  };
}
