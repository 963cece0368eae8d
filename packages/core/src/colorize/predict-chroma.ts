// Lightness -> network -> chroma at working resolution, on any engine.
//
// The lightness is resized as L*, not as linear light: L* is what the network sees, training
// pictures are reduced in the (perceptually similar) encoded domain too, and thin dark structures
// keep their weight.

import type { GrayPicture } from "../color/gray-picture.js";
import type { ChromaPlanes } from "../color/upsample.js";
import type { DeviceTensor, Session, TensorValue } from "../graph/session.js";
import { UserError } from "../user-error.js";
import { resizePlane } from "./resize-plane.js";
import { shrinkForResampling } from "./shrink.js";
import { type Size, workingDimensions } from "./working-size.js";

/** What a network says about one picture. */
export interface ChromaPrediction extends ChromaPlanes {
  /** Unnormalised log probabilities of the scene classes, if the model has a classifier: `[C]`. */
  readonly sceneLogits?: Float32Array;
}

/** Scene class and its probability, 0..1. */
export interface Scene {
  readonly name: string;
  readonly probability: number;
}

/**
 * Checks that a model follows the contract of this project: input `luminance` (L* 0..100,
 * `[N, 1, H, W]`), output `ab` (CIELAB units, `[N, 2, H, W]`), optionally `scene_logits` (`[N, C]`).
 *
 * @param defaults what its other inputs are fed
 * @throws UserError if it does not
 */
export function assertColorModel(
  session: Session,
  defaults: Readonly<Record<string, TensorValue>> = {},
): void {
  const { outputNames } = session;
  const inputNames = session.inputNames.filter((name) => !(name in defaults));
  if (inputNames.length !== 1 || inputNames[0] !== "luminance" || !outputNames.includes("ab")) {
    throw new UserError(
      "model-invalid",
      `Expected a colour model with the input "luminance" and the output "ab" but this one has inputs ${JSON.stringify(inputNames)} and outputs ${JSON.stringify(outputNames)}; use another model, or the version of the program that made it`,
    );
  }
}

async function floatsOf(
  outputs: Record<string, TensorValue | DeviceTensor>,
  name: string,
  shape: readonly number[],
): Promise<Float32Array> {
  const output = outputs[name]!;
  const { data, shape: actual } = "onDevice" in output ? await output.read() : output;
  const fits = shape.length === actual.length && shape.every((n, i) => n === -1 || n === actual[i]);
  if (!(data instanceof Float32Array) || !fits) {
    throw new UserError(
      "model-invalid",
      `Expected the model to give "${name}" as float32 [${shape.join(", ").replace("-1", "C")}] but it gave ${output.type} [${actual.join(", ")}]`,
    );
  }
  return data;
}

/**
 * Predicts the chroma of a picture from its lightness.
 *
 * @param session a model that passes {@link assertColorModel}
 * @param lightness L* 0..100: `[size.height, size.width]`
 * @param workingSize short side, in pixels, at which the network works, and the multiples that its
 *   sides are rounded to ({@link workingDimensions})
 * @returns a* and b* in CIELAB units at working resolution, and the scene logits
 * @throws UserError if the model's outputs have the wrong shape or are not finite
 */
export async function colorizePlanes(
  session: Session,
  lightness: Float32Array,
  size: Size,
  { workingSize, multiple }: { readonly workingSize: number; readonly multiple?: number },
): Promise<ChromaPrediction> {
  const working = workingDimensions(size, workingSize, multiple);
  return predictChroma(session, resizePlane(lightness, size, working), working);
}

/**
 * The lightness of a picture as the network sees it: a sharp reduction of L* to the working size.
 * From full resolution in one pass over the picture, without a plane of its size.
 *
 * @returns L* of the working picture (at sharp edges a little outside 0..100), and its size
 */
export function workingLightness(
  picture: GrayPicture,
  workingSize: number,
  multiple?: number,
): { lightness: Float32Array; working: Size } {
  const working = workingDimensions(picture, workingSize, multiple);
  const shrunk = shrinkForResampling(picture, working);
  return { lightness: resizePlane(shrunk.plane, shrunk, working), working };
}

/**
 * Runs the network at working resolution.
 *
 * @param lightness L* of the working picture; values outside 0..100 are clipped, in place:
 * `[height, width]`
 * @param size of any length; multiples of what the network shrinks by need no padding
 * @param further what the model's other inputs are fed
 * @returns a* and b* in CIELAB units, and the scene logits
 * @throws UserError if the model's outputs have the wrong shape or are not finite
 */
export async function predictChroma(
  session: Session,
  lightness: Float32Array,
  { width, height }: Size,
  further: Readonly<Record<string, TensorValue>> = {},
): Promise<ChromaPrediction> {
  for (let i = 0; i < lightness.length; i++) {
    lightness[i] = Math.min(Math.max(lightness[i]!, 0), 100);
  }
  const outputs = await session.run({
    ...further,
    luminance: { type: "float32", shape: [1, 1, height, width], data: lightness },
  });
  const ab = await floatsOf(outputs, "ab", [1, 2, height, width]);
  if (!ab.every(Number.isFinite)) {
    throw new UserError(
      "model-invalid",
      "The model predicted colours that are not numbers (NaN or infinite); its weights are damaged or its training diverged: use another model",
    );
  }
  if (!outputs.scene_logits) return { ab, width, height };
  return { ab, width, height, sceneLogits: await floatsOf(outputs, "scene_logits", [1, -1]) };
}

/**
 * Softmax of the logits with the class names, most probable first. Classes without a name are
 * called `class 0`, `class 1`, ...
 */
export function rankScenes(logits: Float32Array, classes: readonly string[]): Scene[] {
  const highest = logits.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const exponentials = Array.from(logits, (logit) => Math.exp(logit - highest));
  const sum = exponentials.reduce((a, b) => a + b, 0);
  return exponentials
    .map((value, i) => ({ name: classes[i] ?? `class ${i}`, probability: value / sum }))
    .sort((a, b) => b.probability - a.probability);
}
