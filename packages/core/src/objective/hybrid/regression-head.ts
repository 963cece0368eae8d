import type { Value } from "../../graph/graph.js";
import { add, averagePool, scale, sigmoid, tanh } from "../../graph/operators/index.js";
import type { Head } from "../head.js";

/**
 * Two channels of normalised chroma, `(ab - offset) / scale`: the sigmoid's 0..1 or the tanh's -1..1
 * must cover the colours wanted. CIELAB units.
 */
export interface RegressionHead {
  /** May be left out, as in the configurations of the first model files. */
  readonly type?: "regression";
  readonly activation: "sigmoid" | "tanh" | "linear";
  readonly offset: number;
  readonly scale: number;
  /** Sides of the picture divided by those of the prediction. Default 2, as in the paper. */
  readonly stride?: 2 | 4;
}

export function regressionHead(options: RegressionHead): Head {
  const { activation, offset, scale: unit, stride = 2 } = options;
  return {
    channels: 2,
    kernel: 3,
    channelsLast: false,
    stride,
    state: [],
    activate(sums) {
      if (activation === "linear") return sums;
      return activation === "sigmoid" ? sigmoid(sums) : tanh(sums);
    },
    decode: (prediction) => add(scale(prediction, unit), prediction.graph.scalar(offset)),
  };
}

/**
 * What the network should predict: the picture's colours, brought to the size of the prediction
 * (paper, section 3.5) and normalised.
 *
 * @param ab CIELAB units, `[N, 2, H, W]`
 * @returns `[N, 2, H/stride, W/stride]`
 */
export function normalizedTarget(ab: Value, head: RegressionHead): Value {
  const reduced = averagePool(ab, { kernel: head.stride ?? 2 });
  return scale(add(reduced, ab.graph.scalar(-head.offset)), 1 / head.scale);
}
