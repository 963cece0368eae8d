import type { Value } from "../graph/graph.js";
import { add } from "../graph/operators/index.js";
import { headOf } from "../objective/heads.js";
import { convolutionLayer, type NetworkContext } from "./layers.js";

/**
 * Colorization network (section 3.5): convolutions and twofold enlargements up to the size of the
 * prediction (in the paper, half of the picture's), then the channels of the head.
 *
 * @param fused `[N, C, H/8, W/8]`
 * @param lowLevelMaps the maps of {@link lowLevelFeatures}, for skip connections
 * @returns the prediction, of `H/stride` x `W/stride` positions, both of the head
 */
export function colorize(
  context: NetworkContext,
  fused: Value,
  lowLevelMaps: readonly Value[],
): Value {
  const { colorization } = context.config;
  const head = headOf(context.config.head);
  const sources = skipSources(context, lowLevelMaps);
  let x = fused;
  colorization.stages.forEach((stage, index) => {
    stage.forEach((channels, layer) => {
      const name = `colorization.${index}.${layer}`;
      x = convolutionLayer(context, name, x, { channels, enlarge: index > 0 && layer === 0 });
      const source = sources[index];
      if (layer === 0 && index > 0 && source) {
        // Added after the first convolution of the stage, which has the stage's width.
        const options = { channels, kernel: 1, output: "plain" } as const;
        x = add(x, convolutionLayer(context, `colorization.${index}.skip`, source, options));
      }
    });
  });
  const output = convolutionLayer(context, "colorization.output", x, {
    channels: head.channels,
    kernel: head.kernel,
    output: "plain",
    // Starts near the middle of the range, far from where sigmoid and tanh are flat.
    gain: 0.01,
  });
  return head.activate(output);
}

/** For each stage the last low-level map of its size; none for the first, which the fusion feeds. */
function skipSources(
  { config }: NetworkContext,
  lowLevelMaps: readonly Value[],
): (Value | undefined)[] {
  if (config.skips === "none") return [];
  const lastOfScale: Value[] = [];
  let scale = 0;
  config.lowLevel.layers.forEach(({ stride }, index) => {
    if (stride === 2) scale++;
    lastOfScale[scale] = lowLevelMaps[index]!;
  });
  // The last stage works at the size of the prediction, the others at half of the next one's.
  const last = config.colorization.stages.length - 1;
  const halvings = Math.log2(headOf(config.head).stride);
  return config.colorization.stages.map((_, index) => lastOfScale[halvings + last - index]);
}
