// Finds the prediction that belongs to a truth by their names.

import { type Dataset, type DatasetItem, itemPath } from "../dataset/dataset.js";

/** Which picture of a folder belongs to which truth. */
export interface Pairing {
  /** Index of the prediction for every truth; -1 where there is none. */
  readonly predictionOf: Int32Array;
  /** Truths with more than one possible prediction, which are not paired. */
  readonly ambiguous: ReadonlySet<number>;
  /** Names of the predictions without a truth. */
  readonly unused: readonly string[];
}

/**
 * Pairs by the path inside the data set, whatever the extension and with or without the `.color`
 * that `ltbc colorize` adds; where no path fits at all, by the file name alone.
 */
export function pairPictures(truth: Dataset, predictions: Dataset): Pairing {
  const byPath = pairBy(truth, predictions, stemOf);
  if (byPath.predictionOf.some((index) => index >= 0)) return byPath;
  return pairBy(truth, predictions, (name) => stemOf(name).replace(/^.*\//, ""));
}

function stemOf(name: string): string {
  return name.replace(/\.[^./]+$/, "").replace(/\.color$/, "");
}

function pairBy(truth: Dataset, predictions: Dataset, key: (name: string) => string): Pairing {
  const candidates = groupBy(predictions.items, key);
  const truths = groupBy(truth.items, key);
  const predictionOf = new Int32Array(truth.items.length).fill(-1);
  const ambiguous = new Set<number>();
  for (const [name, indices] of truths) {
    const found = candidates.get(name) ?? [];
    if (found.length === 0) continue;
    // Two truths of one name (a.jpg, a.png) go by their whole names, if that decides it.
    for (const index of indices) {
      const same = found.filter((i) => predictions.items[i]!.name === truth.items[index]!.name);
      const choice = same.length === 1 ? same : found;
      if (choice.length > 1 || (indices.length > 1 && same.length !== 1)) ambiguous.add(index);
      else predictionOf[index] = choice[0]!;
    }
  }
  const unused = predictions.items.filter(({ name }) => !truths.has(key(name)));
  return { predictionOf, ambiguous, unused: unused.map((item) => itemPath(predictions, item)) };
}

function groupBy(
  items: readonly DatasetItem[],
  key: (name: string) => string,
): Map<string, number[]> {
  const groups = new Map<string, number[]>();
  for (const [index, { name }] of items.entries()) {
    const group = groups.get(key(name));
    if (group) group.push(index);
    else groups.set(key(name), [index]);
  }
  return groups;
}
