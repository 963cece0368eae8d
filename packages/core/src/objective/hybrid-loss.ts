// The loss the paper trains all networks with, end to end: L = L_color + alpha L_class (equation 7).

import type { Value } from "../graph/graph.js";
import { add, divide, maximum, reduceMean, reduceSum, scale } from "../graph/operators/index.js";
import { type ClassificationTerms, classificationTerms } from "./classification-loss.js";
import { colorLossPerPicture, type Reduction } from "./color-loss.js";

export interface HybridLossOptions {
  /** Weight of the cross entropy: 1/300 in the paper, 0.005 in the 2021 code. 0 leaves it out. */
  readonly alpha: number;
  /** Reduction within a picture; over the batch it is always the mean. */
  readonly reduction: Reduction;
}

export interface HybridLoss {
  /** Scalar to minimise. */
  readonly total: Value;
  /** Mean colour loss of the batch, scalar. */
  readonly color: Value;
  /** Mean cross entropy of the labelled pictures in nats, scalar; undefined without classification. */
  readonly classification: Value | undefined;
  readonly perPicture: { readonly color: Value; readonly classification?: ClassificationTerms };
}

/**
 * @param normalizedChroma prediction `[N, 2, h, w]`
 * @param target of the same shape and units
 * @param sceneLogits `[N, classes]`, undefined for networks without classification
 * @param labels int64 `[N]`, -1 for unlabelled pictures, which contribute their colour loss only
 */
export function hybridLoss(
  normalizedChroma: Value,
  target: Value,
  sceneLogits: Value | undefined,
  labels: Value,
  options: HybridLossOptions,
): HybridLoss {
  const perPictureColor = colorLossPerPicture(normalizedChroma, target, options.reduction);
  const color = reduceMean(perPictureColor);
  if (!sceneLogits) {
    return {
      total: color,
      color,
      classification: undefined,
      perPicture: { color: perPictureColor },
    };
  }
  const terms = classificationTerms(sceneLogits, labels);
  const labelled = maximum(reduceSum(terms.labelled), color.graph.scalar(1));
  const classification = divide(reduceSum(terms.crossEntropy), labelled);
  return {
    total: options.alpha === 0 ? color : add(color, scale(classification, options.alpha)),
    color,
    classification,
    perPicture: { color: perPictureColor, classification: terms },
  };
}
