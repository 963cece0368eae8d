// Models of this project in the form that suits where they will run.

import type { Runtime } from "@let-there-be-color/core/graph";

/** What a colour model will be used for. */
export interface Workload {
  /** How many pictures will be colourised. Default: many. */
  readonly pictures?: number;
  /** Short side in pixels at which the network will look at them. */
  readonly workingSize: number;
}

/**
 * Pixels at working size from which on an arranged network has made up for its longer loading: 0.2
 * s for the `compact` preset, which then saves about 0.1 microseconds of each pixel.
 */
const WORTHWHILE_PIXELS = 2e6;
/** Of a photograph's sides. */
const USUAL_ASPECT = 4 / 3;

/**
 * A colour model, arranged for the CPU if that is what it will run on and if it pays. The blocked
 * kernels that it is arranged for are ONNX Runtime's for x86-64.
 *
 * @param model serialised ONNX model
 */
export async function suitedModel(
  model: Uint8Array,
  runtime: Runtime,
  { pictures = Number.POSITIVE_INFINITY, workingSize }: Workload,
): Promise<Uint8Array> {
  const pixels = pictures * workingSize ** 2 * USUAL_ASPECT;
  if (runtime.device !== "cpu" || process.arch !== "x64" || pixels < WORTHWHILE_PIXELS) {
    return model;
  }
  const { forCpu } = await import("@let-there-be-color/core/network");
  return forCpu(model);
}
