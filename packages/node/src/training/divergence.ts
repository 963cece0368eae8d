import type { Averages, Measure } from "@let-there-be-color/core/objective";
import type { TrainingState } from "@let-there-be-color/core/training";
import { UserError } from "@let-there-be-color/core/user-error";

/** Names the first measure of a step that is NaN or infinite; null if all are finite. */
export function nonFiniteMeasure(
  measures: readonly Measure[],
  means: Averages,
  gradientNorm: number,
): string | null {
  for (const { name, title } of measures) {
    const mean = means[name] ?? null;
    if (mean !== null && !Number.isFinite(mean)) return `${title.toLowerCase()} is ${mean}`;
  }
  return Number.isFinite(gradientNorm) ? null : `gradient norm is ${gradientNorm}`;
}

/** Names the first tensor with a value that is NaN or infinite; null if all are finite. */
export function nonFiniteTensor(state: TrainingState): string | null {
  for (const [name, { data }] of state) {
    for (let index = 0; index < data.length; index++) {
      if (!Number.isFinite(data[index])) return `${name} holds ${data[index]}`;
    }
  }
  return null;
}

/** The error that ends a diverged run. */
export function divergence(
  problem: string,
  place: { step: number; rate: number; base: number; runFolder: string },
): UserError {
  const rounded = (value: number) => Number(value.toPrecision(3));
  return new UserError(
    "training-diverged",
    `Training diverged at step ${place.step} with learning rate ${rounded(place.rate)}: ` +
      `${problem}. The last good checkpoint is kept; \`resume\` ${place.runFolder} ` +
      `with a lower \`learningRate\` (such as ${rounded(place.base / 10)}) ` +
      "or stronger gradient clipping (such as `clipNorm` 1).",
  );
}
