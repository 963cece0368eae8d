import { randomPermutation } from "@let-there-be-color/core/random";
import { UserError } from "@let-there-be-color/core/user-error";
import type { Dataset } from "./dataset.js";

export interface SplitOptions {
  /** Share of the pictures to validate on, more than 0 and less than 1. */
  readonly validationFraction: number;
  /** Another seed gives another choice; the same one always the same. */
  readonly seed: number;
}

export interface SplitDatasets {
  readonly training: Dataset;
  readonly validation: Dataset;
}

/**
 * Sets a share of the pictures aside for validation: in all round(fraction * pictures), and of
 * every class (and of the unlabelled pictures) that share to within one picture. Both parts keep
 * the classes, their order and the order of the items.
 *
 * @throws UserError if the fraction is out of range or would leave one part empty.
 */
export function splitDataset(dataset: Dataset, options: SplitOptions): SplitDatasets {
  const { validationFraction, seed } = options;
  if (!(validationFraction > 0 && validationFraction < 1)) {
    throw new UserError(
      "option-invalid",
      `Expected a \`validationFraction\` between 0 and 1 but received ${validationFraction}.`,
    );
  }
  const indicesOfLabel = new Map<number, number[]>();
  for (let label = -1; label < dataset.classes.length; label++) indicesOfLabel.set(label, []);
  for (const [index, { label }] of dataset.items.entries()) indicesOfLabel.get(label)!.push(index);
  const chosen = new Set<number>();
  let seen = 0;
  for (const [label, indices] of indicesOfLabel) {
    seen += indices.length;
    // Rounding the running total, not each class, keeps the overall share right even where the
    // classes are small.
    const count = Math.round(validationFraction * seen) - chosen.size;
    const order = randomPermutation(indices.length, seed, label);
    for (const position of order.subarray(0, count)) chosen.add(indices[position]!);
  }
  if (chosen.size === 0 || chosen.size === dataset.items.length) {
    throw new UserError(
      "data-invalid",
      `A \`validationFraction\` of ${validationFraction} of ${dataset.items.length} pictures leaves nothing to ${chosen.size === 0 ? "validate" : "train"} on: choose another fraction or add pictures.`,
    );
  }
  return {
    training: { ...dataset, items: dataset.items.filter((_, index) => !chosen.has(index)) },
    validation: { ...dataset, items: dataset.items.filter((_, index) => chosen.has(index)) },
  };
}
