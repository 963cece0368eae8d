// What is measured: `compact@128x32` is network, side in pixels, pictures in a batch.

import { join } from "node:path";
import { writeSafetensors } from "let-there-be-color/training";
import { threads } from "./machine.mjs";
import { networkNames, networkOf, quantizedTables } from "./networks.mjs";
import { writeBatch, writeParameters } from "./random-tensors.mjs";

/** @throws RangeError if `name` is not NETWORK@SIDExBATCH */
export function parseCase(name) {
  const [, network, side, batchSize] = /^(.+)@(\d+)x(\d+)$/.exec(name) ?? [];
  if (!networkNames.includes(network)) {
    throw new RangeError(`Expected a case such as compact@128x32 but received ${name}`);
  }
  return { name, network, side: Number(side), batchSize: Number(batchSize) };
}

/** The case with random weights and pictures in files of `folder`, for every contender the same. */
export async function writeSpecification(folder, name) {
  const specification = parseCase(name);
  const network = networkOf(specification.network);
  const parameters = join(folder, "parameters.safetensors");
  const batch = join(folder, "batch.safetensors");
  await writeParameters(parameters, network);
  await writeBatch(batch, { ...specification, network });
  const written = { ...specification, parameters, batch, threads };
  const tables = quantizedTables(specification.network);
  if (!tables) return written;
  const bins = join(folder, "bins.safetensors");
  await writeSafetensors(bins, tables.tensors);
  return { ...written, quantized: { bins, ...tables.numbers } };
}
