// Weights of a trained classifier as a network's starting values.

import { UserError } from "../../user-error.js";
import type { BackboneNetworkConfig, NetworkConfig } from "../config.js";
import { inSinglePrecision, type ParameterValues, type StoredParameters } from "../parameters.js";
import type { BackboneConfig } from "./backbone.js";
import { mobilenetEdgetpuWeights } from "./mobilenet-edgetpu-weights.js";
import { mobilenetV1Weights } from "./mobilenet-v1-weights.js";

/** A backbone with its weights. */
export interface PretrainedBackbone<Config extends BackboneConfig = BackboneConfig> {
  /** With the widths that are left when channels without any signal are taken out. */
  readonly encoder: Config;
  /** By parameter name. */
  readonly values: ParameterValues;
}

/**
 * Reads a backbone's weights by the names of the files described in docs/training.md. A classifier in
 * the file is left aside.
 *
 * @param encoder the backbone as the network has it
 * @param tensors of the file, by name
 * @param inputChannels 3 for pictures in RGB, 1 for grey ones: a grey pixel has three equal channels, so
 *   the first layer's weights are summed over them
 * @throws UserError if a tensor is missing, unknown, or of another shape
 */
export function pretrainedBackbone<Config extends BackboneConfig>(
  encoder: Config,
  tensors: StoredParameters,
  inputChannels: 1 | 3 = 1,
): PretrainedBackbone<Config> {
  const source = new NamedTensors(inSinglePrecision(tensors));
  const backbone =
    encoder.kind === "mobilenet-v1"
      ? mobilenetV1Weights(encoder, source, inputChannels)
      : mobilenetEdgetpuWeights(encoder, source, inputChannels);
  source.refuseOthers(encoder.kind, ["classifier.weight", "classifier.bias"]);
  return backbone as PretrainedBackbone<Config>;
}

/**
 * A network whose encoder has the weights of a file; the rest starts as usual.
 *
 * @throws UserError if the network has no backbone, or the file is not of it
 */
export function withEncoderWeights(
  network: NetworkConfig,
  tensors: StoredParameters,
): { network: BackboneNetworkConfig; values: ParameterValues } {
  if (!network.encoder) {
    throw new UserError(
      "option-invalid",
      `Expected a network with a pretrained encoder, such as mobilenet, but ${network.name} has the paper's own; choose another preset or leave the encoder's weights out.`,
    );
  }
  const { encoder, values } = pretrainedBackbone(network.encoder, tensors);
  return { network: { ...network, encoder }, values };
}

/** Tensors that are asked for by name. */
export class NamedTensors {
  readonly #tensors: ParameterValues;
  readonly #used = new Set<string>();

  constructor(tensors: ParameterValues) {
    this.#tensors = tensors;
  }

  /** @throws UserError if there is no such tensor, or it has another shape */
  get(name: string, shape: readonly number[]): Float32Array {
    const known = this.#tensors.get(name);
    if (!known) {
      throw new UserError(
        "model-invalid",
        `Expected the encoder's weights to hold ${name} of shape [${shape.join(", ")}] but there is no such tensor; give the file of the encoder that the network has.`,
      );
    }
    if (known.shape.join() !== shape.join()) {
      throw new UserError(
        "model-invalid",
        `Expected ${name} of shape [${shape.join(", ")}] but the encoder's weights have [${known.shape.join(", ")}]; give the file of the encoder and the widths that the network has.`,
      );
    }
    this.#used.add(name);
    return known.data;
  }

  /** @throws UserError naming a tensor that nobody asked for */
  refuseOthers(encoder: string, ignored: readonly string[]): void {
    for (const name of this.#tensors.keys()) {
      if (this.#used.has(name) || ignored.includes(name)) continue;
      throw new UserError(
        "model-invalid",
        `The encoder's weights hold ${name}, which ${encoder} does not have; give the file of the encoder that the network has.`,
      );
    }
  }
}

/** `[O, 3, k, k] -> [O, 1, k, k]`: what the three channels do together where they are equal. */
export function summedOverColors(weight: Float32Array, outputs: number): Float32Array {
  const size = weight.length / outputs / 3;
  return Float32Array.from({ length: outputs * size }, (_, index) => {
    const start = Math.floor(index / size) * 3 * size + (index % size);
    return weight[start]! + weight[start + size]! + weight[start + 2 * size]!;
  });
}
