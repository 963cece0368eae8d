// Models of this project in the form that suits where they will run.

import type { Runtime } from "../graph/session.js";

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
 * A colour model, arranged for the blocked convolution kernels of ONNX Runtime if the runtime has
 * them and if it pays.
 *
 * @param model serialised ONNX model
 */
export async function suitedModel(
  model: Uint8Array,
  { hasBlockedConvolutions }: Pick<Runtime, "hasBlockedConvolutions">,
  { pictures = Number.POSITIVE_INFINITY, workingSize }: Workload,
): Promise<Uint8Array> {
  const pixels = pictures * workingSize ** 2 * USUAL_ASPECT;
  if (!hasBlockedConvolutions || pixels < WORTHWHILE_PIXELS) return model;
  // Loaded when it is needed: it brings all of the networks and the graph builder.
  const { forCpu } = await import("../network/arrangements/cpu/model.js");
  return forCpu(model);
}
