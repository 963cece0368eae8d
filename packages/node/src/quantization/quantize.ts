// A model with its convolutions in 8 bits, calibrated on photographs.

import { setImmediate as nextTurn } from "node:timers/promises";
import { workingLightness } from "@let-there-be-color/core/colorize";
import type { Session, TensorValue } from "@let-there-be-color/core/graph";
import { readModelMetadata } from "@let-there-be-color/core/model";
import { Int8Calibration } from "@let-there-be-color/core/network";
import { UserError } from "@let-there-be-color/core/user-error";
import { type Dataset, itemPath } from "../dataset/dataset.js";
import { ItemReader } from "../dataset/item-reader.js";
import { packItems } from "../dataset/item-table.js";
import { decodePhoto } from "../image/decode.js";
import { createRuntime } from "../runtime/onnx-runtime.js";
import type { Watch } from "../watch.js";

export interface QuantizationOptions {
  /** Like those that will be colourised; colours are not looked at. */
  readonly photographs: Dataset;
  /** How many of them are used at most, spread evenly over the data set. Default 200. */
  readonly limit?: number;
}

/** How far a quantisation has come. */
export type QuantizationProgress =
  /** A photograph is decoded, has shown the limits of the maps, or how their values lie between. */
  | {
      readonly type: "decode" | "limits" | "values";
      readonly done: number;
      readonly pictures: number;
    }
  /** A photograph cannot be read and is left out. */
  | { readonly type: "unreadable"; readonly name: string; readonly reason: string };

/** Fewer show too little of what the maps may hold. */
const FEWEST = 16;

/**
 * Quantises a model file: convolutions in 8 bits, with the ranges that its maps take on photographs
 * at its working size.
 *
 * @param model bytes of a model file that `ltbc export` wrote
 * @throws UserError if it is another model, or fewer than 16 photographs can be read
 * @throws the reason of `signal` if it is aborted
 */
export async function quantizeModel(
  model: Uint8Array,
  { photographs, limit = 200 }: QuantizationOptions,
  watch: Watch<QuantizationProgress> = {},
): Promise<Uint8Array> {
  const { workingSize } = readModelMetadata(model);
  const calibration = Int8Calibration.of(model);
  if (!calibration) {
    throw new UserError(
      "model-invalid",
      "Expected a model in the form that this version exports (and not a quantised one), since only that can be quantised; export the training run again.",
    );
  }
  const pictures = await workingPictures(photographs, limit, workingSize, watch);
  if (pictures.length < FEWEST) {
    throw new UserError(
      "data-invalid",
      `Expected at least ${FEWEST} photographs to calibrate on but could read ${pictures.length}; a few hundred are better.`,
    );
  }
  const runtime = await createRuntime();
  const session = await runtime.createSession(calibration.observer);
  try {
    for (const type of ["limits", "values"] as const) {
      for (const [index, picture] of pictures.entries()) {
        watch.signal?.throwIfAborted();
        const maps = await outputs(session, picture);
        if (type === "limits") calibration.observeLimits(maps);
        else calibration.count(maps);
        watch.onProgress?.({ type, done: index + 1, pictures: pictures.length });
        await nextTurn(); // ONNX Runtime computes on this thread: let the signal through
      }
    }
  } finally {
    await session.release();
  }
  return calibration.quantized({
    "ltbc.quantization": JSON.stringify({ bits: 8, photographs: pictures.length }),
  });
}

async function outputs(
  session: Session,
  lightness: TensorValue,
): Promise<Record<string, TensorValue>> {
  return (await session.run({ luminance: lightness })) as Record<string, TensorValue>;
}

/** What the network sees of the photographs. */
async function workingPictures(
  photographs: Dataset,
  limit: number,
  workingSize: number,
  { signal, onProgress }: Watch<QuantizationProgress>,
): Promise<TensorValue[]> {
  const count = Math.min(limit, photographs.items.length);
  const reader = new ItemReader(packItems(photographs));
  const pictures: TensorValue[] = [];
  try {
    for (let i = 0; i < count; i++) {
      signal?.throwIfAborted();
      const index = Math.floor((i * photographs.items.length) / count);
      const name = itemPath(photographs, photographs.items[index]!);
      try {
        const { gray } = await decodePhoto(await reader.read(index), name);
        const { lightness, working } = workingLightness(gray, workingSize);
        const data = lightness.map((value) => Math.min(Math.max(value, 0), 100));
        pictures.push({ type: "float32", shape: [1, 1, working.height, working.width], data });
      } catch (error) {
        onProgress?.({ type: "unreadable", name, reason: (error as Error).message });
      }
      onProgress?.({ type: "decode", done: i + 1, pictures: count });
    }
  } finally {
    await reader.close();
  }
  return pictures;
}
