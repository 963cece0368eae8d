import type { BackboneConfig } from "./backbone.js";
import { type MobilenetEdgetpuConfig, mobilenetEdgetpuLayers } from "./mobilenet-edgetpu.js";
import {
  type NamedTensors,
  type PretrainedBackbone,
  summedOverColors,
} from "./starting-weights.js";

/**
 * From `layerNN.weight` and `layerNN.bias`, where NN counts layers and additions in two digits.
 *
 * @throws UserError if a tensor is missing or of another shape
 */
export function mobilenetEdgetpuWeights(
  encoder: MobilenetEdgetpuConfig,
  source: NamedTensors,
  inputChannels: 1 | 3,
): PretrainedBackbone<BackboneConfig> {
  const values = new Map<string, { shape: readonly number[]; data: Float32Array }>();
  for (const { name, number, shape } of mobilenetEdgetpuLayers()) {
    const [outputs, inputs, ...kernel] = shape;
    const layer = `layer${String(number).padStart(2, "0")}`;
    const first = number === 0;
    const stored = source.get(`${layer}.weight`, [outputs, first ? 3 : inputs, ...kernel]);
    const sum = first && inputChannels === 1;
    values.set(`${name}.weight`, {
      shape: [outputs, first ? inputChannels : inputs, ...kernel],
      data: sum ? summedOverColors(stored, outputs) : stored,
    });
    const bias = source.get(`${layer}.bias`, [outputs]);
    values.set(`${name}.bias`, { shape: [outputs], data: bias });
  }
  // The weights have been folded: normalisation would begin anew.
  return { encoder: { ...encoder, normalization: "none" }, values };
}
