// The library in a program that has other things to do: the delays of the event loop, and the speed of
// loops over pictures.

import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { Contender } from "./contenders.mjs";
import { writePhotograph, writePhotographs } from "./generated-pictures.mjs";
import { efforts, exclusively, interleave, progress } from "./interleave.mjs";
import { circumstances } from "./machine.mjs";
import { spread } from "./statistics.mjs";
import { duration, figures, range, table } from "./table.mjs";

const small = { width: 1152, height: 864, channels: 1 };
const large = { width: 4000, height: 3000, channels: 1 };
const huge = { width: 12_000, height: 8_400, channels: 1 };

/** What is done, with which pictures. */
const tasks = {
  load: { task: "load", size: small, count: 1 },
  "1-megapixel-file": { task: "files", size: small, count: 1 },
  "12-megapixel-file": { task: "files", size: large, count: 1 },
  "100-megapixel-file": { task: "files", size: huge, count: 1 },
  "100-megapixel-bytes": { task: "bytes", size: huge, count: 1 },
  "12-megapixel-pixels": { task: "pixels", size: large, count: 1 },
  "100-megapixel-pixels": { task: "pixels", size: huge, count: 1 },
  "200-of-1-megapixel": { task: "files", size: small, count: 200 },
  "10-of-12-megapixel": { task: "files", size: large, count: 10 },
};

/**
 * Runs the benchmark; the options are those of `bench.mjs`. The variable LTBC_LIBRARY names another build
 * of the library (the path of its index.js) to measure in place of this one.
 */
export async function library({ cases = Object.keys(tasks), quick, lock }) {
  const folder = await mkdtemp(join(tmpdir(), "ltbc-benchmark-"));
  const missing = new Set();
  const summaries = [];
  try {
    for (const name of cases) {
      if (!tasks[name]) throw new RangeError(`Expected one of ${Object.keys(tasks)}, not ${name}`);
      progress(name);
      const inputs = await exclusively(lock, () => writePictures(folder, tasks[name]));
      summaries.push({ name, ...(await measure(tasks[name], inputs, { quick, lock, missing })) });
    }
  } finally {
    await rm(folder, { recursive: true });
  }
  return {
    benchmark: "library",
    ...circumstances(),
    quick,
    missing: [...missing],
    cases: summaries,
  };
}

async function writePictures(folder, { size, count }) {
  const files = join(folder, `${size.width}`);
  await mkdir(files, { recursive: true });
  const inputs = Array.from({ length: count }, (_, index) => join(files, `${index}.jpg`));
  if (count === 1) await writePhotograph(inputs[0], { ...size, seed: 1 });
  else await writePhotographs(inputs, size);
  return inputs;
}

async function measure({ task, size, count }, inputs, { quick, lock, missing }) {
  const script = fileURLToPath(new URL("ours/library.mjs", import.meta.url));
  const contender = new Contender("library", [process.execPath, script]);
  const { LTBC_LIBRARY: other = "let-there-be-color" } = process.env;
  await contender.prepare({ library: other, task, inputs });
  const effort = quick ? efforts.quick : efforts.full;
  const [measured] = await interleave([contender], { effort, lock, missing });
  await contender.stop();
  if (!measured) throw new Error([...missing].join("\n"));
  return {
    ...size,
    count,
    seconds: measured.seconds,
    peakMemoryMiB: measured.peakMemoryMiB,
    longestDelay: spread(measured.results.map(({ longestDelay }) => longestDelay)),
  };
}

/** The result for people. */
export function libraryTable({ cases }) {
  return table(
    [
      ["", ({ name }) => name],
      ["longest delay", ({ longestDelay }) => duration(longestDelay.median)],
      ["range", ({ longestDelay }) => range(longestDelay)],
      ["time", ({ seconds }) => duration(seconds.median)],
      ["pictures/s", ({ count, seconds }) => (count > 1 ? figures(count / seconds.median) : "")],
      ["memory MiB", ({ peakMemoryMiB }) => peakMemoryMiB],
    ],
    cases,
  );
}
