// The networks that are measured, by the names in those of cases, and how each is trained.

import { networkPreset, presetNames } from "@let-there-be-color/core/network";
import { ChromaBins, ChromaEncoding, DEFAULT_READ_OUTS } from "@let-there-be-color/core/objective";
import {
  presetDefaults,
  pretrainedEncoderGroups,
} from "../packages/node/dist/training/run/preset-defaults.js";

/** The backbone under the hybrid loss, to be compared with the other presets. */
const MOBILENET_HYBRID = "mobilenet-hybrid";

export const networkNames = [...presetNames, MOBILENET_HYBRID];

/**
 * The configuration of a network. Hints and a reference picture, which the preset takes, are left out:
 * PyTorch's side would have to be given them, too.
 */
export function networkOf(name) {
  if (name !== MOBILENET_HYBRID && name !== "mobilenet") return networkPreset(name);
  const unguided = { name, hints: false, reference: false };
  if (name === "mobilenet") return networkPreset(name, unguided);
  return networkPreset("mobilenet", {
    ...unguided,
    head: { type: "regression", activation: "tanh", offset: 0, scale: 100, stride: 4 },
  });
}

/** Bins that share a target. */
const NEIGHBOURS = 5;
/** Pictures with less colour are left out of the colour loss, CIELAB units. */
const MINIMUM_CHROMA = 2;

/**
 * What `ltbc train` would train it with; a pretrained encoder's depthwise kernels are frozen, and the
 * rest of it learns slowly.
 */
export function trainingOf(name) {
  const { encoder, head } = networkOf(name);
  const { alpha, clipNorm, learningRate } = presetDefaults[encoder ? "mobilenet" : name];
  return {
    alpha,
    clipNorm,
    learningRate,
    parameterGroups: encoder ? pretrainedEncoderGroups : [],
    objective:
      head.type === "quantized"
        ? {
            type: "quantized-chroma",
            ...{ alpha, neighbours: NEIGHBOURS, rebalancing: 0, minimumChroma: MINIMUM_CHROMA },
          }
        : { type: "hybrid", alpha, reduction: "mean" },
  };
}

/**
 * What other engines need to compute with a quantised head; undefined for other heads.
 *
 * @returns `tensors`, for a file: centres of the bins, and of each cell of a fine grid the bins and
 *   their shares; `numbers`
 */
export function quantizedTables(name) {
  const { head } = networkOf(name);
  if (head.type !== "quantized") return undefined;
  const bins = ChromaBins.of(head.spacing);
  const encoding = new ChromaEncoding(bins, { neighbours: NEIGHBOURS });
  const { step, side } = bins.fineGrid;
  const table = [side ** 2, NEIGHBOURS];
  const centres = Float32Array.from({ length: 2 * bins.count }, (_, i) =>
    i % 2 === 0 ? bins.a[i >> 1] : bins.b[i >> 1],
  );
  return {
    tensors: new Map([
      ["centres", { dtype: "F32", shape: [bins.count, 2], data: centres }],
      ["bins", { dtype: "I64", shape: table, data: BigInt64Array.from(encoding.indices, BigInt) }],
      ["shares", { dtype: "F32", shape: table, data: encoding.weights }],
    ]),
    numbers: {
      ...{ stride: head.stride, step, side, minimumChroma: MINIMUM_CHROMA },
      readOut: (head.readOuts ?? DEFAULT_READ_OUTS).natural,
    },
  };
}
