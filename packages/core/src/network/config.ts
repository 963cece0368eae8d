// What a network is made of, as plain data that goes into model files and checkpoints.

import { type ChromaHead, headOf } from "../objective/heads.js";

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

export interface NetworkConfig {
  /** Preset this came from, or a name of your own. */
  readonly name: string;
  /** Scene classes told apart by the classification network; 0 leaves that network out. */
  readonly classes: number;
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
  /** Fusion layer (section 3.4): output channels of the 1x1 convolution of [mid-level; global]. */
  readonly fusion: { readonly channels: number };
  /**
   * Colorization network (section 3.5): channels of its 3x3 convolutions, in stages with a twofold
   * nearest-neighbour enlargement between them. The last, two-channel convolution is implied.
   */
  readonly colorization: { readonly stages: readonly (readonly number[])[] };
  /** Classification network (section 3.6), fed by the last but one fully-connected global layer. */
  readonly classification: {
    /** Widths of hidden layers before the logits; none in the paper. */
    readonly hidden: readonly number[];
    /** Share of the hidden units dropped in training, 0 (none) to below 1. */
    readonly dropout: number;
  };
  /** After every convolution and fully-connected layer but the last of a branch. */
  readonly normalization: "batch" | "none";
  /** "relu" as in the paper, or a leaky one with the given slope below 0. */
  readonly activation: "relu" | { readonly leakySlope: number };
  /**
   * "add": the low-level map of equal size, through a 1x1 convolution, is added in front of each
   * enlarged colorization stage (a residual connection past the middle of the network).
   */
  readonly skips: "add" | "none";
  /** What the colorization network gives, and how it is read as colours. */
  readonly head: ChromaHead;
  /** How colours at the size of the prediction are brought to the size of the input. */
  readonly finalUpsampling: "nearest" | "bilinear";
}

/** Product of the strides: a picture's sides must be multiples of it inside the network. */
export function totalStride({ lowLevel }: NetworkConfig): number {
  return lowLevel.layers.reduce((product, { stride }) => product * stride, 1);
}

/**
 * Checks what the types cannot.
 * @throws RangeError saying which option does not fit
 */
export function checkConfig(config: NetworkConfig): void {
  const stride = totalStride(config);
  const stages = config.colorization.stages.length;
  // The head's stride is what is left to the final upsampling.
  const enlargement = 2 ** (stages - 1) * headOf(config.head).stride;
  if (stride !== enlargement) {
    throw new RangeError(
      `Expected the colorization network to enlarge as much as the low-level network shrinks (${stride}x) but its ${stages} stages enlarge ${enlargement}x; add or remove a stage`,
    );
  }
  if (config.classes > 0 && config.global.hidden.length < 2) {
    throw new RangeError(
      "Expected at least two fully-connected global layers, since the classification network reads the last but one",
    );
  }
  const widths = [
    ...config.lowLevel.layers.map(({ channels }) => channels),
    ...config.midLevel.channels,
    ...config.global.layers.map(({ channels }) => channels),
    ...config.global.hidden,
    config.fusion.channels,
    ...config.colorization.stages.flat(),
    ...config.classification.hidden,
  ];
  const wrong = widths.find((width) => !Number.isInteger(width) || width < 1);
  if (wrong !== undefined) {
    throw new RangeError(`Expected every width to be a positive whole number but one is ${wrong}`);
  }
  if (!Number.isInteger(config.classes) || config.classes < 0 || config.classes === 1) {
    throw new RangeError(
      `Expected 0 or at least 2 classes but received ${config.classes}; one class cannot be told from others`,
    );
  }
}
