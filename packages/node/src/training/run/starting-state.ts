import type { Runtime } from "@let-there-be-color/core/graph";
import type { ParameterValues } from "@let-there-be-color/core/network";
import {
  ChromaBins,
  ChromaEncoding,
  countColors,
  PRIOR_NAME,
  PriorCounts,
} from "@let-there-be-color/core/objective";
import {
  type Batch,
  estimateEncoderStatistics,
  initialState,
  type PhasePlan,
  type TrainingState,
} from "@let-there-be-color/core/training";
import type { PhaseData } from "../trainer-options.js";
import type { RunConfiguration } from "./configuration.js";
import type { RunData } from "./data.js";

/** Pictures that the prior of colours is counted over: its shares hardly change with more. */
const PRIOR_PICTURES = 5000;

/** Whether a new run starts from what its first pictures show. */
export function learnsFromPictures({
  network,
  encoderStatistics = 0,
}: Pick<RunConfiguration, "network" | "encoderStatistics">): boolean {
  return network.head.type === "quantized" || (encoderStatistics > 0 && !!network.encoder);
}

/**
 * What a new run starts from: values from the seed and those given, and what is learnt from the first
 * pictures of the run beforehand: the statistics of a backbone, the prior of colours.
 *
 * @param given values of some parameters, such as the encoder's
 */
export async function startingState(
  runtime: Runtime,
  configuration: Pick<RunConfiguration, "network" | "seed" | "encoderStatistics" | "objective">,
  given: ParameterValues,
  phase: PhasePlan,
  data: RunData,
): Promise<TrainingState> {
  const { network, encoderStatistics: count = 0 } = configuration;
  let state = initialState(configuration, given);
  if (!learnsFromPictures(configuration)) return state;
  const opened = await data.openPhase(phase);
  try {
    if (count > 0 && network.encoder) {
      const { batchSize, crop } = phase;
      const size = { batchSize, height: crop, width: crop };
      const pictures = lightnessOf(first(opened.training(0, 0), count));
      state = new Map(await estimateEncoderStatistics(runtime, network, state, pictures, size));
    }
    if (network.head.type === "quantized")
      state.set(PRIOR_NAME, await countedPrior(configuration, phase, opened));
  } finally {
    await opened.close();
  }
  return state;
}

/** Shares of the colours that the network is to tell apart, over the first pictures of the run. */
async function countedPrior(
  { network: { head }, objective }: Pick<RunConfiguration, "network" | "objective">,
  { batchSize, crop, batchesPerEpoch }: PhasePlan,
  data: PhaseData,
): Promise<{ shape: readonly number[]; data: Float32Array }> {
  if (head.type !== "quantized" || objective.type !== "quantized-chroma") {
    throw new TypeError("Only a distribution over colours has a prior");
  }
  const { neighbours, sigma, minimumChroma } = objective;
  const encoding = new ChromaEncoding(ChromaBins.of(head.spacing), {
    neighbours,
    ...(sigma === undefined ? {} : { sigma }),
  });
  const counts = new PriorCounts(encoding, head.bands ?? 1);
  const batches = Math.min(batchesPerEpoch, Math.ceil(PRIOR_PICTURES / batchSize));
  for await (const batch of first(data.training(0, 0), batches)) {
    countColors(counts, { ...batch, height: crop, width: crop }, head.stride, minimumChroma);
  }
  const { shares } = counts.prior();
  return { shape: [shares.length], data: shares };
}

async function* first<T>(items: AsyncIterable<T>, count: number): AsyncGenerator<T> {
  let taken = 0;
  for await (const item of items) {
    yield item;
    if (++taken === count) return;
  }
}

async function* lightnessOf(batches: AsyncIterable<Batch>): AsyncGenerator<Float32Array> {
  for await (const { lightness } of batches) yield lightness;
}
