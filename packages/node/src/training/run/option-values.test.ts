import { describe, expect, it } from "vitest";
import {
  fraction,
  movingAverageDecay,
  nonNegativeNumber,
  parseLearningRateFactor,
  parsePhases,
  parseSchedule,
  positiveInteger,
  positiveNumber,
  seedNumber,
  wholeNumber,
} from "./option-values.js";

describe("phases", () => {
  it("are crop x epochs, with a batch size after @", () => {
    expect(parsePhases("64x4@64, 128x2")).toEqual([
      { crop: 64, epochs: 4, batchSize: 64 },
      { crop: 128, epochs: 2 },
    ]);
  });

  it.each(["", "64", "64x", "64x4,", "64x0", "0x4", "64x4@0", "-64x4", "6.4x4"])(
    "refuse %j",
    (text) => {
      expect(() => parsePhases(text)).toThrow(/Expected/);
    },
  );
});

describe("learning-rate factors", () => {
  it("are a pattern and a number", () => {
    const group = { pattern: "encoder.*", learningRateFactor: 0.1 };
    expect(parseLearningRateFactor("encoder.*=0.1")).toEqual(group);
    expect(parseLearningRateFactor("a=b=2")).toEqual({ pattern: "a=b", learningRateFactor: 2 });
  });

  it.each(["encoder", "=1", "encoder=", "encoder=-1", "encoder=fast"])("refuse %j", (text) => {
    expect(() => parseLearningRateFactor(text)).toThrow(/Expected <pattern>=<factor>/);
  });
});

it("takes decays of a moving average from 0 to below 1", () => {
  expect([movingAverageDecay("0"), movingAverageDecay("0.999")]).toEqual([0, 0.999]);
  for (const text of ["1", "-0.1", ""]) {
    expect(() => movingAverageDecay(text)).toThrow(/Expected a number/);
  }
});

describe("schedules", () => {
  it("are named, or steps of epochs and a factor", () => {
    expect(parseSchedule("cosine")).toEqual({ type: "cosine" });
    expect(parseSchedule("constant")).toEqual({ type: "constant" });
    expect(parseSchedule("step:5x0.5")).toEqual({ type: "step", everyEpochs: 5, factor: 0.5 });
  });

  it.each(["linear", "step", "step:0x0.5", "step:5x0", "step:5x1.5", "step:5x.", "step:x1"])(
    "refuse %j",
    (text) => {
      expect(() => parseSchedule(text)).toThrow(/Expected constant, cosine, or step/);
    },
  );
});

describe("numbers", () => {
  it.each([
    [positiveInteger, ["0", "-1", "1.5", "", "x", "Infinity"], "12", 12],
    [wholeNumber, ["-1", "0.5", " "], "0", 0],
    [seedNumber, ["-1", "4294967296"], "4294967295", 4294967295],
    [positiveNumber, ["0", "-0.1", "NaN"], "1e-3", 0.001],
    [nonNegativeNumber, ["-1", "1,5"], "0", 0],
    [fraction, ["0", "1", "5%"], "0.05", 0.05],
  ])("%o refuses what is out of range", (parse, wrong, right, value) => {
    expect(parse(right)).toBe(value);
    for (const text of wrong) expect(() => parse(text), text).toThrow(/^Expected a/);
  });
});
