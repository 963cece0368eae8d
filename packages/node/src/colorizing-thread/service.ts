// What the library asks of its thread, by the names of the methods that `ThreadCalls` calls.

import type { ModelInterface, ReadOuts, UncertaintyPlane } from "@let-there-be-color/core/colorize";
import type { ModelMetadata } from "@let-there-be-color/core/model";
import type { PhotoFacts } from "../composed-photo.js";
import type { RuntimeOptions } from "../runtime/onnx-runtime.js";

/** `workerData` of the thread. */
export interface ColorizingSetup {
  /** See `runtime/uninterrupted.ts`. */
  readonly engine: Int32Array;
}

/** How the thread loads its model. */
export interface ModelOptions extends RuntimeOptions {
  readonly model?: string | Uint8Array;
  readonly modelInterface?: ModelInterface;
  readonly pictures?: number;
}

/** What is known of a loaded model. */
export interface ModelFacts {
  readonly metadata: ModelMetadata;
  readonly readOuts: ReadOuts | undefined;
}

/** A photograph in the thread's hands. */
export interface HeldPhoto {
  /** What the thread knows it by. */
  readonly photo: number;
  readonly facts: PhotoFacts;
  /** Bytes that it keeps, in both threads, as long as it is not given up. */
  readonly bytes: number;
}

/** Where the network was unsure of a photograph. */
export interface HeldUncertainty {
  readonly plane: UncertaintyPlane;
  /** Path of the input, if it came from a file. */
  readonly inputPath: string | undefined;
}
