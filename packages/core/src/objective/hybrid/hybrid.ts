// The objective of the paper, which trains all networks end to end: squared error of colour and cross
// entropy of class, L = L_color + alpha L_class (equation 7).

import { multiply, reduceMean, scale, subtract } from "../../graph/operators/index.js";
import { classificationMeasures, judgeWithClasses } from "../classification.js";
import { allPictures, type Measure } from "../measures.js";
import type { JudgedNetwork, Objective } from "../objective.js";
import { colorLossPerPicture, type Reduction } from "./color-loss.js";
import { normalizedTarget, type RegressionHead } from "./regression-head.js";

export interface HybridOptions {
  readonly type: "hybrid";
  /** Weight of the cross entropy: 1/300 in the paper, 0.005 in the 2021 code. 0 leaves it out. */
  readonly alpha: number;
  /** Reduction within a picture; over the batch it is always the mean. */
  readonly reduction: Reduction;
}

/** In normalised chroma units squared. */
const colorLoss: Measure = {
  name: "colorLoss",
  title: "Colour loss",
  label: "colour",
  digits: 5,
  averagedOver: allPictures,
};

/** Root mean square error over pixels and channels at the size of the prediction, CIELAB units. */
const abError: Measure = {
  name: "abError",
  title: "ab error",
  label: "ab error",
  digits: 2,
  averagedOver: allPictures,
  root: true,
  validationOnly: true,
};

export function hybrid(
  { alpha, reduction }: HybridOptions,
  { head, classes }: JudgedNetwork<RegressionHead>,
): Objective {
  const classTerm =
    classes > 0 && alpha > 0 ? ` + ${Number(alpha.toPrecision(3))} x cross entropy of class` : "";
  return {
    description: `${reduction} squared error of colour${classTerm}`,
    measures: [colorLoss, abError, ...classificationMeasures],
    // By the total, alpha L_class, which overfits first, would decide.
    selection: { measure: colorLoss.name, better: "lower" },
    parameterGroups: [],
    judge(batch) {
      const { prediction, ab } = batch;
      const target = normalizedTarget(ab, head);
      const color = colorLossPerPicture(prediction, target, reduction);
      const difference = subtract(prediction, target);
      const squared = reduceMean(multiply(difference, difference), [1, 2, 3]);
      return judgeWithClasses(
        {
          values: { colorLoss: color, abError: scale(squared, head.scale ** 2) },
          weights: {},
          loss: [{ measure: colorLoss.name, factor: 1 }],
        },
        batch,
        alpha,
      );
    },
  };
}
