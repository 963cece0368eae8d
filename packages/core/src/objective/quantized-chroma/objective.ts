// Colours as classes (Zhang et al. 2016): the cross entropy between the predicted distribution over
// bins of the a*b* plane and the encoded truth, and beside it that of the scene class (Iizuka et al.
// 2016, equation 7).

import type { Value } from "../../graph/graph.js";
import {
  add,
  averagePool,
  cast,
  divide,
  gather,
  greaterOrEqual,
  multiply,
  reduceMean,
  reduceSum,
  reshape,
  scale,
  slice,
  softmaxCrossEntropy,
  squareRoot,
  subtract,
} from "../../graph/operators/index.js";
import { classificationMeasures, judgeWithClasses } from "../classification.js";
import type { Measure } from "../measures.js";
import type { JudgedNetwork, Objective } from "../objective.js";
import { ChromaBins } from "./bins.js";
import { ChromaEncoding } from "./encoding.js";
import { encodeInGraph } from "./graph-encoding.js";
import { meanColors, priorOf, type QuantizedHead } from "./quantized-head.js";

export interface QuantizedChromaOptions {
  readonly type: "quantized-chroma";
  /** Weight of the cross entropy of the scene class; 0 leaves it out. */
  readonly alpha: number;
  /** Bins that share a target: 5 is the soft encoding of Zhang et al., 1 a hard one. */
  readonly neighbours: number;
  /** Standard deviation of the soft encoding, CIELAB units. Default: half of the bins' spacing. */
  readonly sigma?: number;
  /**
   * How much rare colours count more, 0 (all the same) .. 1 (in inverse proportion to their share): the
   * weight of a colour is inverse to the prior mixed with the uniform distribution, of which this is
   * the prior's part. Zhang et al. take 0.5.
   */
  readonly rebalancing: number;
  /** Pictures whose mean chroma is less, CIELAB units, are left out of the colour loss: they teach grey. */
  readonly minimumChroma: number;
}

/** Name of the weight that is 1 for pictures with enough colour to learn from. */
const colorfulPictures = "colorful";

/** Mean over the positions; rare colours weigh more if so wanted. */
const colorCrossEntropy: Measure = {
  name: "colorCrossEntropy",
  title: "Colour cross entropy",
  label: "colour",
  unit: "nats",
  digits: 4,
  averagedOver: colorfulPictures,
};

/** Root mean square error of the mean of the distribution over positions and channels, CIELAB units. */
const abError: Measure = {
  name: "abError",
  title: "ab error",
  label: "ab error",
  digits: 2,
  averagedOver: colorfulPictures,
  root: true,
  validationOnly: true,
};

export function quantizedChroma(
  options: QuantizedChromaOptions,
  { head, classes }: JudgedNetwork<QuantizedHead>,
): Objective {
  const { alpha, neighbours, rebalancing, minimumChroma } = options;
  const bins = ChromaBins.of(head.spacing);
  const classTerm =
    classes > 0 && alpha > 0 ? ` + ${Number(alpha.toPrecision(3))} x cross entropy of class` : "";
  return {
    description: `cross entropy of ${bins.count} colours${classTerm}`,
    measures: [colorCrossEntropy, abError, ...classificationMeasures],
    selection: { measure: colorCrossEntropy.name, better: "lower" },
    parameterGroups: [],
    judge(batch) {
      const { prediction: logits, headState } = batch;
      const ab = averagePool(batch.ab, { kernel: head.stride });
      const target = encodeInGraph(ab, new ChromaEncoding(bins, encodingOptions(options)));
      const rows = logits.shape.slice(0, -1);
      const nearest = reshape(slice(target.bins, [{ axis: 3, start: 0, length: 1 }]), rows);
      const weights =
        rebalancing > 0
          ? { weights: gather(rarityWeights(priorOf(headState, bins), rebalancing), nearest, 0) }
          : {};
      const losses =
        neighbours === 1
          ? softmaxCrossEntropy(logits, nearest, weights)
          : softmaxCrossEntropy(logits, target.bins, { shares: target.weights, ...weights });
      const counts = cast(
        greaterOrEqual(meanChroma(ab), logits.graph.scalar(minimumChroma)),
        "float32",
      );
      const difference = subtract(meanColors(logits, bins), ab);
      const squared = reduceMean(multiply(difference, difference), [1, 2, 3]);
      return judgeWithClasses(
        {
          values: {
            colorCrossEntropy: multiply(reduceMean(losses, [1, 2]), counts),
            abError: multiply(squared, counts),
          },
          weights: { [colorfulPictures]: counts },
          loss: [{ measure: colorCrossEntropy.name, factor: 1 }],
        },
        batch,
        alpha,
      );
    },
  };
}

function encodingOptions({ neighbours, sigma }: QuantizedChromaOptions) {
  return sigma === undefined ? { neighbours } : { neighbours, sigma };
}

/** `[N, 2, h, w] -> [N]` */
function meanChroma(ab: Value): Value {
  return reduceMean(squareRoot(reduceSum(multiply(ab, ab), [1])), [1, 2]);
}

/**
 * Weights of the bins, `[bins]` (Zhang et al. 2016, equation 4): inverse to the prior mixed with the
 * uniform distribution, with a mean over the colours of 1.
 */
export function rarityWeights(prior: Value, rebalancing: number): Value {
  const bins = prior.shape[0] as number;
  const mixed = add(scale(prior, rebalancing), prior.graph.scalar((1 - rebalancing) / bins));
  const inverse = divide(prior.graph.scalar(1), mixed);
  return divide(inverse, reduceSum(multiply(prior, inverse)));
}
