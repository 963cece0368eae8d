import type { Value } from "../graph/graph.js";
import { add, convolution, gemm, reshape } from "../graph/operators/index.js";
import { activate, layerBias, type NetworkContext } from "./layers.js";

/**
 * Fusion layer (section 3.4, equation 3): a 1x1 convolution of the mid-level map with the global
 * vector repeated at every pixel. The convolution of a repeated vector is the same everywhere, so
 * it is computed once and broadcast: `W_mid * mid + (W_global global + b)`, equal to the paper's
 * form and its parameter count.
 *
 * @param midLevel `[N, C, H/8, W/8]`
 * @param global `[N, features]`
 * @returns `[N, fusion.channels, H/8, W/8]`
 */
export function fuse(context: NetworkContext, midLevel: Value, global: Value): Value {
  const { channels } = context.config.fusion;
  const midChannels = midLevel.shape[1] as number;
  const features = global.shape[1] as number;
  const initialization = { type: "normal", fanIn: midChannels + features, gain: 2 } as const;
  const { parameters } = context;
  const midWeight = parameters.get(
    "fusion.mid_level.weight",
    [channels, midChannels, 1, 1],
    initialization,
  );
  const globalWeight = parameters.get("fusion.global.weight", [channels, features], initialization);
  const bias = layerBias(context, "fusion", channels, "activated");
  const everywhere = gemm(global, globalWeight, bias, { transposeB: true });
  const fused = add(
    convolution(midLevel, midWeight),
    reshape(everywhere, [global.shape[0]!, channels, 1, 1]),
  );
  return activate(context, "fusion", fused);
}
