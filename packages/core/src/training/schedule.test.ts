import { describe, expect, it } from "vitest";
import { remainingPixels, schedulePosition, settle } from "./plan.js";
import { type Decay, describeSchedule, learningRateAt } from "./schedule.js";

const rates = (warmupSteps: number, decay: Decay, steps: number[], totalSteps = 12) =>
  steps.map((step) =>
    learningRateAt(
      { base: 0.8, warmupSteps, decay },
      { step, totalSteps, epoch: Math.floor(step / 2) },
    ),
  );

describe("learning rate", () => {
  it("rises linearly during the warm-up and reaches the base with its last step", () => {
    expect(rates(4, { type: "constant" }, [0, 1, 2, 3, 4, 11])).toEqual([
      0.2, 0.4, 0.6000000000000001, 0.8, 0.8, 0.8,
    ]);
  });

  it("stays at the base without warm-up and decay", () => {
    expect(rates(0, { type: "constant" }, [0, 11])).toEqual([0.8, 0.8]);
  });

  it("falls along half a cosine to zero after the warm-up", () => {
    const [first, quarter, half, threeQuarters, end] = rates(
      4,
      { type: "cosine" },
      [4, 6, 8, 10, 12],
    );
    expect(first).toBe(0.8);
    // cos(pi/4) = 0.70710678
    expect(quarter).toBeCloseTo(0.4 * 1.70710678, 8);
    expect(half).toBeCloseTo(0.4, 12);
    expect(threeQuarters).toBeCloseTo(0.4 * 0.29289322, 8);
    expect(end).toBeCloseTo(0, 12);
  });

  it("is multiplied after every so many epochs", () => {
    const decay: Decay = { type: "step", everyEpochs: 2, factor: 0.5 };
    expect(rates(0, decay, [0, 3, 4, 7, 8])).toEqual([0.8, 0.8, 0.4, 0.4, 0.2]);
  });

  it("is finite when the warm-up is longer than the run", () => {
    expect(rates(20, { type: "cosine" }, [11])[0]).toBeCloseTo(0.48, 12);
  });

  it("is described in words", () => {
    const decay: Decay = { type: "step", everyEpochs: 3, factor: 0.1 };
    expect(describeSchedule({ base: 0.01, warmupSteps: 0, decay })).toBe(
      "0.01, times 0.1 every 3 epochs",
    );
  });
});

describe("positions in a plan of two phases", () => {
  const plan = [
    { crop: 8, epochs: 2, batchSize: 4, batchesPerEpoch: 5 },
    { crop: 16, epochs: 3, batchSize: 2, batchesPerEpoch: 10 },
  ];

  it("count steps and epochs over the whole run", () => {
    expect(schedulePosition(plan, { phase: 1, epoch: 1, batch: 3 })).toEqual({
      step: 23,
      totalSteps: 40,
      epoch: 3,
    });
  });

  it("move on to the next phase when the epochs are done", () => {
    const start = { phase: 1, epoch: 0, batch: 0 };
    expect(settle(plan, { phase: 0, epoch: 2, batch: 0 })).toEqual(start);
    expect(settle(plan, { phase: 0, epoch: 1, batch: 5 })).toEqual({
      phase: 0,
      epoch: 1,
      batch: 5,
    });
    expect(settle(plan, { phase: 1, epoch: 3, batch: 0 }).phase).toBe(2);
  });

  it("tell the pixels that remain", () => {
    expect(remainingPixels(plan, { phase: 0, epoch: 1, batch: 2 })).toBe(3 * 4 * 64 + 30 * 2 * 256);
  });
});
