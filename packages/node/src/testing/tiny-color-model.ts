// The smallest models that follow the colour model contract, with outputs a test can predict.

import {
  add,
  concat,
  Graph,
  multiply,
  reduceMean,
  scale,
  serialize,
} from "@let-there-be-color/core/graph";

export interface TinyColorModel {
  /** a* = aPerLightness * L*, b* = bPerLightness * L*. Default 0.3 and -0.4. */
  readonly aPerLightness?: number;
  readonly bPerLightness?: number;
  /** Logits of the scenes are these times the picture's mean L*. Default: no scene output. */
  readonly scenesPerLightness?: Readonly<Record<string, number>>;
  /** `ltbc.workingSize`; default: not stated. */
  readonly workingSize?: number;
}

/** A serialised ONNX model that colours by a rule instead of by learning. */
export function tinyColorModel(options: TinyColorModel = {}): Uint8Array {
  const { aPerLightness = 0.3, bPerLightness = -0.4, scenesPerLightness, workingSize } = options;
  const graph = new Graph();
  const luminance = graph.input("luminance", "float32", ["N", 1, "H", "W"]);
  const planes = [aPerLightness, bPerLightness].map((factor) => scale(luminance, factor));
  graph.output("ab", concat(planes, 1));
  const metadata: Record<string, string> = {};
  if (scenesPerLightness) {
    const factors = Object.values(scenesPerLightness);
    const weights = graph.constant("float32", [1, factors.length], Float32Array.from(factors));
    const mean = reduceMean(luminance, [2, 3], { keepDimensions: false });
    graph.output("scene_logits", multiply(mean, weights));
    metadata["ltbc.classes"] = JSON.stringify(Object.keys(scenesPerLightness));
  }
  if (workingSize !== undefined) metadata["ltbc.workingSize"] = String(workingSize);
  return serialize(graph, { metadata });
}

/** Follows the contract's names but not its meaning: every colour is infinite. */
export function divergedColorModel(): Uint8Array {
  const graph = new Graph();
  const luminance = graph.input("luminance", "float32", ["N", 1, "H", "W"]);
  const infinite = add(luminance, graph.scalar(Number.POSITIVE_INFINITY));
  graph.output("ab", concat([infinite, infinite], 1));
  return serialize(graph);
}

/** A valid ONNX model that is no colour model. */
export function otherModel(): Uint8Array {
  const graph = new Graph();
  graph.output("y", scale(graph.input("x", "float32", [1]), 2));
  return serialize(graph);
}
