import type { Value } from "../graph/graph.js";
import { add, concat } from "../graph/operators/index.js";
import { headOf } from "../objective/heads.js";
import type { BackboneNetworkConfig, PaperNetworkConfig } from "./config.js";
import { addHints } from "./guidance.js";
import { activate, channelsLastLayer, convolutionLayer, type NetworkContext } from "./layers.js";

/**
 * Colorization network (section 3.5): convolutions and twofold enlargements up to the size of the
 * prediction (in the paper, half of the picture's), then the channels of the head.
 *
 * @param fused `[N, C, H/t, W/t]` with the total stride t
 * @param scales the encoder's map of each scale, by the number of halvings, for skip connections
 * @param hints of each scale, by the number of halvings, for a network that takes them
 * @returns the prediction `[N, channels, H/s, W/s]`, channels and stride s those of the head
 */
export function colorize(
  context: NetworkContext,
  fused: Value,
  scales: readonly (Value | undefined)[],
  hints: readonly Value[] = [],
): Value {
  const { config } = context;
  const head = headOf(config.head);
  const x = config.encoder
    ? climb(context, config, fused, scales, hints)
    : enlarge(context, config, fused, scales);
  const { channels, kernel, channelsLast } = head;
  // Starts near the middle of the range, far from where sigmoid and tanh are flat.
  const options = { channels, kernel, output: "plain", gain: 0.01 } as const;
  const layer = channelsLast ? channelsLastLayer : convolutionLayer;
  return head.activate(layer(context, "colorization.output", x, options));
}

/** The paper's: the first convolution of a stage works on the enlarged map. */
function enlarge(
  context: NetworkContext,
  { colorization, skips, head }: PaperNetworkConfig,
  fused: Value,
  scales: readonly (Value | undefined)[],
): Value {
  const { stages } = colorization;
  const halvings = Math.log2(headOf(head).stride);
  let x = fused;
  stages.forEach((stage, index) => {
    stage.forEach((channels, layer) => {
      const name = `colorization.${index}.${layer}`;
      x = convolutionLayer(context, name, x, { channels, enlarge: index > 0 && layer === 0 });
      // The last stage works at the size of the prediction, the others at half of the next one's; the
      // fusion feeds the first.
      const source = skips === "none" ? undefined : scales[halvings + stages.length - 1 - index];
      if (layer === 0 && index > 0 && source) {
        // Added after the first convolution of the stage, which has the stage's width.
        const options = { channels, kernel: 1, output: "plain" } as const;
        x = add(x, convolutionLayer(context, `colorization.${index}.skip`, source, options));
      }
    });
  });
  return x;
}

/**
 * Behind a backbone, whose deepest map is small and wide: a 1x1 convolution brings it to the width of
 * the next scale before it is enlarged, another one the encoder's map, and 3x3 convolutions follow.
 */
function climb(
  context: NetworkContext,
  { colorization, skips }: BackboneNetworkConfig,
  fused: Value,
  scales: readonly (Value | undefined)[],
  hints: readonly Value[],
): Value {
  let x = fused;
  colorization.stages.forEach((stage, index) => {
    const halvings = scales.length - 1 - index;
    const beside = skips === "none" ? undefined : scales[halvings];
    if (index > 0) x = join(context, `colorization.${index}`, x, beside, stage[0]!);
    x = addHints(context, `colorization.${index}.hints`, x, hints[halvings]);
    stage.forEach((channels, layer) => {
      x = convolutionLayer(context, `colorization.${index}.${layer}`, x, { channels });
    });
  });
  return x;
}

/**
 * @param below the smaller map
 * @param beside the encoder's map of twice the size
 * @returns `channels` of them at the larger size
 */
function join(
  context: NetworkContext,
  stage: string,
  below: Value,
  beside: Value | undefined,
  channels: number,
): Value {
  const { skips, normalization } = context.config;
  const joined = `${stage}.join`;
  if (beside === undefined) {
    return convolutionLayer(context, joined, below, { channels, kernel: 1, enlarge: true });
  }
  if (skips === "concatenate") {
    const half = Math.ceil(channels / 2);
    const layer = (name: string, x: Value, width: number, enlarge: boolean) =>
      convolutionLayer(context, `${stage}.${name}`, x, { channels: width, kernel: 1, enlarge });
    return concat(
      [layer("climb", below, half, true), layer("skip", beside, channels - half, false)],
      1,
    );
  }
  // One layer in two parts, with one bias (or none, where a mean is taken away) and normalisation.
  const options = { channels, kernel: 1, output: "plain" } as const;
  const climbed = convolutionLayer(context, `${joined}.below`, below, {
    ...options,
    enlarge: true,
    bias: false,
  });
  const bias = normalization === "none";
  const skipped = convolutionLayer(context, joined, beside, { ...options, bias });
  return activate(context, joined, add(climbed, skipped));
}
