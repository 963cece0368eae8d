// What is measured: `compact@128x32` is preset, side in pixels, pictures in a batch.

import { join } from "node:path";
import { networkPreset, presetNames } from "@let-there-be-color/core/network";
import { threads } from "./machine.mjs";
import { writeBatch, writeParameters } from "./random-tensors.mjs";

/** @throws RangeError if `name` is not preset@SIDExBATCH */
export function parseCase(name) {
  const [, preset, side, batchSize] = /^(.+)@(\d+)x(\d+)$/.exec(name) ?? [];
  if (!presetNames.includes(preset)) {
    throw new RangeError(`Expected a case such as compact@128x32 but received ${name}`);
  }
  return { name, preset, side: Number(side), batchSize: Number(batchSize) };
}

/** The case with random weights and pictures in files of `folder`, for every contender the same. */
export async function writeSpecification(folder, name) {
  const specification = parseCase(name);
  const network = networkPreset(specification.preset);
  const parameters = join(folder, "parameters.safetensors");
  const batch = join(folder, "batch.safetensors");
  await writeParameters(parameters, network);
  await writeBatch(batch, { ...specification, network });
  return { ...specification, parameters, batch, threads };
}
