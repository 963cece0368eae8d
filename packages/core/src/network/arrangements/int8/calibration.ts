// From a trained network to one that computes in 8 bits: the maps of some hundred pictures show
// which ranges their codes must cover.

import { create, toBinary } from "@bufbuild/protobuf";
import { ModelProtoSchema } from "onnx-buf";
import { modelMessage, serialize } from "../../../graph/serialize.js";
import type { TensorValue } from "../../../graph/session.js";
import { foldNormalization } from "../../../model/folding.js";
import { inferenceGraph } from "../../../model/inference-model.js";
import { type PlainModel, readPlainModel } from "../../../model/plain-model.js";
import type { NetworkConfig } from "../../config.js";
import { inHalfPrecision, inSinglePrecision, type ParameterValues } from "../../parameters.js";
import { ActivationRange } from "./activation-range.js";
import { ObservedArrangement } from "./observed.js";
import { QuantizedArrangement } from "./quantized.js";

/**
 * Quantises a model. Run {@link observer} on pictures twice, giving its outputs to
 * {@link observeLimits} first and to {@link count} the second time; then take {@link quantized}.
 */
export class Int8Calibration {
  /** The network with its inner maps as outputs besides its own; input `luminance`. */
  readonly observer: Uint8Array;
  readonly #source: PlainModel;
  readonly #config: NetworkConfig;
  readonly #values: ParameterValues;
  readonly #ranges: ReadonlyMap<string, ActivationRange>;

  private constructor(source: PlainModel) {
    this.#source = source;
    const folded = foldNormalization(source.config, inSinglePrecision(source.parameters));
    this.#config = folded.config;
    this.#values = folded.values;
    const arrangement = new ObservedArrangement();
    const graph = inferenceGraph(this.#config, this.#values, arrangement);
    for (const [name, map] of arrangement.maps) graph.output(name, map);
    this.observer = serialize(graph);
    this.#ranges = new Map(
      [...arrangement.maps.keys()].map((name) => [name, new ActivationRange()]),
    );
  }

  /** @returns undefined if `model` is not what `inferenceModel` of this version writes */
  static of(model: Uint8Array): Int8Calibration | undefined {
    const source = readPlainModel(model);
    return source && new Int8Calibration(source);
  }

  /** First pass: outputs of {@link observer} for a picture. */
  observeLimits(outputs: Readonly<Record<string, TensorValue>>): void {
    for (const [name, range] of this.#ranges) {
      range.observeLimits(outputs[name]!.data as Float32Array);
    }
  }

  /** Second pass: outputs of {@link observer} for a picture of the first. */
  count(outputs: Readonly<Record<string, TensorValue>>): void {
    for (const [name, range] of this.#ranges) range.count(outputs[name]!.data as Float32Array);
  }

  /**
   * The model with its convolutions in 8 bits, other weights in half precision. It keeps the
   * metadata of the original.
   *
   * @param metadata further `metadata_props`
   */
  quantized(metadata: Readonly<Record<string, string>> = {}): Uint8Array {
    const ranges = new Map([...this.#ranges].map(([name, range]) => [name, range.best()]));
    const arrangement = new QuantizedArrangement(this.#values, ranges);
    const graph = inferenceGraph(this.#config, inHalfPrecision(this.#values), arrangement);
    const message = modelMessage(graph, { name: this.#config.name, metadata });
    message.metadataProps.unshift(...this.#source.metadata);
    return toBinary(ModelProtoSchema, create(ModelProtoSchema, message));
  }
}
