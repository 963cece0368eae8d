import { batchNormalizationEpsilon } from "../graph/operators/index.js";
import type { NetworkConfig } from "../network/config.js";
import type { ParameterValues } from "../network/parameters.js";

const SCALE = ".normalization.scale";

/**
 * The same network for inference without batch normalisation: running statistics, scale and bias of
 * a layer go into its weights and bias.
 */
export function foldNormalization(
  config: NetworkConfig,
  values: ParameterValues,
): { config: NetworkConfig; values: ParameterValues } {
  if (!isNormalized(config)) return { config, values };
  const folded = new Map([...values].filter(([name]) => !name.includes(".normalization.")));
  for (const [name, scale] of values) {
    if (!name.endsWith(SCALE)) continue;
    const layer = name.slice(0, -SCALE.length);
    const vector = (kind: string) => values.get(`${layer}.normalization.${kind}`)!.data;
    const variance = vector("running_variance");
    const epsilon = epsilonOf(config, layer);
    const gain = scale.data.map((each, channel) => each / Math.sqrt(variance[channel]! + epsilon));
    for (const [weightName, { shape, data }] of folded) {
      if (!weightName.startsWith(`${layer}.`) || !weightName.endsWith(".weight")) continue;
      folded.set(weightName, { shape, data: scaledRows(data, gain) });
    }
    const bias = folded.get(`${layer}.bias`)?.data;
    const mean = vector("running_mean");
    const offset = vector("bias").map(
      (each, channel) => each + ((bias?.[channel] ?? 0) - mean[channel]!) * gain[channel]!,
    );
    folded.set(`${layer}.bias`, { shape: scale.shape, data: offset });
  }
  return { config: withoutNormalization(config), values: folded };
}

/** Whether any layer has statistics. */
export function isNormalized({ normalization, encoder }: NetworkConfig): boolean {
  return normalization !== "none" || (encoder !== undefined && encoder.normalization !== "none");
}

function withoutNormalization(config: NetworkConfig): NetworkConfig {
  if (!config.encoder) return { ...config, normalization: "none" };
  const encoder = { ...config.encoder, normalization: "none" } as const;
  return { ...config, normalization: "none", encoder };
}

function epsilonOf({ encoder }: NetworkConfig, layer: string): number {
  return encoder && layer.startsWith("encoder.") ? encoder.epsilon : batchNormalizationEpsilon;
}

/** Each of `factors.length` equal rows times its factor. */
function scaledRows(data: Float32Array, factors: Float32Array): Float32Array {
  const scaled = new Float32Array(data.length);
  const length = data.length / factors.length;
  for (let row = 0; row < factors.length; row++) {
    const factor = factors[row]!;
    for (let i = row * length; i < (row + 1) * length; i++) scaled[i] = data[i]! * factor;
  }
  return scaled;
}
