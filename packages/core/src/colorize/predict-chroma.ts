// Lightness -> network -> what it says of the colours at working resolution, on any engine.
//
// The lightness is resized as L*, not as linear light: L* is what the network sees, training
// pictures are reduced in the (perceptually similar) encoded domain too, and thin dark structures
// keep their weight.

import { blockMeans } from "../color/block-means.js";
import type { GrayPicture } from "../color/gray-picture.js";
import type { DeviceTensor, Session, TensorValue } from "../graph/session.js";
import type { Declared } from "../model/declared-tensors.js";
import { ColorDistributions } from "../objective/quantized-chroma/color-distributions.js";
import type { QuantizedColors } from "../objective/quantized-chroma/quantized-head.js";
import { UserError } from "../user-error.js";
import { ColorAnalysis } from "./color-analysis.js";
import type { LightnessPicture } from "./compose-pixels.js";
import { DOCUMENTATION } from "./other-models/model-interface.js";
import { resizePlane } from "./resize-plane.js";
import { shrinkForResampling } from "./shrink.js";
import { type Size, workingDimensions } from "./working-size.js";

/** How the distributions of a model are laid out and read. */
export interface DistributionFormat extends QuantizedColors {
  /** Sides of the picture divided by those of the distributions. */
  readonly stride: number;
}

/**
 * Checks that a model follows the contract of this project: input `luminance` (L* 0..100,
 * `[N, 1, H, W]`), output `ab` (CIELAB units, `[N, 2, H, W]`) or the logits of distributions over
 * colours `ab_logits` (`[N, h, w, bins]`), optionally `scene_logits` (`[N, C]`).
 *
 * @param output "ab" or "ab_logits"
 * @throws UserError if it does not
 */
export function assertColorModel(
  { inputs, outputs }: Declared<string>,
  output: "ab" | "ab_logits",
): void {
  if (inputs.length !== 1 || inputs[0] !== "luminance" || !outputs.includes(output)) {
    throw new UserError(
      "model-invalid",
      `Expected a colour model with the input "luminance" and the output "${output}" but this one has inputs ${JSON.stringify(inputs)} and outputs ${JSON.stringify(outputs)}; a model of another program needs a JSON file beside it (${DOCUMENTATION}), one of this program a version that knows it`,
    );
  }
}

/**
 * The lightness of a picture as the network sees it: a sharp reduction of L* to the working size.
 * From full resolution in one pass over the picture, without a plane of its size.
 *
 * @returns L* of the working picture (at sharp edges a little outside 0..100), and its size
 */
export function workingLightness(
  picture: GrayPicture | LightnessPicture,
  workingSize: number,
  multiple?: number,
): { lightness: Float32Array; working: Size } {
  const working = workingDimensions(picture, workingSize, multiple);
  return { lightness: lightnessAt(picture, working), working };
}

/** L* of a picture at the size of the working picture: `[height, width]`. */
export function lightnessAt(picture: GrayPicture | LightnessPicture, working: Size): Float32Array {
  if (!("codes" in picture)) return resizePlane(picture.lightness, picture, working);
  const shrunk = shrinkForResampling(picture, working);
  return resizePlane(shrunk.plane, shrunk, working);
}

/**
 * Runs the network at working resolution.
 *
 * @param lightness L* of the working picture; values outside 0..100 are clipped, in place:
 * `[height, width]`
 * @param size whole multiples of the stride of the distributions
 * @param further what the model's other inputs are fed
 * @param format of the distributions; undefined for a model that predicts `ab`
 * @throws UserError if the model's outputs have the wrong shape or are not finite
 */
export async function predictChroma(
  session: Session,
  lightness: Float32Array,
  working: Size,
  further: Readonly<Record<string, TensorValue>>,
  format: DistributionFormat | undefined,
): Promise<ColorAnalysis> {
  const { width, height } = working;
  for (let i = 0; i < lightness.length; i++) {
    lightness[i] = Math.min(Math.max(lightness[i]!, 0), 100);
  }
  const outputs = await session.run({
    ...further,
    luminance: { type: "float32", shape: [1, 1, height, width], data: lightness },
  });
  const vectorOf = async (name: string) =>
    outputs[name] ? (await floatsOf(outputs, name, [1, -1])).data : undefined;
  const whole = {
    sceneLogits: await vectorOf("scene_logits"),
    globalFeatures: await vectorOf("global"),
  };
  const guide = { lightness, width, height };
  if (!format) {
    const { data: ab } = await floatsOf(outputs, "ab", [1, 2, height, width]);
    assertFinite(ab);
    return new ColorAnalysis({ ab, width, height, guide }, whole);
  }
  const { prior, readOuts, stride } = format;
  const bins = prior.bins.count;
  const { data, shape } = await floatsOf(outputs, "ab_logits", [1, -1, -1, bins]);
  assertFinite(data);
  const [columns, rows] = [width / stride, height / stride];
  const logits = cutPositions(data, shape[2]!, { width: columns, height: rows }, bins);
  const small = blockMeans(lightness, working, { width: columns, height: rows });
  const distributions = new ColorDistributions(logits, columns, rows, prior, small);
  return new ColorAnalysis({ distributions, readOuts, guide }, whole);
}

/**
 * An output of a network.
 *
 * @param shape that it has to have; -1 for any length
 * @throws UserError if it has another one
 */
export async function floatsOf(
  outputs: Record<string, TensorValue | DeviceTensor>,
  name: string,
  shape: readonly number[],
): Promise<{ data: Float32Array; shape: readonly number[] }> {
  const output = outputs[name]!;
  const { data, shape: actual } = "onDevice" in output ? await output.read() : output;
  const fits = shape.length === actual.length && shape.every((n, i) => n === -1 || n === actual[i]);
  if (!(data instanceof Float32Array) || !fits) {
    const wanted = shape.map((length) => (length === -1 ? "any" : length));
    throw new UserError(
      "model-invalid",
      `Expected the model to give "${name}" as float32 [${wanted.join(", ")}] but it gave ${output.type} [${actual.join(", ")}]`,
    );
  }
  return { data, shape: actual };
}

/** @throws UserError if a number is NaN or infinite */
export function assertFinite(predicted: Float32Array): void {
  // One number that is not finite spoils the sum; this is much quicker than asking each of them.
  let sum = 0;
  for (let i = 0; i < predicted.length; i++) sum += predicted[i]!;
  if (Number.isFinite(sum)) return;
  throw new UserError(
    "model-invalid",
    "The model predicted colours that are not numbers (NaN or infinite); its weights are damaged or its training diverged: use another model",
  );
}

/**
 * The distributions of the picture itself: a network enlarges pictures at the right and bottom to
 * multiples of what it shrinks them by, and gives distributions of that.
 *
 * @param logits `[rows, columns, bins]`, both of at least `size`
 */
function cutPositions(
  logits: Float32Array,
  columns: number,
  { width, height }: Size,
  bins: number,
): Float32Array {
  if (logits.length === width * height * bins) return logits;
  const cut = new Float32Array(width * height * bins);
  for (let y = 0; y < height; y++) {
    const start = y * columns * bins;
    cut.set(logits.subarray(start, start + width * bins), y * width * bins);
  }
  return cut;
}
