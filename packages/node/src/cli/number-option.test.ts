import { describe, expect, it } from "vitest";
import {
  fraction,
  movingAverageDecay,
  nonNegativeNumber,
  numberOption,
  positiveInteger,
  positiveNumber,
  seedNumber,
  wholeNumber,
} from "./number-option.js";

describe("an option's number", () => {
  it.each([
    ["positiveInteger", positiveInteger, ["0", "-1", "1.5", "", "x", "Infinity", "1e16"], "12", 12],
    ["wholeNumber", wholeNumber, ["-1", "0.5", " "], "0", 0],
    ["seedNumber", seedNumber, ["-1", "4294967296"], "4294967295", 4294967295],
    ["positiveNumber", positiveNumber, ["0", "-0.1", "NaN", "Infinity"], "1e-3", 0.001],
    ["nonNegativeNumber", nonNegativeNumber, ["-1", "1,5"], "0", 0],
    ["movingAverageDecay", movingAverageDecay, ["1", "-0.1", ""], "0", 0],
    ["fraction", fraction, ["0", "1", "5%"], "0.05", 0.05],
    ["numberOption", numberOption(-1, 2, false), ["-1.01", "2.01", "two"], "-1", -1],
  ] as const)("%s refuses what is out of range", (_, parse, wrong, right, value) => {
    expect(parse(right)).toBe(value);
    for (const text of wrong) expect(() => parse(text), text).toThrow(/^Expected a/);
  });

  it.each([
    [numberOption(16, 4096, true), "Expected a whole number from 16 to 4096."],
    [wholeNumber, "Expected a whole number of 0 or more."],
    [positiveNumber, "Expected a number more than 0."],
    [fraction, "Expected a number between 0 and 1."],
    [movingAverageDecay, "Expected a number from 0 to below 1."],
  ])("is described", (parse, message) => {
    expect(() => parse("x")).toThrow(message);
  });
});
