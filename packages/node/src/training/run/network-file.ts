import { readFile } from "node:fs/promises";
import {
  countParameters,
  type NetworkConfig,
  networkPreset,
  type PresetName,
} from "@let-there-be-color/core/network";
import { UserError } from "@let-there-be-color/core/user-error";

/**
 * Reads options that replace those of a preset's network: a JSON object with some of the fields of
 * `NetworkConfig`, such as `{"skips": "none", "fusion": {"channels": 64}}`.
 * @throws UserError if the file is missing, or the network cannot be built with it
 */
export async function readNetworkFile(
  path: string,
  preset: PresetName,
): Promise<Partial<NetworkConfig>> {
  let options: Partial<NetworkConfig>;
  try {
    options = JSON.parse(await readFile(path, "utf8"));
  } catch (error) {
    throw new UserError(
      "option-invalid",
      `Expected a JSON file with network options: ${(error as Error).message}.`,
      { cause: error },
    );
  }
  checkNetworkOptions(options, preset, path);
  return options;
}

/**
 * @param where what to call the options in messages
 * @throws UserError if an option is unknown, or the network cannot be built with them
 */
export function checkNetworkOptions(
  options: Partial<NetworkConfig>,
  preset: PresetName,
  where: string,
): void {
  const base = networkPreset(preset);
  for (const key of Object.keys(options)) {
    if (key in base && key !== "classes") continue;
    const known = Object.keys(base).filter((name) => name !== "classes");
    throw new UserError(
      "option-invalid",
      `${where}: "${key}" is no network option. Known: ${known.join(", ")}.`,
    );
  }
  try {
    countParameters(networkPreset(preset, options));
  } catch (error) {
    throw new UserError(
      "option-invalid",
      `${where} does not describe a network: ${(error as Error).message}.`,
      { cause: error },
    );
  }
}
