// Colour models of the file system, on ONNX Runtime for Node.

import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { ColorModel, type Workload } from "@let-there-be-color/core/colorize";
import { UserError } from "@let-there-be-color/core/user-error";
import type { RuntimeOptions } from "./runtime/onnx-runtime.js";

/**
 * @param model path or bytes of an ONNX file; default: the `compact` weights that come along
 * @param workload how many pictures are expected, and at which working size if it is not the
 * model's: with many, longer loading is made up for by a faster network
 * @throws UserError if the model is missing, broken or no colour model, or the device or number
 * of threads is not available here
 */
export async function loadColorModel(
  model: string | Uint8Array | undefined,
  runtimeOptions: RuntimeOptions,
  workload: Partial<Workload> = {},
): Promise<ColorModel> {
  // Loaded when it is needed: a first picture may be decoded meanwhile.
  const loadingRuntime = import("./runtime/onnx-runtime.js");
  const { bytes, name } = await readModel(model);
  const { createRuntime } = await loadingRuntime;
  return ColorModel.load(bytes, await createRuntime(runtimeOptions), { name, workload });
}

async function readModel(
  model: string | Uint8Array | undefined,
): Promise<{ bytes: Uint8Array; name: string }> {
  if (model instanceof Uint8Array) return { bytes: model, name: "The model" };
  const path =
    model ?? fileURLToPath(import.meta.resolve("@let-there-be-color/models/compact.onnx"));
  try {
    return { bytes: await readFile(path), name: path };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const advice =
      model === undefined
        ? "install the package again, or name a model of your own"
        : "check the path, or leave it out for the default model";
    throw new UserError(`The model ${path} cannot be read (${code ?? message}); ${advice}.`);
  }
}
