// What the graphs need from an engine. Core never imports one: node and web adapt ONNX Runtime.

/** Element types of tensors that cross the boundary between our code and the engine. */
export type DataType = "float32" | "float16" | "int64" | "int32" | "int8" | "uint8" | "bool";

/** float16 travels as its raw 16 bits; bool as 0 or 1 in bytes. */
export type TensorArray =
  | Float32Array
  | Uint16Array
  | BigInt64Array
  | Int32Array
  | Int8Array
  | Uint8Array;

/** A dense row-major tensor in host memory. */
export interface TensorValue {
  readonly type: DataType;
  readonly shape: readonly number[];
  readonly data: TensorArray;
}

/** A tensor that stays where the engine keeps it (GPU memory, or the engine's own CPU memory). */
export interface DeviceTensor {
  readonly onDevice: true;
  readonly type: DataType;
  readonly shape: readonly number[];
  /** Copies the values to host memory. */
  read(): Promise<TensorValue>;
  /** Frees the device memory; the tensor must not be used afterwards. */
  release(): void;
}

export type Device = "cpu" | "webgpu" | "cuda" | "wasm";

export interface SessionOptions {
  /** Outputs to return as {@link DeviceTensor}s, to be fed back without a copy to the host. */
  readonly keepOnDevice?: readonly string[];
}

/** A loaded graph. Runs are serialised by the caller: one `run` at a time for each session. */
export interface Session {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  run(
    feeds: Readonly<Record<string, TensorValue | DeviceTensor>>,
  ): Promise<Record<string, TensorValue | DeviceTensor>>;
  release(): Promise<void>;
}

/** An engine on a device. */
export interface Runtime {
  readonly device: Device;
  /** Number of threads the engine computes with; 0 where that has no meaning (GPUs). */
  readonly threads: number;
  /**
   * Whether its convolutions are ONNX Runtime's blocked kernels (NCHWc), which models can be
   * arranged for; they are those of its CPU provider for x86-64.
   */
  readonly hasBlockedConvolutions: boolean;
  /** Loads a serialised ONNX model. Throws if the engine refuses the graph. */
  createSession(model: Uint8Array, options?: SessionOptions): Promise<Session>;
}
