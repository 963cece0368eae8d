import { describe, expect, test } from "vitest";
import type { ParameterSpecification } from "../network/parameters.js";
import { checkParameterGroups, learningRateFactor, matchesPattern } from "./parameter-groups.js";

test.each<[string, string, boolean]>([
  ["lowLevel.0.weight", "lowLevel.0.weight", true],
  ["lowLevel", "lowLevel.0.weight", true],
  ["lowLevel.1", "lowLevel.10.weight", false],
  ["low", "lowLevel.0.weight", false],
  ["weight", "lowLevel.0.weight", false],
  ["*.weight", "lowLevel.0.weight", true],
  ["low*bias", "lowLevel.0.weight", false],
  ["low*.0.*", "lowLevel.0.weight", true],
  ["*", "anything", true],
  // A dot is a dot, no pattern of its own.
  ["lowLevel.0*", "lowLevelx0.weight", false],
])("%s and %s: %s", (pattern, name, matches) => {
  expect(matchesPattern(pattern, name)).toBe(matches);
});

test("the last group that a parameter belongs to counts", () => {
  const groups = [
    { pattern: "global", learningRateFactor: 0.1 },
    { pattern: "*.bias", learningRateFactor: 2 },
    { pattern: "global.0", learningRateFactor: 0 },
  ];
  const factors = ["global.0.bias", "global.1.bias", "global.1.weight", "fusion.weight"].map(
    (name) => learningRateFactor(groups, name),
  );
  expect(factors).toEqual([0, 2, 0.1, 1]);
});

describe("groups are refused", () => {
  const specification = (name: string, trainable: boolean): ParameterSpecification => ({
    name,
    trainable,
    shape: [1],
    initialization: { type: "constant", value: 0 },
  });
  const parameters = [
    specification("fusion.weight", true),
    specification("fusion.normalization.running_mean", false),
    specification("global.weight", true),
  ];
  test.each<[string, number, RegExp]>([
    ["encoder.*", 0, /No parameter of this network is named encoder\.\*.*fusion, global/],
    ["fusion", -1, /factor of 0 or more for fusion but received -1/],
    ["fusion", Number.NaN, /received NaN/],
    ["*.weight", 0, /All parameters are frozen/],
  ])("%s = %d", (pattern, factor, message) => {
    const groups = [{ pattern, learningRateFactor: factor }];
    expect(() => checkParameterGroups(groups, parameters)).toThrow(message);
  });
  test("but not those that leave something to learn", () => {
    checkParameterGroups([{ pattern: "fusion", learningRateFactor: 0 }], parameters);
  });
});
