// Statistics of a backbone's normalised layers, estimated anew: a classifier has seen colour pictures,
// whose maps lie elsewhere than those of grey ones.

import { Graph } from "../graph/graph.js";
import { serialize } from "../graph/serialize.js";
import type { Session, TensorValue } from "../graph/session.js";
import type { BackboneNetworkConfig } from "../network/config.js";
import { backboneFeatures } from "../network/encoders/backbone.js";
import { grayCodes } from "../network/encoders/lightness.js";
import type { NetworkContext } from "../network/layers.js";
import { ParameterSource, type ParameterValues } from "../network/parameters.js";

/** Pictures of one size. */
export interface StatisticsOptions {
  readonly batchSize: number;
  readonly height: number;
  readonly width: number;
}

/** Of a `Runtime`, what is needed here. */
export interface StatisticsRuntime {
  createSession(model: Uint8Array): Promise<Pick<Session, "run" | "release">>;
}

/**
 * Runs batches through the encoder as training with live normalisation would, and takes mean and
 * variance of each layer over all of them for its running statistics.
 *
 * @param values of the network's parameters (or the encoder's alone)
 * @param batches L* of CIELAB, 0..100, `[N, 1, H, W]`; at least one batch
 * @returns `values` with the encoder's statistics replaced; as they are if it has none
 */
export async function estimateEncoderStatistics(
  runtime: StatisticsRuntime,
  network: BackboneNetworkConfig,
  values: ParameterValues,
  batches: AsyncIterable<Float32Array> | Iterable<Float32Array>,
  { batchSize, height, width }: StatisticsOptions,
): Promise<ParameterValues> {
  if (network.encoder.normalization === "none") return values;
  const shape = [batchSize, 1, height, width];
  const { model, names } = statisticsGraph(network, values, shape);
  const session = await runtime.createSession(model);
  const sums = new Map<string, Moments>();
  let count = 0;
  try {
    for await (const lightness of batches) {
      const results = await session.run({ luminance: { type: "float32", shape, data: lightness } });
      for (const layer of names) {
        const moments = sums.get(layer) ?? new Moments();
        sums.set(layer, moments);
        moments.add(
          (results[`${layer}.running_mean/estimate`] as TensorValue).data as Float32Array,
          (results[`${layer}.running_variance/estimate`] as TensorValue).data as Float32Array,
        );
      }
      count++;
    }
  } finally {
    await session.release();
  }
  if (count === 0) throw new RangeError("Expected at least one batch to estimate statistics from");
  const estimated = [...sums].flatMap(([layer, moments]) => {
    const { mean, variance } = moments.over(count);
    return [
      [`${layer}.running_mean`, { shape: [mean.length], data: mean }],
      [`${layer}.running_variance`, { shape: [variance.length], data: variance }],
    ] as const;
  });
  return new Map([...values, ...estimated]);
}

/** Mean and variance over batches, from those of each. */
class Moments {
  #mean: Float64Array | undefined;
  #square: Float64Array | undefined;

  add(mean: Float32Array, variance: Float32Array): void {
    const means = this.#mean ?? new Float64Array(mean.length);
    const squares = this.#square ?? new Float64Array(mean.length);
    mean.forEach((value, channel) => {
      means[channel]! += value;
      squares[channel]! += variance[channel]! + value ** 2;
    });
    this.#mean = means;
    this.#square = squares;
  }

  over(count: number): { mean: Float32Array; variance: Float32Array } {
    const mean = Float32Array.from(this.#mean!, (sum) => sum / count);
    const variance = Float32Array.from(this.#square!, (sum, channel) =>
      Math.max(0, sum / count - (this.#mean![channel]! / count) ** 2),
    );
    return { mean, variance };
  }
}

/** The encoder alone. Outputs: statistics of the batch, by their parameters' names. */
function statisticsGraph(
  network: BackboneNetworkConfig,
  values: ParameterValues,
  shape: readonly number[],
): { model: Uint8Array; names: readonly string[] } {
  const graph = new Graph();
  const encoder = { ...network.encoder, normalization: "batch" } as const;
  const context: NetworkContext = {
    config: { ...network, encoder },
    parameters: ParameterSource.constants(graph, values),
    mode: "training",
    momentum: 1,
    updatedStatistics: new Map(),
    noise: () => {
      throw new TypeError("A backbone draws no noise");
    },
  };
  backboneFeatures(context, encoder, grayCodes(graph.input("luminance", "float32", shape)));
  const names: string[] = [];
  for (const [name, value] of context.updatedStatistics) {
    graph.output(`${name}/estimate`, value);
    if (name.endsWith(".running_mean")) names.push(name.slice(0, -".running_mean".length));
  }
  return { model: serialize(graph, { name: "encoder_statistics" }), names };
}
