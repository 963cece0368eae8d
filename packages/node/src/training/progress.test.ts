import { objectiveOf } from "@let-there-be-color/core/objective";
import { describe, expect, it } from "vitest";
import type { StepEvent, ValidationEvent } from "./events.js";
import { duration, ProgressReporter, stepBar, validationTable } from "./progress.js";

const objective = objectiveOf(
  { type: "hybrid", alpha: 0.1, reduction: "mean" },
  { head: { activation: "tanh", offset: 0, scale: 100 }, classes: 3 },
);

const step = (change: Partial<StepEvent> = {}): StepEvent => ({
  type: "step",
  step: 30,
  totalSteps: 60,
  epoch: 2,
  epochs: 3,
  batch: 10,
  batchesPerEpoch: 20,
  learningRate: 0.001,
  measures: { colorLoss: 7, classLoss: 8, accuracy: 1 },
  gradientNorm: 1,
  epochMeans: { colorLoss: 0.01234, classLoss: 2.5, accuracy: 0.25 },
  imagesPerSecond: 12.34,
  secondsLeft: 125,
  ...change,
});

const validation: ValidationEvent = {
  type: "validation",
  step: 40,
  epoch: 2,
  epochs: 3,
  phase: 1,
  crop: 64,
  pictures: 10,
  measures: { colorLoss: 0.02, classLoss: null, accuracy: null, abError: 12.345 },
  training: { colorLoss: 0.01, classLoss: null, accuracy: null },
  improved: false,
  best: { step: 20, phase: 0, epoch: 1, measure: "colorLoss", value: 0.019 },
};

/** Runs a reporter against a clock of our own and returns what it wrote. */
function written(
  isTTY: boolean,
  show: (reporter: ProgressReporter, at: (s: number) => void) => void,
) {
  let text = "";
  let seconds = 0;
  const stream = { isTTY, columns: 90, write: (part: string) => (text += part) };
  const reporter = new ProgressReporter(stream, () => seconds);
  reporter.show({ type: "start", plan: [], step: 0, resumedFrom: null, objective });
  show(reporter, (time) => {
    seconds = time;
  });
  return text;
}

describe("progress without a terminal", () => {
  it("writes a plain line about every 30 seconds, and one for each epoch", () => {
    const text = written(false, (reporter, at) => {
      for (let second = 0; second <= 65; second++) {
        at(second);
        reporter.show(step({ step: second }));
      }
      reporter.show(validation);
    });
    const lines = text.trimEnd().split("\n");
    expect(lines.map((line) => line.match(/step \d+\/60/)?.[0])).toEqual([
      "step 0/60",
      "step 30/60",
      "step 60/60",
      undefined,
    ]);
    expect(lines[0]).toBe(
      "epoch 2/3  step 0/60  12.3 images/s  ETA 2 min 05 s  colour 0.01234  class 2.500  accuracy 25.0 %",
    );
    expect(lines[3]).toBe(
      "Epoch 2/3  validation: colour 0.02000 (training 0.01000), ab error 12.35, best: epoch 1",
    );
    expect(text).not.toContain("\x1b");
  });

  it("leaves out the classes where nothing is labelled", () => {
    const epochMeans = { colorLoss: 0.01234, classLoss: null, accuracy: null };
    const unlabelled = step({ epochMeans });
    const text = written(false, (reporter) => reporter.show(unlabelled));
    expect(text).toMatch(/colour 0\.01234\n$/);
  });
});

describe("progress on a terminal", () => {
  it("redraws one line in place and wipes it before whole lines", () => {
    const text = written(true, (reporter, at) => {
      reporter.show(step());
      at(1);
      reporter.show(step());
      reporter.show(validation);
    });
    expect(text.split("\n")).toHaveLength(2);
    expect(text.split("\r\x1b[K")).toHaveLength(4);
    expect(text).toContain("\r\x1b[KEpoch 2/3  validation");
  });

  it("never fills the terminal's width", () => {
    for (const columns of [20, 60, 200]) {
      expect(stepBar(step(), objective, columns).length).toBeLessThan(columns);
    }
    expect(stepBar(step(), objective, 200)).toContain("██████░░░░░░ 10/20");
    expect(stepBar(step(), objective, 96)).toMatch(/^epoch 2\/3 10\/20 .* accuracy 25\.0 %$/);
  });
});

it("tells durations in the unit that fits", () => {
  expect([0.4, 59.4, 59.6, 3599, 3600, 7500].map(duration)).toEqual([
    "0 s",
    "59 s",
    "1 min 00 s",
    "59 min 59 s",
    "1 h 00 min",
    "2 h 05 min",
  ]);
});

it("marks the best epoch in the table and aligns its columns", () => {
  const { epochs, best, ...record } = validation;
  const rows = [1, 2].map((epoch) => ({ ...record, type: "validation" as const, epoch }));
  const table = validationTable(rows, objective, best.epoch);
  expect(table).toHaveLength(3);
  expect(new Set(table.map((line) => line.length)).size).toBe(1);
  expect(table[1]).toMatch(/^ {2}\* 1 .*0\.02000/);
  expect(table[2]).toMatch(/^ {4}2 /);
});
