// ONNX Runtime for Node (onnxruntime-node) behind core's `Runtime` interface.

import { availableParallelism } from "node:os";
import type {
  DataType,
  Device,
  DeviceTensor,
  Runtime,
  Session,
  SessionOptions,
  TensorArray,
  TensorValue,
} from "@let-there-be-color/core/graph";
import { UserError } from "@let-there-be-color/core/user-error";
import * as ort from "onnxruntime-node";
import { MOST_THREADS } from "./most-threads.js";
import { uninterrupted } from "./uninterrupted.js";

export interface RuntimeOptions {
  /** Default "cpu". "webgpu" and "cuda" need a driver (and for CUDA, libraries) on the machine. */
  readonly device?: Exclude<Device, "wasm">;
  /** Threads for the CPU's operators, 1 to four for each core, at least 16. Default: all cores. */
  readonly threads?: number;
  /**
   * Whether the CPU's threads spin while they wait for work: a little faster alone, but they keep
   * cores from threads that have something to do. Default true.
   */
  readonly spinning?: boolean;
}

/**
 * Results too small for 24 bits (below 1.2e-38) become zero, as do such inputs. On the thread that makes
 * the process's first session this holds for JavaScript's own arithmetic from then on, too.
 *
 * @throws UserError if `threads` is no whole number in that range, or the device cannot be used here
 */
export async function createRuntime(options: RuntimeOptions = {}): Promise<Runtime> {
  const { device = "cpu", threads = availableParallelism(), spinning = true } = options;
  if (!Number.isInteger(threads) || threads < 1 || threads > MOST_THREADS) {
    throw new UserError(
      "option-invalid",
      `Expected a whole number of \`threads\` from 1 to ${MOST_THREADS} (on this machine, which has ${availableParallelism()} cores) but received ${threads}.`,
    );
  }
  return {
    device,
    threads: device === "cpu" ? threads : 0,
    hasBlockedConvolutions: device === "cpu" && process.arch === "x64",
    createSession: (model, sessionOptions = {}) =>
      createSession(model, device, { threads, spinning }, sessionOptions),
  };
}

async function createSession(
  model: Uint8Array,
  device: Exclude<Device, "wasm">,
  { threads, spinning }: { readonly threads: number; readonly spinning: boolean },
  { keepOnDevice = [] }: SessionOptions,
): Promise<Session> {
  if (device === "webgpu") {
    const { assertRunsOn } = await import("@let-there-be-color/core/graph");
    assertRunsOn(device, model);
  }
  const session = await loadSession(model, device, {
    executionProviders: [device],
    intraOpNumThreads: threads,
    extra: {
      session: {
        intra_op: { allow_spinning: spinning ? "1" : "0" },
        // For foreign models in 8 bits: sums that do not saturate on processors without VNNI.
        x64quantprecision: "1",
        // Numbers below 1e-38, which some layers produce in masses, make operators many times slower.
        // Taken over by this session's threads, and by the calling one if it is the process's first.
        set_denormal_as_zero: "1",
      },
    },
    graphOptimizationLevel: "all",
    // One block planned for all tensors of a run costs a training step 1.7 times the memory and
    // saves no time.
    enableMemPattern: false,
    logSeverityLevel: 3,
    ...(device === "cpu"
      ? {}
      : {
          preferredOutputLocation: Object.fromEntries(
            keepOnDevice.map((name) => [name, "gpu-buffer" as const]),
          ),
        }),
  });
  const kept = new Set(keepOnDevice);
  return {
    inputNames: session.inputNames,
    outputNames: session.outputNames,
    async run(feeds) {
      const inputs = Object.entries(feeds).map(([name, value]) => [name, toOrt(value)] as const);
      const results = await uninterrupted(() => session.run(Object.fromEntries(inputs)));
      return Object.fromEntries(
        Object.entries(results).map(([name, tensor]) => [
          name,
          kept.has(name) ? new EngineTensor(tensor, device) : hostValue(tensor),
        ]),
      );
    },
    release: () => uninterrupted(() => session.release()),
  };
}

async function loadSession(
  model: Uint8Array,
  device: Device,
  options: ort.InferenceSession.SessionOptions,
): Promise<ort.InferenceSession> {
  try {
    return await uninterrupted(() => ort.InferenceSession.create(model, options));
  } catch (error) {
    if (device === "cpu") throw error;
    const reason = error instanceof Error ? error.message.split("\n")[0] : String(error);
    throw new UserError(
      "device-unavailable",
      `The device ${device} cannot be used on this machine (${reason}). Install its driver, or set \`device\` to cpu.`,
      { cause: error },
    );
  }
}

/** A tensor in the engine's memory: plain memory on the CPU, a buffer on a GPU. */
class EngineTensor implements DeviceTensor {
  readonly onDevice = true;
  readonly tensor: ort.Tensor;
  readonly #device: Device;

  constructor(tensor: ort.Tensor, device: Device) {
    this.tensor = tensor;
    this.#device = device;
  }

  get type(): DataType {
    return this.tensor.type as DataType;
  }

  get shape(): readonly number[] {
    return this.tensor.dims;
  }

  async read(): Promise<TensorValue> {
    if (this.tensor.location === "cpu") return hostValue(this.tensor);
    return readFromDevice(this, this.#device);
  }

  release(): void {
    if (this.tensor.location !== "cpu") this.tensor.dispose();
  }
}

/**
 * `Tensor.getData()` aborts the process for GPU buffers in onnxruntime-node 1.30; an Identity graph
 * with its output in host memory reads them.
 */
async function readFromDevice(value: EngineTensor, device: Device): Promise<TensorValue> {
  const { Graph, serialize } = await import("@let-there-be-color/core/graph");
  const graph = new Graph();
  graph.output("copy", graph.input("value", value.type, value.shape));
  const session = await ort.InferenceSession.create(serialize(graph), {
    executionProviders: [device],
  });
  try {
    return hostValue((await session.run({ value: value.tensor })).copy!);
  } finally {
    await session.release();
  }
}

function toOrt(value: TensorValue | DeviceTensor): ort.Tensor {
  if (value instanceof EngineTensor) return value.tensor;
  if ("onDevice" in value) {
    throw new TypeError("A tensor kept on a device can only be fed to the engine that made it");
  }
  return new ort.Tensor(value.type as "float32", value.data as Float32Array, value.shape);
}

function hostValue(tensor: ort.Tensor): TensorValue {
  return {
    type: tensor.type as DataType,
    shape: tensor.dims,
    data: tensor.data as TensorArray,
  };
}
