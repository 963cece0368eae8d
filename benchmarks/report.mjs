// Results as text, and the tables of docs/benchmarks.md, each between two comments.

import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { colorizeTable } from "./colorize.mjs";
import { inferenceTable } from "./inference.mjs";
import { libraryTable } from "./library.mjs";
import { repository } from "./machine.mjs";
import { readResult } from "./results.mjs";
import { trainLoopTable } from "./train-loop.mjs";
import { trainStepTable } from "./train-step.mjs";

const tables = {
  "train-step": trainStepTable,
  "train-loop": trainLoopTable,
  inference: inferenceTable,
  colorize: colorizeTable,
  library: libraryTable,
};

/** A result as Markdown: its table, what was missing, and where it was measured. */
export function describe(result) {
  const { benchmark, missing, machine, versions, commit, date, quick } = result;
  const version = Object.entries(versions).map(([name, number]) => `${name} ${number}`);
  const place = [
    `${machine.processor}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ${machine.system}`,
    version.join(", "),
    `commit ${commit.hash}${commit.dirty ? " with changes" : ""}`,
    date.slice(0, 10),
    ...(quick ? ["quick look"] : []),
  ];
  const remarks = missing.map((line) => `${line}\n\n`).join("");
  return `${tables[benchmark](result)}\n\n${remarks}${place.join("; ")}.`;
}

/** Writes all results into docs/benchmarks.md; returns its path. */
export async function writeReport(folder, benchmarks) {
  const path = join(repository, "docs/benchmarks.md");
  let text = await readFile(path, "utf8");
  for (const name of benchmarks) {
    const result = await readResult(folder, name);
    if (result) text = withSection(text, name, describe(result));
  }
  await writeFile(path, text);
  return path;
}

/**
 * Replaces what stands between `<!-- name -->` and `<!-- end of name -->`.
 * @throws Error if the text has no such place
 */
export function withSection(text, name, content) {
  const [start, end] = [`<!-- ${name} -->`, `<!-- end of ${name} -->`];
  const [from, to] = [text.indexOf(start), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`Expected ${start} and ${end} in the document`);
  return `${text.slice(0, from + start.length)}\n\n${content}\n\n${text.slice(to)}`;
}
