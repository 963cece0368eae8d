// A narrow backbone, and its weights as a file holds them.

import {
  type BackboneConfig,
  type BackboneNetworkConfig,
  initialValues,
  parameterSpecifications,
} from "@let-there-be-color/core/network";
import type { SafeTensor } from "../training/safetensors.js";

/** MobileNet v1 with four channels everywhere. */
export const narrowEncoder: BackboneConfig = {
  kind: "mobilenet-v1",
  channels: new Array<number>(14).fill(4),
  normalization: "frozen",
  epsilon: 1e-3,
};

/** The encoder's starting values under the names of a file; three equal channels at the input. */
export function encoderFile(network: BackboneNetworkConfig): Map<string, SafeTensor> {
  const values = initialValues(parameterSpecifications(network), 1);
  const file = new Map<string, SafeTensor>();
  for (const [name, { shape, data }] of values) {
    if (!name.startsWith("encoder.")) continue;
    const stored = name
      .replace("encoder.first", "conv1")
      .replace("encoder.", "")
      .replace("normalization.", "norm.")
      .replace("running_", "");
    if (name !== "encoder.first.weight") file.set(stored, { dtype: "F32", shape, data });
    else {
      const thirds = Float32Array.from({ length: 3 * data.length }, (_, index) => {
        const [channel, tap] = [Math.floor(index / 27), index % 9];
        return data[9 * channel + tap]! / 3;
      });
      file.set(stored, { dtype: "F32", shape: [4, 3, 3, 3], data: thirds });
    }
  }
  file.set("classifier.bias", { dtype: "F32", shape: [2], data: Float32Array.of(1, 2) });
  return file;
}
