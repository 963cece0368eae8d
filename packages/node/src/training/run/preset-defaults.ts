import type { OptimizerOptions } from "@let-there-be-color/core/graph";
import type { BackboneNetworkConfig, PresetName } from "@let-there-be-color/core/network";
import type { ParameterGroup } from "@let-there-be-color/core/objective";
import type { AugmentationOptions } from "@let-there-be-color/core/training";

/** What `ltbc train` does where an option is not given. */
export interface PresetDefaults {
  /** Side of the training crops, pixels. */
  readonly crop: number;
  readonly batch: number;
  readonly epochs: number;
  readonly optimizer: OptimizerOptions["type"];
  readonly learningRate: number;
  /** Steps of linear warm-up; never more than a tenth of the run. */
  readonly warmup: number;
  readonly schedule: "constant" | "cosine";
  /** Largest gradient norm; 0 for no clipping. */
  readonly clipNorm: number;
  /** Weight of the class loss. */
  readonly alpha: number;
  /** Shares of a picture's short side that crops show; left out: all of the same size. */
  readonly views?: readonly [least: number, most: number];
  readonly augmentation?: AugmentationOptions;
  /** Decay of the moving average of the weights; left out: none is kept. */
  readonly movingAverage?: number;
}

const mobilenet: PresetDefaults = {
  crop: 128,
  batch: 32,
  epochs: 6,
  optimizer: "adam",
  learningRate: 0.001,
  warmup: 200,
  schedule: "cosine",
  clipNorm: 1,
  alpha: 0.1,
  views: [0.5, 1],
  augmentation: {
    emulsion: 0.4,
    tone: 0.3,
    vignette: 0.1,
    blur: 0.15,
    grain: 0.2,
    jpeg: 0.15,
    border: 0.1,
  },
  movingAverage: 0.9995,
};

/**
 * - `iizuka2016`: crop, epochs and alpha as in the paper. The paper used ADADELTA and batches of
 *   128 (`--optimizer adadelta --batch 128`); Adam and 32 need less memory and tuning.
 * - `jacob-darcet2021`: crop, batch, epochs, optimizer and alpha as in the 2021 code. The learning
 *   rate is ours: ten times less than Adam's usual one, as nothing normalises this deep network.
 * - `compact`: ours, for runs of hours on a CPU.
 * - `mobilenet`: ours, for runs of an hour from the weights of a classifier.
 * - `mobilenet-edgetpu`: the same, for a night.
 */
export const presetDefaults: Readonly<Record<PresetName, PresetDefaults>> = {
  iizuka2016: {
    crop: 224,
    batch: 32,
    epochs: 11,
    optimizer: "adam",
    learningRate: 0.001,
    warmup: 0,
    schedule: "constant",
    clipNorm: 0,
    alpha: 1 / 300,
  },
  "jacob-darcet2021": {
    crop: 224,
    batch: 32,
    epochs: 14,
    optimizer: "adam",
    learningRate: 0.0001,
    warmup: 0,
    schedule: "constant",
    clipNorm: 0,
    alpha: 0.005,
  },
  compact: {
    crop: 128,
    batch: 32,
    epochs: 20,
    optimizer: "adam",
    learningRate: 0.001,
    warmup: 200,
    schedule: "cosine",
    clipNorm: 1,
    alpha: 0.001,
  },
  mobilenet,
  "mobilenet-edgetpu": { ...mobilenet, epochs: 24 },
};

/** Depthwise kernels are slow to train and gain nothing by it. */
const USUAL_GROUPS: readonly ParameterGroup[] = [
  { pattern: "encoder.*", learningRateFactor: 0.03 },
  { pattern: "encoder.*.depthwise.*", learningRateFactor: 0 },
];
/** What MobileNetEdgeTPU does at large sizes: more than half of the cost of training it. */
const EDGETPU_AT_LARGE_SIZES = ["first", ...Array.from({ length: 8 }, (_, i) => `block${i + 1}`)];

/** How an encoder with weights from a file learns: a larger rate destroys what it has learnt. */
export function pretrainedEncoderGroups({
  kind,
}: BackboneNetworkConfig["encoder"]): readonly ParameterGroup[] {
  if (kind !== "mobilenet-edgetpu") return USUAL_GROUPS;
  const frozen = EDGETPU_AT_LARGE_SIZES.map((part) => ({
    pattern: `encoder.${part}.*`,
    learningRateFactor: 0,
  }));
  return [...USUAL_GROUPS, ...frozen];
}

/** Share of the pictures with hints (Zhang et al. 2017 give all some, and none to one in eight). */
export const USUAL_HINTS = 0.3;

/** Batches that frozen statistics are estimated from, unless said otherwise. */
export const STATISTICS_BATCHES = 60;

/** Learning rate for an optimizer that is not the preset's own. */
export const usualLearningRates: Readonly<Record<OptimizerOptions["type"], number>> = {
  adam: 0.001,
  adamw: 0.001,
  sgd: 0.01,
  adadelta: 1,
};
