import type { Value } from "../graph/graph.js";
import { add, sigmoid, tanh } from "../graph/operators/index.js";
import { convolutionLayer, type NetworkContext } from "./layers.js";

/**
 * Colorization network (section 3.5): convolutions and twofold enlargements up to half the size of
 * the picture, then two chroma channels.
 *
 * @param fused `[N, C, H/8, W/8]`
 * @param lowLevelMaps the maps of {@link lowLevelFeatures}, for skip connections
 * @returns normalised chroma `[N, 2, H/2, W/2]`
 */
export function colorize(
  context: NetworkContext,
  fused: Value,
  lowLevelMaps: readonly Value[],
): Value {
  const { colorization, head } = context.config;
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
    channels: 2,
    output: "plain",
    // Starts near the middle of the range, far from where sigmoid and tanh are flat.
    gain: 0.01,
  });
  if (head.activation === "linear") return output;
  return head.activation === "sigmoid" ? sigmoid(output) : tanh(output);
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
  // Stage i works at 1 / 2^(stages - i) of the picture.
  const stages = config.colorization.stages.length;
  return config.colorization.stages.map((_, index) => lastOfScale[stages - index]);
}
