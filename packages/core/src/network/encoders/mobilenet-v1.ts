// MobileNet v1 (Howard et al. 2017, arXiv:1704.04861, table 1): a 3x3 convolution, then thirteen
// blocks of a 3x3 depthwise convolution and a 1x1 convolution, each with normalisation and ReLU6.

import type { Value } from "../../graph/graph.js";
import type { NetworkContext } from "../layers.js";
import { type BackboneNormalization, backboneLayer } from "./backbone-layer.js";

export interface MobilenetV1Config extends BackboneNormalization {
  readonly kind: "mobilenet-v1";
  /** Output channels of the first convolution and of the thirteen blocks. */
  readonly channels: readonly number[];
}

/** Strides of the first convolution and of the blocks' depthwise ones. */
const strides = [2, 1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1] as const;
const fullWidths = [32, 64, 128, 128, 256, 256, 512, 512, 512, 512, 512, 512, 1024, 1024];

/** {@link MobilenetV1Config.channels} of a width multiplier, such as 0.75. */
export function mobilenetV1Channels(width: number): number[] {
  return fullWidths.map((channels) => Math.floor(channels * width));
}

export function checkMobilenetV1({ channels }: MobilenetV1Config): void {
  const wrong = channels.find((width) => !Number.isInteger(width) || width < 1);
  if (channels.length !== strides.length || wrong !== undefined) {
    throw new RangeError(
      `Expected ${strides.length} widths of mobilenet-v1, positive whole numbers, but received ${channels.join(", ")}`,
    );
  }
}

/** Name of the first layer or of a part of a block (from 1 on), as in its parameters' names. */
export function mobilenetV1Layer(block: number, part?: "depthwise" | "pointwise"): string {
  return block === 0 ? "encoder.first" : `encoder.block${block}.${part}`;
}

/** @see backboneFeatures */
export function mobilenetV1Features(
  context: NetworkContext,
  encoder: MobilenetV1Config,
  image: Value,
): Value[] {
  const maps: Value[] = [];
  let x = image;
  encoder.channels.forEach((channels, block) => {
    const stride = strides[block]!;
    // The last map in front of a stride is that of its scale.
    if (stride === 2 && block > 0) maps.push(x);
    const layer = (
      part: "depthwise" | "pointwise",
      options: { channels: number; kernel: number },
    ) =>
      backboneLayer(context, encoder, mobilenetV1Layer(block, part), x, {
        ...options,
        stride: part === "depthwise" || block === 0 ? stride : 1,
        depthwise: part === "depthwise",
        activation: "relu6",
      });
    if (block === 0) {
      x = layer("pointwise", { channels, kernel: 3 });
      return;
    }
    x = layer("depthwise", { channels: x.shape[1] as number, kernel: 3 });
    x = layer("pointwise", { channels, kernel: 1 });
  });
  return [...maps, x];
}
