// Standard classification networks in the role of the encoder: what they have in common.

import { staticShape, type Value } from "../../graph/graph.js";
import type { NetworkContext } from "../layers.js";
import { type MobilenetEdgetpuConfig, mobilenetEdgetpuFeatures } from "./mobilenet-edgetpu.js";
import { checkMobilenetV1, type MobilenetV1Config, mobilenetV1Features } from "./mobilenet-v1.js";

/** A backbone and its widths. */
export type BackboneConfig = MobilenetV1Config | MobilenetEdgetpuConfig;

/** Every backbone halves height and width five times. */
export const backboneStride = 32;

/** @throws RangeError saying which option does not fit */
export function checkBackbone(encoder: BackboneConfig): void {
  const { normalization, epsilon } = encoder;
  if (!["batch", "frozen", "none"].includes(normalization)) {
    throw new RangeError(
      `Expected the encoder's normalization to be batch, frozen or none but received ${normalization}`,
    );
  }
  if (!(epsilon > 0)) {
    throw new RangeError(
      `Expected the encoder's epsilon to be more than 0 but received ${epsilon}`,
    );
  }
  if (encoder.kind === "mobilenet-v1") checkMobilenetV1(encoder);
  else if (encoder.kind !== "mobilenet-edgetpu") {
    throw new RangeError(
      `Expected the encoder to be mobilenet-v1 or mobilenet-edgetpu but received ${(encoder as { kind: unknown }).kind}`,
    );
  }
}

/**
 * The maps of a backbone at 1/2, 1/4, 1/8, 1/16 and 1/32 of the picture.
 *
 * @param image sRGB codes scaled to -1..1, `[N, C, H, W]`: three channels, or one for a grey picture;
 *   known H and W must be multiples of {@link backboneStride}
 */
export function backboneFeatures(
  context: NetworkContext,
  encoder: BackboneConfig,
  image: Value,
): readonly Value[] {
  staticShape([image.shape[1]!], "The picture's number of channels");
  return encoder.kind === "mobilenet-v1"
    ? mobilenetV1Features(context, encoder, image)
    : mobilenetEdgetpuFeatures(context, encoder, image);
}
