// The model file: one .onnx with the parameters inside, for any picture size.

import { Graph, type Shape, type Value } from "../graph/graph.js";
import { serialize } from "../graph/serialize.js";
import type { Arrangement } from "../network/arrangements/arrangement.js";
import { type NetworkConfig, totalStride } from "../network/config.js";
import { type Guidance, hintsOver } from "../network/guidance.js";
import { cropLike, padToMultiple } from "../network/input-size.js";
import type { NetworkContext } from "../network/layers.js";
import { buildNetwork, predictedAb } from "../network/network.js";
import {
  inHalfPrecision,
  ParameterSource,
  type ParameterValues,
  type StoredParameters,
} from "../network/parameters.js";
import { headOf } from "../objective/heads.js";

export interface InferenceModelOptions {
  /**
   * How the weights are stored; computation is in float32 either way, and so are biases and
   * normalisation, which take little room. Default "float16".
   */
  readonly precision?: "float16" | "float32";
  /** Class names in the order of the logits, stored as `ltbc.classes`. */
  readonly classes?: readonly string[];
  /** Short side in pixels that pictures should be resized to, stored as `ltbc.workingSize`. */
  readonly workingSize?: number;
  /** Further `metadata_props`, such as training data and licence. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/**
 * Serialises a trained network.
 *
 * Input `luminance`: L* 0..100, float32 `[N, 1, H, W]`, any H and W.
 * Inputs that may be left out, if the network takes them: `hints`, float32 `[N, 3, H, W]` (1 where a
 * colour is given, its a* and b* in CIELAB units; else 0), and `reference_global`, float32
 * `[N, features]`, with `reference_share`, float32 `[N, 1]`, 0..1: the output `global` of another picture
 * and its share.
 * Outputs `ab`: CIELAB units, float32 `[N, 2, H, W]`; `scene_logits`: float32 `[N, classes]`;
 * those of the head; `global`, float32 `[N, features]`, if the network takes a reference.
 *
 * @throws RangeError if `values` do not belong to the network
 */
export function inferenceModel(
  config: NetworkConfig,
  values: ParameterValues,
  options: InferenceModelOptions = {},
): Uint8Array {
  const { precision = "float16", classes = [], workingSize, metadata = {} } = options;
  const stored = precision === "float32" ? values : inHalfPrecision(values);
  return serialize(inferenceGraph(config, stored), {
    name: config.name,
    metadata: {
      "ltbc.network": JSON.stringify(config),
      "ltbc.input": "luminance: L* of CIELAB (D65), 0..100, float32 [N, 1, H, W]",
      "ltbc.output": "ab: a*, b* of CIELAB (D65), float32 [N, 2, H, W]",
      ...(classes.length > 0 ? { "ltbc.classes": JSON.stringify(classes) } : {}),
      "ltbc.multiple": String(totalStride(config)),
      ...(workingSize === undefined ? {} : { "ltbc.workingSize": String(workingSize) }),
      ...headOf(config.head).metadata?.(values),
      ...metadata,
    },
  });
}

/**
 * The graph of a model file.
 *
 * @param arrangement what its convolutions are made of; default: the operators of the paper
 * @throws RangeError if `parameters` do not belong to the network
 */
export function inferenceGraph(
  config: NetworkConfig,
  parameters: StoredParameters,
  arrangement?: Arrangement,
): Graph {
  const graph = new Graph();
  const lightness = graph.input("luminance", "float32", ["N", 1, "H", "W"]);
  const context: NetworkContext = {
    config,
    parameters: ParameterSource.constants(graph, parameters),
    mode: "inference",
    updatedStatistics: new Map(),
    noise: noNoise,
    ...(arrangement ? { arrangement } : {}),
  };
  const padded = padToMultiple(lightness, totalStride(config));
  const outputs = buildNetwork(context, padded, guidanceInputs(config, lightness));
  graph.output("ab", cropLike(predictedAb(context, outputs), lightness));
  const { prediction, headState, sceneLogits } = outputs;
  const further = headOf(config.head).outputs?.(prediction, headState) ?? {};
  for (const [name, value] of Object.entries(further)) graph.output(name, value);
  if (sceneLogits) graph.output("scene_logits", sceneLogits);
  if (config.encoder && config.reference) graph.output("global", outputs.global);
  return graph;
}

/** Inputs that a model file can do without. */
function guidanceInputs(config: NetworkConfig, lightness: Value): Guidance {
  if (!config.encoder) return {};
  const { graph } = lightness;
  const neutral = (name: string, shape: readonly number[], declared: Shape) => {
    const length = shape.reduce((product, each) => product * each, 1);
    return graph.optionalInput(name, "float32", shape, new Float32Array(length), declared);
  };
  const hints = () => {
    const given = neutral("hints", [1, 3, 1, 1], ["N", 3, "H", "W"]);
    return { hints: padToMultiple(hintsOver(given, lightness), totalStride(config)) };
  };
  const reference = () => {
    const features = config.global.hidden.at(-1)!;
    return {
      reference: {
        global: neutral("reference_global", [1, features], ["N", features]),
        share: neutral("reference_share", [1, 1], ["N", 1]),
      },
    };
  };
  return { ...(config.hints ? hints() : {}), ...(config.reference ? reference() : {}) };
}

function noNoise(): Value {
  throw new TypeError("Inference draws no noise");
}
