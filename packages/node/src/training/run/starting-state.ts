import type { Runtime } from "@let-there-be-color/core/graph";
import type { ParameterValues } from "@let-there-be-color/core/network";
import {
  estimateEncoderStatistics,
  initialState,
  type PhasePlan,
  type TrainingState,
} from "@let-there-be-color/core/training";
import type { RunConfiguration } from "./configuration.js";
import type { RunData } from "./data.js";

/**
 * What a new run starts from: values from the seed and those given, with the statistics of a backbone
 * estimated on the first batches of the run.
 *
 * @param given values of some parameters, such as the encoder's
 */
export async function startingState(
  runtime: Runtime,
  configuration: Pick<RunConfiguration, "network" | "seed" | "encoderStatistics">,
  given: ParameterValues,
  phase: PhasePlan,
  data: RunData,
): Promise<TrainingState> {
  const { network, encoderStatistics: count = 0 } = configuration;
  const state = initialState(configuration, given);
  if (count === 0 || !network.encoder) return state;
  const { batchSize, crop } = phase;
  const size = { batchSize, height: crop, width: crop };
  const opened = await data.openPhase(phase);
  try {
    const batches = luminanceOf(opened.training(0, 0), count);
    return new Map(await estimateEncoderStatistics(runtime, network, state, batches, size));
  } finally {
    await opened.close();
  }
}

async function* luminanceOf(
  batches: AsyncIterable<{ readonly luminance: Float32Array }>,
  count: number,
): AsyncGenerator<Float32Array> {
  let taken = 0;
  for await (const { luminance } of batches) {
    yield luminance;
    if (++taken === count) return;
  }
}
