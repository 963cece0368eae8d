// What a network is made of, as plain data that goes into model files and checkpoints.

import { type ChromaHead, headOf } from "../objective/heads.js";
import { type BackboneConfig, backboneStride, checkBackbone } from "./encoders/backbone.js";

/** One 3x3 convolution. */
export interface ConvolutionLayer {
  /** Output channels. */
  readonly channels: number;
  /** 1, or 2 to halve height and width in place of pooling (paper, section 3.1). */
  readonly stride: 1 | 2;
}

/** How the map after the last global convolution becomes a vector. */
export type GlobalPooling =
  /** All elements in a row, as in the paper: fixes the size of the global image. */
  | { readonly type: "flatten"; readonly imageSize: number }
  /** The mean of every channel: any picture size, and no 25.7M-parameter matrix. */
  | { readonly type: "average" };

/** What every network has, whatever its encoder. */
interface CommonConfig {
  /** Preset this came from, or a name of your own. */
  readonly name: string;
  /** Scene classes told apart by the classification network; 0 leaves that network out. */
  readonly classes: number;
  /** Fusion layer (section 3.4): output channels of the 1x1 convolution of [mid-level; global]. */
  readonly fusion: { readonly channels: number };
  /** Classification network (section 3.6), fed by what the last fully-connected global layer reads. */
  readonly classification: {
    /** Widths of hidden layers before the logits; none in the paper. */
    readonly hidden: readonly number[];
    /** Share of the hidden units dropped in training, 0 (none) to below 1. */
    readonly dropout: number;
  };
  /**
   * After every convolution and fully-connected layer but the last of a branch. A backbone has its
   * own.
   */
  readonly normalization: "batch" | "none";
  /** "relu" as in the paper, or a leaky one with the given slope below 0. A backbone has its own. */
  readonly activation: "relu" | { readonly leakySlope: number };
  /** What the colorization network gives, and how it is read as colours. */
  readonly head: ChromaHead;
  /** How colours at the size of the prediction are brought to the size of the input. */
  readonly finalUpsampling: "nearest" | "bilinear";
}

/** A network whose encoder is the paper's low-level, mid-level and global features networks. */
export interface PaperNetworkConfig extends CommonConfig {
  readonly encoder?: undefined;
  /** Low-level features network, shared by the picture and the global image (section 3.1). */
  readonly lowLevel: { readonly layers: readonly ConvolutionLayer[] };
  /** Mid-level features network (section 3.3): channels of its stride-1 convolutions. */
  readonly midLevel: { readonly channels: readonly number[] };
  /** Global features network (section 3.2). */
  readonly global: {
    readonly layers: readonly ConvolutionLayer[];
    readonly pooling: GlobalPooling;
    /** Widths of the fully-connected layers; the last is what is fused. */
    readonly hidden: readonly number[];
  };
  /**
   * Colorization network (section 3.5): channels of its 3x3 convolutions, in stages with a twofold
   * nearest-neighbour enlargement between them. The last, two-channel convolution is implied.
   */
  readonly colorization: { readonly stages: readonly (readonly number[])[] };
  /**
   * "add": the low-level map of equal size, through a 1x1 convolution, is added in front of each
   * enlarged colorization stage (a residual connection past the middle of the network).
   */
  readonly skips: "add" | "none";
}

/**
 * A network whose encoder is a standard classification network: its maps at 1/2, 1/4, 1/8, 1/16 and
 * 1/32 of the picture stand in for the low-level features, the deepest one for the mid-level
 * features, its mean for the global convolutions.
 */
export interface BackboneNetworkConfig extends CommonConfig {
  readonly encoder: BackboneConfig;
  /** Widths of the fully-connected layers on the mean of the deepest map; the last is fused. */
  readonly global: { readonly hidden: readonly number[] };
  /**
   * Colorization network: channels of the 3x3 convolutions at 1/32, 1/16, .. of the picture. At
   * 1/32 there may be none; one scale follows on the other up to that of the prediction: five stages
   * end at half the size of the picture, four at a quarter.
   */
  readonly colorization: { readonly stages: readonly (readonly number[])[] };
  /**
   * How the encoder's map of a scale joins what comes from the scale below: both through 1x1
   * convolutions, added, or side by side with half the channels each.
   */
  readonly skips: "add" | "concatenate" | "none";
  /** Whether the colorization network takes hints, at each of its scales. Default false. */
  readonly hints?: boolean;
  /** Whether a model file takes the global features of another picture. Default false. */
  readonly reference?: boolean;
}

export type NetworkConfig = PaperNetworkConfig | BackboneNetworkConfig;

/** A picture's sides must be multiples of this inside the network: how much the encoder shrinks it. */
export function totalStride(config: NetworkConfig): number {
  if (config.encoder) return backboneStride;
  return config.lowLevel.layers.reduce((product, { stride }) => product * stride, 1);
}

/**
 * Checks what the types cannot.
 * @throws RangeError saying which option does not fit
 */
export function checkConfig(config: NetworkConfig): void {
  checkStages(config);
  if (config.encoder) checkBackbone(config.encoder);
  const { hidden } = config.global;
  if (!config.encoder && config.classes > 0 && hidden.length < 2) {
    throw new RangeError(
      "Expected at least two fully-connected global layers, since the classification network reads the last but one",
    );
  }
  if (config.encoder && config.reference && hidden.length === 0) {
    throw new RangeError(
      "Expected at least one fully-connected global layer for a network that takes a reference",
    );
  }
  const wrong = widths(config).find((width) => !Number.isInteger(width) || width < 1);
  if (wrong !== undefined) {
    throw new RangeError(`Expected every width to be a positive whole number but one is ${wrong}`);
  }
  if (!Number.isInteger(config.classes) || config.classes < 0 || config.classes === 1) {
    throw new RangeError(
      `Expected 0 or at least 2 classes but received ${config.classes}; one class cannot be told from others`,
    );
  }
}

function checkStages(config: NetworkConfig): void {
  const { stages } = config.colorization;
  const stride = totalStride(config);
  // The head's stride is what is left to the final upsampling.
  const enlargement = 2 ** (stages.length - 1) * headOf(config.head).stride;
  if (stride !== enlargement) {
    const encoder = config.encoder ? "encoder" : "low-level network";
    throw new RangeError(
      `Expected the colorization network to enlarge as much as the ${encoder} shrinks (${stride}x) but its ${stages.length} stages enlarge ${enlargement}x; add or remove a stage`,
    );
  }
  if (!config.encoder) return;
  const empty = stages.findIndex((stage, index) => index > 0 && stage.length === 0);
  if (empty >= 0) {
    throw new RangeError(
      `Expected a convolution in every colorization stage but the first but stage ${empty} has none`,
    );
  }
}

function widths(config: NetworkConfig): number[] {
  const { global, fusion, colorization, classification } = config;
  const shared = [
    ...global.hidden,
    fusion.channels,
    ...colorization.stages.flat(),
    ...classification.hidden,
  ];
  if (config.encoder) return shared;
  return [
    ...config.lowLevel.layers.map(({ channels }) => channels),
    ...config.midLevel.channels,
    ...config.global.layers.map(({ channels }) => channels),
    ...shared,
  ];
}
