// What a report of a mistake needs, and what would make this machine faster.

import { readFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import type { Device } from "@let-there-be-color/core/graph";
import { defaultModelPath } from "../color-model.js";
import { READ_FORMATS } from "../image/format.js";
import { MOST_THREADS } from "../runtime/most-threads.js";
import type { RuntimeOptions } from "../runtime/onnx-runtime.js";
import { adviceFor } from "./advice.js";
import { type Finding, finding, isFound } from "./finding.js";
import { inProcess } from "./in-process.js";
import { describeMachine, type Machine } from "./machine.js";
import { describeModelFile, type ModelFile } from "./model-facts.js";
import type { SelfTest } from "./trials.js";

/** Where networks can be asked to run. */
const DEVICES = ["cpu", "webgpu", "cuda"] as const;

export interface DiagnoseOptions extends Pick<RuntimeOptions, "device" | "threads"> {
  /** Path of the model to test. Default: the weights that come along. */
  readonly model?: string | undefined;
}

/** A library that decodes and encodes pictures. */
export interface PictureLibrary {
  readonly sharp: string;
  readonly libvips: string;
  /** Formats that it reads here, of those that are needed. */
  readonly formats: readonly string[];
}

/** Everything in it is safe to publish, but for the path of the model. */
export interface Diagnosis {
  readonly version: string;
  readonly node: string;
  readonly machine: Finding<Machine>;
  /** Version; null if it does not run. */
  readonly onnxRuntime: string | null;
  /** By name; `error` says why one cannot be used. */
  readonly devices: Readonly<
    Record<Exclude<Device, "wasm">, Finding<{ readonly available: true }>>
  >;
  readonly threads: { readonly usual: number; readonly most: number };
  readonly pictures: Finding<PictureLibrary>;
  readonly model: Finding<ModelFile>;
  /** Where the model was tried, with how many threads (0 on a GPU), and what came of it. */
  readonly testedOn: { readonly device: string; readonly threads: number };
  readonly selfTest: Finding<SelfTest>;
  /** What would be faster and how, or what is wrong; one line each. */
  readonly advice: readonly string[];
}

/**
 * Looks at this machine and tries out what colourising needs: some seconds. Never fails; what cannot be
 * found out says why.
 *
 * @example
 * const { selfTest, advice } = await diagnose();
 */
export async function diagnose({
  model: given,
  device = "cpu",
  threads = availableParallelism(),
}: DiagnoseOptions = {}): Promise<Diagnosis> {
  const machine = await finding(describeMachine);
  const pictures = await finding(describePictureLibrary);
  const devices = {} as Record<(typeof DEVICES)[number], Finding<{ readonly available: true }>>;
  let onnxRuntime: string | null = null;
  for (const each of DEVICES) {
    const tried = await inProcess({ type: "device", device: each });
    if (isFound(tried)) onnxRuntime ??= tried.onnxRuntime;
    devices[each] = isFound(tried) ? { available: true } : tried;
  }
  const path = await finding(() => ({ path: given ?? defaultModelPath() }));
  const model = isFound(path) ? await finding(() => describeModelFile(path.path)) : path;
  // Alone, after all others: what runs beside it would take its time.
  const tested = isFound(model)
    ? await inProcess({ type: "self-test", model: model.path, options: { device, threads } })
    : { error: "there is no model to test" };
  const found = {
    version: await versionOfPackage(),
    node: process.versions.node,
    machine,
    onnxRuntime,
    devices,
    threads: { usual: availableParallelism(), most: MOST_THREADS },
    pictures,
    model,
    testedOn: { device, threads: device === "cpu" ? threads : 0 },
    selfTest: tested,
  };
  return { ...found, advice: adviceFor(found) };
}

async function describePictureLibrary(): Promise<PictureLibrary> {
  const { default: sharp } = await import("sharp");
  const formats = Object.entries(sharp.format)
    .filter(([name, { input }]) => READ_FORMATS.has(name) && input.buffer)
    .map(([name]) => (name === "heif" ? "avif" : name));
  return {
    sharp: sharp.versions.sharp ?? "unknown",
    libvips: sharp.versions.vips,
    formats: [...new Set([...formats, "bmp"])], // that one is read without it
  };
}

async function versionOfPackage(): Promise<string> {
  const manifest = new URL("../../package.json", import.meta.url);
  return (JSON.parse(await readFile(manifest, "utf8")) as { version: string }).version;
}
