// Networks of other programs: whether a file is what its description says, and one run.

import { labToLinearRgb } from "../../color/lab.js";
import { linearToSrgbFast } from "../../color/srgb.js";
import type { Session } from "../../graph/session.js";
import {
  type DeclaredTensor,
  declaredNames,
  declaredTensors,
} from "../../model/declared-tensors.js";
import { DEFAULT_MULTIPLE, type ModelMetadata } from "../../model/model-metadata.js";
import { UserError } from "../../user-error.js";
import { ColorAnalysis } from "../color-analysis.js";
import { assertFinite, floatsOf } from "../predict-chroma.js";
import { type Size, workingDimensions } from "../working-size.js";
import { DOCUMENTATION, type ModelInterface } from "./model-interface.js";

/** Whether a model can only be run with a {@link ModelInterface}: it has not this project's names. */
export function needsInterface(model: Uint8Array): boolean {
  const { inputs, outputs } = declaredNames(model);
  const predictsColors = outputs.includes("ab") || outputs.includes("ab_logits");
  return !(inputs.includes("luminance") && predictsColors);
}

/** What the rest of the program is told of a model: it has no classes. */
export function otherMetadata(
  { properties }: Pick<ModelMetadata, "properties">,
  { size }: ModelInterface,
): ModelMetadata {
  const isFixed = "width" in size;
  return {
    classes: [],
    workingSize: isFixed ? Math.min(size.width, size.height) : size.workingSize,
    multiple: isFixed ? DEFAULT_MULTIPLE : size.multiple,
    properties,
  };
}

/**
 * Checks that a model has the input and the output that its description names, in these shapes.
 *
 * @throws UserError naming what the model has and what the description says
 */
export async function assertDescribed(model: Uint8Array, described: ModelInterface): Promise<void> {
  const { inputs, outputs } = await declaredTensors(model);
  const { size, output } = described;
  const isFixed = "width" in size;
  const sides = isFixed ? [size.height, size.width] : ["H", "W"];
  const { stride = 1 } = output;
  const outputSides = isFixed
    ? [size.height / stride, size.width / stride]
    : ["H", "W"].map((each) => (stride === 1 ? each : `${each} / ${stride}`));
  assertTensor("input", inputs, described.input.name, [1, channelsOf(described), ...sides]);
  assertTensor("output", outputs, output.name, [1, 2, ...outputSides]);
  if (inputs.length > 1) {
    const others = inputs.filter(({ name }) => name !== described.input.name);
    throw mismatch(
      `the input "${described.input.name}" alone`,
      `also the inputs ${others.map(inWords).join(", ")}, which nothing is known for`,
    );
  }
}

function assertTensor(
  kind: "input" | "output",
  declared: readonly DeclaredTensor[],
  name: string,
  shape: readonly (number | string)[],
): void {
  const tensor = declared.find((each) => each.name === name);
  const expected = { name, type: "float", shape };
  if (!tensor) {
    const all = declared.map(inWords).join(", ");
    throw mismatch(`the ${kind} ${inWords(expected)}`, `the ${kind}s ${all}`);
  }
  const fits =
    tensor.type === "float" &&
    (tensor.shape === undefined ||
      (tensor.shape.length === shape.length &&
        // A length that is open goes with any; a fixed one with itself.
        tensor.shape.every(
          (length, axis) => typeof length === "string" || length === shape[axis],
        )));
  if (!fits) throw mismatch(`the ${kind} ${inWords(expected)}`, inWords(tensor));
}

/** @example '"input" float [1, 3, 512, 512]' */
function inWords({ name, type, shape }: DeclaredTensor): string {
  return `"${name}" ${type}${shape ? ` [${shape.join(", ")}]` : ""}`;
}

function mismatch(described: string, found: string): UserError {
  return new UserError(
    "model-invalid",
    `The description says ${described} but the model has ${found}; correct the description (${DOCUMENTATION}).`,
  );
}

/**
 * The size at which the network looks at a picture. A network of one size for all sees it squeezed.
 *
 * @throws UserError if the network has one size and another is asked for
 */
export function otherWorkingDimensions(
  { size }: ModelInterface,
  picture: Size,
  workingSize: number | undefined,
): Size {
  if (!("width" in size)) {
    return workingDimensions(picture, workingSize ?? size.workingSize, size.multiple);
  }
  if (workingSize !== undefined && workingSize !== Math.min(size.width, size.height)) {
    throw new UserError(
      "option-invalid",
      `The model looks at pictures of ${size.width} x ${size.height} pixels only but \`workingSize\` is ${workingSize}; leave it out.`,
    );
  }
  return size;
}

/**
 * Runs the network.
 *
 * @param lightness L* of the working picture; values outside 0..100 are clipped: `[height, width]`
 * @throws UserError if the output has another shape than described, or is not finite
 */
export async function predictWithOther(
  session: Session,
  lightness: Float32Array,
  { width, height }: Size,
  described: ModelInterface,
): Promise<ColorAnalysis> {
  const { input, output } = described;
  const shape = [1, channelsOf(described), height, width];
  const outputs = await session.run({
    [input.name]: { type: "float32", shape, data: inputOf(lightness, described) },
  });
  const { stride = 1, scale = 1, offset = 0 } = output;
  const size = { width: width / stride, height: height / stride };
  const { data } = await floatsOf(outputs, output.name, [1, 2, size.height, size.width]);
  const positions = size.width * size.height;
  const [scales, offsets] = [perChannel(scale, 2), perChannel(offset, 2)];
  const ab = data.map((value, i) => {
    const channel = i < positions ? 0 : 1;
    return value * scales[channel]! + offsets[channel]!;
  });
  assertFinite(ab);
  return new ColorAnalysis({ ab, ...size, guide: { lightness, width, height } });
}

/** `[channels, height, width]` */
function inputOf(lightness: Float32Array, described: ModelInterface): Float32Array {
  const { picture, mean = 0, deviation = 1 } = described.input;
  const { white = picture === "srgb" ? 1 : 100 } = described.input;
  const channels = channelsOf(described);
  const shares = lightness.map((value) => {
    const clipped = Math.min(Math.max(value, 0), 100);
    return picture === "srgb" ? linearToSrgbFast(labToLinearRgb(clipped, 0, 0)[1]) : clipped / 100;
  });
  const [means, deviations] = [perChannel(mean, channels), perChannel(deviation, channels)];
  const data = new Float32Array(channels * lightness.length);
  for (let channel = 0; channel < channels; channel++) {
    const start = channel * lightness.length;
    const [from, by] = [means[channel]!, deviations[channel]!];
    for (let i = 0; i < shares.length; i++) data[start + i] = (shares[i]! * white - from) / by;
  }
  return data;
}

function channelsOf({ input }: ModelInterface): number {
  return input.channels ?? (input.picture === "srgb" ? 3 : 1);
}

function perChannel(values: number | readonly number[], channels: number): readonly number[] {
  return typeof values === "number" ? Array(channels).fill(values) : values;
}
