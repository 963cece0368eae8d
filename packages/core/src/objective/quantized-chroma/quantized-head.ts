// The head of a network that predicts distributions over bins of the a*b* plane.

import type { Dimension, Value } from "../../graph/graph.js";
import {
  add,
  averagePool,
  concat,
  divide,
  exponential,
  logarithm,
  logSoftmax,
  matMul,
  maximum,
  minimum,
  multiply,
  reduceMean,
  reduceSum,
  reshape,
  scale,
  softmax,
  subtract,
  transpose,
} from "../../graph/operators/index.js";
import { lengths } from "../../network/run-time-lengths.js";
import { UserError } from "../../user-error.js";
import type { Head, HeadState } from "../head.js";
import { ChromaBins } from "./bins.js";
import { ENTROPY_WINDOW } from "./color-distributions.js";
import { ChromaPrior } from "./prior.js";
import { checkReadOuts, DEFAULT_READ_OUTS, type ReadOut, type ReadOuts } from "./read-out.js";

/** A logit for each bin, channels last: `[N, h, w, bins]`. */
export interface QuantizedHead {
  readonly type: "quantized";
  /** Distance of neighbouring bins, CIELAB units; 10 gives 262 of them. */
  readonly spacing: number;
  /** Sides of the picture divided by those of the prediction. */
  readonly stride: 2 | 4 | 8;
  /** Bands of lightness that have a prior of their own. Default 1. */
  readonly bands?: number;
  /** How colours are taken from the distributions. Default: those of new models. */
  readonly readOuts?: ReadOuts;
}

/** Name of the parameter that holds the prior, `[bands * bins]`; uniform until it is counted. */
export const PRIOR_NAME = "colorization.prior";

/** Property of a model file: the shares of the prior as a JSON array, `[bands * bins]`. */
export const PRIOR_PROPERTY = "ltbc.prior";

export function quantizedHead({ spacing, stride, bands = 1, readOuts }: QuantizedHead): Head {
  const bins = ChromaBins.of(spacing);
  const { natural } = readOuts ?? DEFAULT_READ_OUTS;
  return {
    channels: bins.count,
    kernel: 1,
    channelsLast: true,
    stride,
    state: [
      {
        name: PRIOR_NAME,
        shape: [bands * bins.count],
        initialization: { type: "constant", value: 1 / bins.count },
        trainable: false,
      },
    ],
    activate: (logits) => logits,
    decode: (logits, state) => readOutInGraph(logits, priorOf(state, bins), bins, natural),
    outputs: (logits) => ({ ab_logits: logits }),
    metadata: (values) => {
      const shares = values.get(PRIOR_NAME)!.data;
      return {
        [PRIOR_PROPERTY]: JSON.stringify(Array.from(shares, (s) => Number(s.toPrecision(5)))),
      };
    },
  };
}

/** What distributions are read with outside of the graph. */
export interface QuantizedColors {
  readonly prior: ChromaPrior;
  readonly readOuts: ReadOuts;
}

/**
 * Prior and read-outs of a model file, for `ab_logits`.
 *
 * @param head of the network's configuration, as it stands in the file
 * @param properties of the file
 * @throws UserError if they are missing or malformed
 */
export function quantizedColors(
  head: QuantizedHead,
  properties: Readonly<Record<string, string>>,
): QuantizedColors {
  let shares: unknown;
  try {
    shares = JSON.parse(properties[PRIOR_PROPERTY] ?? "");
  } catch {
    shares = undefined;
  }
  if (!Array.isArray(shares) || shares.some((share) => typeof share !== "number")) {
    throw new UserError(
      "model-invalid",
      `Expected the model's property ${PRIOR_PROPERTY} to be a JSON array of shares but found ${(properties[PRIOR_PROPERTY] ?? "nothing").slice(0, 60)}; export the model again`,
    );
  }
  return {
    prior: new ChromaPrior(ChromaBins.of(head.spacing), Float32Array.from(shares)),
    readOuts: head.readOuts === undefined ? DEFAULT_READ_OUTS : checkReadOuts(head.readOuts),
  };
}

/** The prior of all lightnesses, `[bins]`: the graph that reads out sees no lightness. */
export function priorOf(state: HeadState, bins: ChromaBins): Value {
  const shares = state.get(PRIOR_NAME)!;
  const bands = (shares.shape[0] as number) / bins.count;
  return bands === 1 ? shares : reduceMean(reshape(shares, [bands, bins.count]), [0]);
}

/**
 * The formula of {@link ReadOut} in a graph, for tools that have nothing but the file. It has no
 * smoothing, and one prior for all lightnesses. The prior takes part even where none of it is taken
 * back, or the file would not hold it.
 *
 * @param logits `[N, h, w, bins]`, of any sizes
 * @param prior shares `[bins]`
 * @returns a* and b* in CIELAB units, `[N, 2, h, w]`
 */
export function readOutInGraph(
  logits: Value,
  prior: Value,
  bins: ChromaBins,
  { prior: correction, fade, temperature, saturation }: ReadOut,
): Value {
  const graph = logits.graph;
  let leaning = scale(logarithm(prior), correction);
  if (fade && correction !== 0) {
    const beyond = add(fadingEntropy(logits, bins.count), graph.scalar(-fade.from));
    const risen = scale(beyond, 1 / (fade.to - fade.from));
    const bounded = minimum(maximum(risen, graph.scalar(0)), graph.scalar(1));
    leaning = multiply(subtract(graph.scalar(1), bounded), leaning);
  }
  const corrected = scale(subtract(logits, leaning), 1 / temperature);
  return scale(meanColors(corrected, bins), saturation);
}

/** The mean of the distributions: logits `[N, h, w, bins]` to CIELAB units, `[N, 2, h, w]`. */
export function meanColors(logits: Value, bins: ChromaBins): Value {
  const centres = Float32Array.from({ length: 2 * bins.count }, (_, i) => {
    return (i % 2 === 0 ? bins.a : bins.b)[i >> 1]!;
  });
  const colors = logits.graph.constant("float32", [bins.count, 2], centres);
  return transpose(matMul(softmax(logits), colors), [0, 3, 1, 2]);
}

/** Normalised entropy averaged over 5 x 5 positions, at the borders of those inside: `[N, h, w, 1]`. */
function fadingEntropy(logits: Value, bins: number): Value {
  // In rows: else ONNX Runtime 1.30 moves the head's transposition behind LogSoftmax, which then takes
  // ten times as long.
  const graph = logits.graph;
  const logarithms = logSoftmax(reshape(logits, ["N*h*w", bins]));
  const moments = reduceSum(multiply(exponential(logarithms), logarithms), [1]);
  const entropy = scale(moments, -1 / Math.log(bins));
  const [batch, height, width] = logits.shape as [Dimension, Dimension, Dimension];
  const shape = concat([lengths(logits, 0, 1), graph.integers([1]), lengths(logits, 1, 3)], 0);
  const plane = graph.emitOne(
    "Reshape",
    [entropy, shape],
    {},
    { type: "float32", shape: [batch, 1, height, width] },
  );
  const sums = { kernel: ENTROPY_WINDOW, stride: 1, padding: (ENTROPY_WINDOW - 1) / 2 };
  // Padding counts as zeros: divided by the mean of ones, it does not count.
  const ones = add(scale(plane, 0), graph.scalar(1));
  const mean = divide(averagePool(plane, sums), averagePool(ones, sums));
  return transpose(mean, [0, 2, 3, 1]);
}
