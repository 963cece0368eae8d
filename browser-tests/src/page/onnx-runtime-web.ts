// ONNX Runtime for the web (onnxruntime-web, on WebAssembly) behind core's `Runtime` interface.

import type {
  DataType,
  DeviceTensor,
  Runtime,
  Session,
  TensorArray,
  TensorValue,
} from "@let-there-be-color/core/graph";
import { UserError } from "@let-there-be-color/core/user-error";
import * as ort from "onnxruntime-web/wasm";

export interface WebRuntimeOptions {
  /**
   * Threads to compute with, at least 1. The engine starts them with a page's first session and
   * keeps that number. A page that is not cross-origin isolated has one. Default: all cores.
   */
  readonly threads?: number;
}

/**
 * The engine on the processor. Its sessions keep no tensors on the device: all outputs come in host
 * memory.
 *
 * @throws UserError if `threads` is no positive whole number
 */
export function createWebRuntime({
  threads: wanted = navigator.hardwareConcurrency,
}: WebRuntimeOptions = {}): Runtime {
  if (!Number.isInteger(wanted) || wanted < 1) {
    throw new UserError(
      "option-invalid",
      `Expected a positive whole number of threads but received ${wanted}.`,
    );
  }
  const threads = crossOriginIsolated ? wanted : 1;
  ort.env.wasm.numThreads = threads;
  return { device: "wasm", threads, hasBlockedConvolutions: false, createSession };
}

async function createSession(model: Uint8Array): Promise<Session> {
  const session = await alone(() =>
    ort.InferenceSession.create(model, {
      executionProviders: ["wasm"],
      graphOptimizationLevel: "all",
      enableMemPattern: false,
      logSeverityLevel: 3,
    }),
  );
  return {
    inputNames: session.inputNames,
    outputNames: session.outputNames,
    async run(feeds) {
      const tensors = Object.entries(feeds).map(([name, value]) => [name, toOrt(value)]);
      const results = await alone(() => session.run(Object.fromEntries(tensors)));
      return Object.fromEntries(
        Object.entries(results).map(([name, tensor]) => [name, hostValue(tensor)]),
      );
    },
    release: () => alone(() => session.release()),
  };
}

/** Ends when the newest task of the engine ends: whatever the session, it does one at a time. */
let lastTask: Promise<unknown> = Promise.resolve();

function alone<T>(task: () => Promise<T>): Promise<T> {
  const run = lastTask.then(task);
  lastTask = run.catch(() => undefined); // the caller of `run` sees the error
  return run;
}

function toOrt(value: TensorValue | DeviceTensor): ort.Tensor {
  if ("onDevice" in value) {
    throw new TypeError("A tensor kept on a device can only be fed to the engine that made it");
  }
  return new ort.Tensor(value.type as "float32", value.data as Float32Array, value.shape);
}

function hostValue({ type, dims, data }: ort.Tensor): TensorValue {
  return { type: type as DataType, shape: dims, data: data as TensorArray };
}
