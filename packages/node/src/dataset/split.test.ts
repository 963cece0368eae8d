import { describe, expect, it } from "vitest";
import type { Dataset } from "./dataset.js";
import { splitDataset } from "./split.js";

/** A data set of so many pictures for each class, and some without a label. */
function datasetOf(counts: readonly number[], unlabelled = 0): Dataset {
  const classes = counts.map((_, label) => `class-${label}`);
  const items = [...counts.entries(), [-1, unlabelled] as const].flatMap(([label, count]) =>
    Array.from({ length: count }, (_, index) => ({ source: 0, name: `${label}/${index}`, label })),
  );
  const sources = [{ kind: "folder", path: "/set", givenPath: "set" } as const];
  return { sources, classes, items, ignored: [] };
}

const names = ({ items }: Dataset): string[] => items.map(({ name }) => name);

describe("splitDataset", () => {
  const dataset = datasetOf([40, 10, 3, 0, 47], 20);

  it("puts every picture into exactly one part, in order", () => {
    const { training, validation } = splitDataset(dataset, { validationFraction: 0.1, seed: 7 });
    const chosen = new Set(names(validation));
    expect(chosen.size).toBe(12);
    expect(names(training)).toEqual(names(dataset).filter((name) => !chosen.has(name)));
    expect(names(validation)).toEqual(names(dataset).filter((name) => chosen.has(name)));
    expect(validation.classes).toEqual(dataset.classes);
  });

  it("takes the share of every class to within one picture", () => {
    const { validation } = splitDataset(dataset, { validationFraction: 0.3, seed: 1 });
    for (const [label, count] of [40, 10, 3, 0, 47].entries()) {
      const taken = validation.items.filter((item) => item.label === label).length;
      expect(Math.abs(taken - 0.3 * count)).toBeLessThanOrEqual(1);
    }
    expect(validation.items.length).toBe(36);
  });

  it("depends on the seed alone", () => {
    const part = (seed: number) =>
      names(splitDataset(dataset, { validationFraction: 0.3, seed }).validation);
    expect(part(3)).toEqual(part(3));
    expect(part(3)).not.toEqual(part(4));
  });

  it("leaves neither part empty", () => {
    for (const validationFraction of [0, 1, -0.1, Number.NaN, 0.001, 0.999]) {
      expect(() => splitDataset(datasetOf([5, 5]), { validationFraction, seed: 1 })).toThrow(
        /`validationFraction`/,
      );
    }
  });
});
