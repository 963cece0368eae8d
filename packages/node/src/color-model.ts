// Colour models of the file system, on ONNX Runtime for Node.

import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import {
  ColorModel,
  checkedModelInterface,
  type ModelInterface,
  needsInterface,
  parseModelInterface,
  type Workload,
} from "@let-there-be-color/core/colorize";
import { UserError } from "@let-there-be-color/core/user-error";
import type { RuntimeOptions } from "./runtime/onnx-runtime.js";
import type { StageWatch } from "./watch.js";

/** How far the loading of a model has come. */
export type LoadProgress =
  /** Its file is being read. */
  | { readonly type: "read" }
  /** Of so many bytes, the network is being arranged for this machine and given to the engine. */
  | { readonly type: "build"; readonly bytes: number }
  | { readonly type: "ready" };

/** What a model is loaded for, and as what. */
export interface ModelUse extends Partial<Workload> {
  /** How a model of another program is fed and read. Default: what a JSON file beside it says. */
  readonly modelInterface?: ModelInterface | undefined;
}

/**
 * @param model path or bytes of an ONNX file; default: the weights that come along
 * @throws UserError if the model is missing, broken or no colour model, or the device or number
 * of threads is not available here
 * @throws the reason of `signal` if it is aborted
 */
export async function loadColorModel(
  model: string | Uint8Array | undefined,
  runtimeOptions: RuntimeOptions,
  { modelInterface, ...workload }: ModelUse = {},
  { signal, onProgress }: StageWatch<LoadProgress> = {},
): Promise<ColorModel> {
  signal?.throwIfAborted();
  onProgress?.({ type: "read" });
  // Loaded when it is needed: a first picture may be decoded meanwhile.
  const loadingRuntime = import("./runtime/onnx-runtime.js");
  const { bytes, name } = await readModel(model);
  const described = modelInterface
    ? await checkedModelInterface(modelInterface, "`modelInterface`")
    : await interfaceBeside(model, bytes);
  const { createRuntime } = await loadingRuntime;
  signal?.throwIfAborted();
  onProgress?.({ type: "build", bytes: bytes.length });
  const runtime = await createRuntime(runtimeOptions);
  const loaded = await ColorModel.load(bytes, runtime, {
    name,
    workload,
    modelInterface: described,
  });
  try {
    signal?.throwIfAborted();
  } catch (reason) {
    await loaded.close();
    throw reason;
  }
  onProgress?.({ type: "ready" });
  return loaded;
}

/** Where the weights lie that come along. */
export function defaultModelPath(): string {
  return fileURLToPath(import.meta.resolve("@let-there-be-color/models/color.onnx"));
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
  const path = model ?? defaultModelPath();
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

/** Where a model of another program may be described: the first file that is there counts. */
export function interfaceFiles(model: string): readonly string[] {
  return [`${model}.json`, `${model.replace(/\.onnx$/i, "")}.json`];
}

/**
 * What `other.onnx.json` or `other.json` says of `other.onnx`; undefined for models of this project, which
 * need no such file, and where there is none.
 */
async function interfaceBeside(
  model: string | Uint8Array | undefined,
  bytes: Uint8Array,
): Promise<ModelInterface | undefined> {
  if (typeof model !== "string" || !isOfAnotherProgram(bytes)) return undefined;
  for (const path of interfaceFiles(model)) {
    const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return undefined;
      throw new UserError("input-missing", `${path} cannot be read (${error.code}).`, {
        cause: error,
      });
    });
    if (text !== undefined) return parseModelInterface(text, path);
  }
  return undefined;
}

function isOfAnotherProgram(model: Uint8Array): boolean {
  try {
    return needsInterface(model);
  } catch (error) {
    if (error instanceof RangeError) return false; // no model at all, which is told when it is loaded
    throw error;
  }
}
