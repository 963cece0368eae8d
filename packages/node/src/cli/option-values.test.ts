import { describe, expect, it } from "vitest";
import {
  parseAugmentation,
  parseLearningRateFactor,
  parsePhases,
  parseSchedule,
  parseViews,
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

describe("views", () => {
  it("are the least and the most share of the short side", () => {
    expect(parseViews("0.5-1")).toEqual([0.5, 1]);
    expect(parseViews(" .7-.7 ")).toEqual([0.7, 0.7]);
  });

  it.each(["0.5", "1-0.5", "0-1", "0.5-1.1", "-0.5-1", "half-all"])("refuse %j", (text) => {
    expect(() => parseViews(text)).toThrow(/Expected the least and the most share/);
  });
});

describe("augmentation", () => {
  it("is a share for each change, or none", () => {
    const shares = { emulsion: 0.4, grain: 1, jpeg: 0 };
    expect(parseAugmentation("emulsion=0.4, grain = 1,jpeg=0")).toEqual(shares);
    expect(parseAugmentation("none")).toEqual({});
  });

  it.each([
    ["fog=0.2", /with a change of emulsion, vignette, blur, tone, grain, border, jpeg, or none/],
    ["", /Expected <change>=<share>/],
    ["blur", /Expected a number from 0 to 1/],
    ["blur=1.5", /Expected a number from 0 to 1/],
  ])("refuses %j", (text, message) => {
    expect(() => parseAugmentation(text)).toThrow(message);
  });
});
