import { expect, it } from "vitest";
import { colorizeCommand } from "./colorize.js";
import { withFlags } from "./flags.js";
import { trainCommand } from "./train.js";

it.each([
  ["leave out `validationFraction`", "leave out --validation-fraction"],
  ["another `runFolder`, or `resume`", "another --output, or --resume"],
  ["Expected a data set as `data`", "Expected a data set as <dataset>"],
  ["the file `holiday` and `ltbc train`", "the file `holiday` and `ltbc train`"],
])("%s, on the command line of train", (message, expected) => {
  expect(withFlags(message, trainCommand())).toBe(expected);
});

it("a flag is that of the command in question", () => {
  expect(withFlags("`workingSize`", colorizeCommand())).toBe("--size");
  expect(withFlags("`workingSize`", trainCommand())).toBe("`workingSize`");
});
