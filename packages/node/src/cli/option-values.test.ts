import { describe, expect, it } from "vitest";
import { parseLearningRateFactor, parsePhases, parseSchedule } from "./option-values.js";

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
