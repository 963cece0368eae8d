// Results as JSON files, from which the tables of docs/benchmarks.md are written.

import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const resultsFolder = fileURLToPath(new URL("results", import.meta.url));

/** Writes `<folder>/<benchmark>.json`; numbers to five figures. */
export async function writeResult(folder, result) {
  await mkdir(folder, { recursive: true });
  const path = join(folder, `${result.benchmark}.json`);
  await writeFile(path, `${JSON.stringify(result, shortened, 2)}\n`);
  return path;
}

/** The result of a benchmark, or undefined if it has not been run. */
export async function readResult(folder, benchmark) {
  try {
    return JSON.parse(await readFile(join(folder, `${benchmark}.json`), "utf8"));
  } catch (error) {
    if (error.code === "ENOENT") return undefined;
    throw error;
  }
}

function shortened(_, value) {
  return typeof value === "number" && !Number.isInteger(value)
    ? Number(value.toPrecision(5))
    : value;
}
