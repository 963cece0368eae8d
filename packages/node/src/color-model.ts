// Colour models of the file system, on ONNX Runtime for Node.

import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { ColorModel, type Workload } from "@let-there-be-color/core/colorize";
import { UserError } from "@let-there-be-color/core/user-error";
import type { RuntimeOptions } from "./runtime/onnx-runtime.js";
import type { Watch } from "./watch.js";

/** How far the loading of a model has come. */
export type LoadProgress =
  /** Its file is being read. */
  | { readonly type: "read" }
  /** Of so many bytes, the network is being arranged for this machine and given to the engine. */
  | { readonly type: "build"; readonly bytes: number }
  | { readonly type: "ready" };

/**
 * @param model path or bytes of an ONNX file; default: the weights that come along
 * @param workload how many pictures are expected, and at which working size if it is not the
 * model's: with many, longer loading is made up for by a faster network
 * @throws UserError if the model is missing, broken or no colour model, or the device or number
 * of threads is not available here
 * @throws the reason of `signal` if it is aborted
 */
export async function loadColorModel(
  model: string | Uint8Array | undefined,
  runtimeOptions: RuntimeOptions,
  workload: Partial<Workload> = {},
  { signal, onProgress }: Watch<LoadProgress> = {},
): Promise<ColorModel> {
  signal?.throwIfAborted();
  onProgress?.({ type: "read" });
  // Loaded when it is needed: a first picture may be decoded meanwhile.
  const loadingRuntime = import("./runtime/onnx-runtime.js");
  const { bytes, name } = await readModel(model);
  const { createRuntime } = await loadingRuntime;
  signal?.throwIfAborted();
  onProgress?.({ type: "build", bytes: bytes.length });
  const runtime = await createRuntime(runtimeOptions);
  const loaded = await ColorModel.load(bytes, runtime, { name, workload });
  if (signal?.aborted) {
    await loaded.close();
    throw signal.reason;
  }
  onProgress?.({ type: "ready" });
  return loaded;
}

/**
 * Reads the file of a model.
 *
 * @returns its bytes, and what to call it
 * @throws UserError if it cannot be read
 */
export async function readModel(
  model: string | Uint8Array | undefined,
): Promise<{ bytes: Uint8Array; name: string }> {
  if (model instanceof Uint8Array) return { bytes: model, name: "The model" };
  const path = model ?? fileURLToPath(import.meta.resolve("@let-there-be-color/models/color.onnx"));
  try {
    return { bytes: await readFile(path), name: path };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const advice =
      model === undefined
        ? "install the package again, or name a model of your own"
        : "check the path, or leave it out for the default model";
    throw new UserError(
      "input-missing",
      `The model ${path} cannot be read (${code ?? message}); ${advice}.`,
      { cause: error },
    );
  }
}
