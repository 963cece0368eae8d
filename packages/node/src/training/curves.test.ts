import { objectiveOf } from "@let-there-be-color/core/objective";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { drawCurves } from "./curves.js";
import type { JournalRecord } from "./journal.js";

const objective = objectiveOf(
  { type: "hybrid", alpha: 0.1, reduction: "mean" },
  { head: { activation: "tanh", offset: 0, scale: 100 }, classes: 3 },
);

/** A made-up run: 3000 steps, two phases, a validation every 300 steps. */
function madeUpRun(labelled: boolean): JournalRecord[] {
  const records: JournalRecord[] = [];
  for (let step = 2; step <= 3000; step += 2) {
    const phase = step <= 1800 ? 1 : 2;
    const loss = 0.02 + 0.03 * Math.exp(-step / 500);
    const classLoss = labelled ? 2 + 2 * Math.exp(-step / 900) : null;
    const accuracy = labelled ? 0.5 - 0.4 * Math.exp(-step / 900) : null;
    const epoch = Math.ceil(step / 300);
    const noisy = loss * (1 + 0.2 * Math.sin(step * 12.9898));
    records.push({
      type: "steps",
      step,
      epoch,
      phase,
      learningRate: 0.0005 * (1 + Math.cos((Math.PI * step) / 3000)),
      measures: { colorLoss: step === 2 ? 5 : noisy, classLoss, accuracy },
      gradientNorm: 1,
      imagesPerSecond: 40,
    });
    if (step % 300 === 0) {
      const means = { colorLoss: loss * 1.1, classLoss, accuracy };
      records.push({
        type: "validation",
        step,
        epoch,
        phase,
        crop: 64,
        pictures: 100,
        measures: { ...means, abError: 12 },
        training: means,
        improved: true,
      });
    }
  }
  return records;
}

describe("drawCurves", () => {
  it("draws four titled charts with a divider at the phase change", async () => {
    const svg = drawCurves(madeUpRun(true), objective);
    for (const title of ["Colour loss", "Class loss (nats)", "Accuracy", "Learning rate"]) {
      expect(svg).toContain(`>${title}</text>`);
    }
    expect(svg.match(/class="divider"/g)).toHaveLength(4);
    expect(svg.match(/<circle /g)).toHaveLength(3 * 10);
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
    const { data, info } = await sharp(Buffer.from(svg))
      .removeAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true });
    expect([info.width, info.height]).toEqual([920, 540]);
    // The training line's blue must cross the colour loss chart from left to right.
    const blueColumns = new Set<number>();
    for (let y = 0; y < 270; y++) {
      for (let x = 0; x < 460; x++) {
        const at = 3 * (y * info.width + x);
        if (data[at + 2]! - data[at]! > 120) blueColumns.add(x);
      }
    }
    expect(blueColumns.size).toBeGreaterThan(300);
  });

  it("keeps the file small by averaging long lines", () => {
    expect(drawCurves(madeUpRun(true), objective).length).toBeLessThan(40_000);
  });

  it("says so where there is nothing to draw", () => {
    expect(drawCurves(madeUpRun(false), objective).match(/no data/g)).toHaveLength(2);
    expect(drawCurves([], objective).match(/no data/g)).toHaveLength(4);
    expect(drawCurves([], objective)).not.toMatch(/NaN|Infinity/);
  });

  it("draws a single step", () => {
    const svg = drawCurves(madeUpRun(true).slice(0, 1), objective);
    expect(svg).not.toMatch(/NaN|Infinity/);
    expect(svg).toContain("<circle");
  });
});
