// A classifier's weights for the encoder of a new run.

import { basename } from "node:path";
import {
  type BackboneNetworkConfig,
  type NetworkConfig,
  type ParameterValues,
  type StoredParameters,
  withEncoderWeights,
} from "@let-there-be-color/core/network";
import { naming, UserError } from "@let-there-be-color/core/user-error";
import { readSafetensors } from "../safetensors.js";

/** Where the encoder's starting weights came from; goes into checkpoints and model files. */
export interface EncoderOrigin {
  /** Name of the file. */
  readonly file: string;
  /** Of the file, in hexadecimal. */
  readonly sha256: string;
  /** What the file says about itself, if it does. */
  readonly source?: string;
  readonly licence?: string;
}

/** A network with the weights that its encoder starts from. */
export interface PretrainedNetwork {
  /** With the widths that are left when channels without a signal are taken out. */
  readonly network: BackboneNetworkConfig;
  readonly values: ParameterValues;
  readonly origin: EncoderOrigin;
}

/**
 * Reads a safetensors file (float32 or float16) with the weights of the network's encoder.
 * @throws UserError if it cannot be read, or is not of this encoder
 */
export async function readEncoderWeights(
  path: string,
  network: NetworkConfig,
): Promise<PretrainedNetwork> {
  const { tensors, metadata, sha256 } = await readSafetensors(path).catch((error) => {
    if (error instanceof UserError) throw error;
    throw new UserError(
      "input-missing",
      `Expected a file with the encoder's weights: ${error.message}.`,
      { cause: error },
    );
  });
  const stored: StoredParameters = new Map(
    [...tensors].map(([name, { shape, data }]) => {
      if (!(data instanceof BigInt64Array)) return [name, { shape, data }];
      throw new UserError(
        "model-invalid",
        `${path}: expected numbers with a fraction but ${name} has whole ones.`,
      );
    }),
  );
  const { source, licence } = metadata;
  return {
    ...(await naming(path, () => withEncoderWeights(network, stored))),
    origin: {
      file: basename(path),
      sha256,
      ...(source === undefined ? {} : { source }),
      ...(licence === undefined ? {} : { licence }),
    },
  };
}
