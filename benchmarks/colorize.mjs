// `ltbc colorize` as a whole and in parts: a photograph of 12 megapixels, a folder of 200.

import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import sharp from "sharp";
import { Contender } from "./contenders.mjs";
import { writePhotograph, writePhotographs } from "./generated-pictures.mjs";
import { efforts, exclusively, interleave, progress } from "./interleave.mjs";
import { circumstances, threads } from "./machine.mjs";
import { spread } from "./statistics.mjs";
import { duration, figures, percent, range, ratio, table } from "./table.mjs";

const usualCases = ["12-megapixel-grey", "12-megapixel-colour", "200-of-1-megapixel-grey"];

const sizes = {
  "12-megapixel-grey": { width: 4000, height: 3000, channels: 1, count: 1 },
  "12-megapixel-colour": { width: 4000, height: 3000, channels: 3, count: 1 },
  "200-of-1-megapixel-grey": { width: 1152, height: 864, channels: 1, count: 200 },
  "4-of-0.1-megapixel-grey": { width: 384, height: 256, channels: 1, count: 4 },
};

/** Stages that `ltbc colorize` goes through; the others are parts of them or comparisons. */
const path = ["decode", "reduce", "network", "compose", "encode", "write"];

/** Runs the benchmark; the options are those of `bench.mjs`. */
export async function colorize({ cases = usualCases, quick, lock }) {
  const folder = await mkdtemp(join(tmpdir(), "ltbc-benchmark-"));
  const missing = new Set();
  const summaries = [];
  try {
    for (const name of cases) {
      if (!sizes[name]) throw new RangeError(`Expected one of ${Object.keys(sizes)}, not ${name}`);
      progress(name);
      const pictures = await exclusively(lock, () => writePictures(folder, name));
      summaries.push({ name, ...(await measure(folder, pictures, { quick, lock, missing })) });
    }
  } finally {
    await rm(folder, { recursive: true });
  }
  return {
    benchmark: "colorize",
    ...circumstances(),
    quick,
    missing: [...missing],
    cases: summaries,
  };
}

async function writePictures(folder, name) {
  const size = sizes[name];
  const input = join(folder, "input");
  const output = join(folder, "output");
  await rm(input, { recursive: true, force: true });
  await mkdir(input, { recursive: true });
  await mkdir(output, { recursive: true });
  const nameOf = (index) => `${String(index).padStart(3, "0")}.jpg`;
  const inputs = Array.from({ length: size.count }, (_, index) => join(input, nameOf(index)));
  if (size.count === 1) await writePhotograph(inputs[0], { ...size, seed: 1 });
  else await writePhotographs(inputs, size);
  const tiny = join(folder, "tiny.png");
  await sharp({ create: { width: 16, height: 16, channels: 3, background: "gray" } }).toFile(tiny);
  return { ...size, input, inputs, output, tiny };
}

async function measure(folder, pictures, { quick, lock, missing }) {
  const { input, output, tiny } = pictures;
  const script = (name) => [process.execPath, fileURLToPath(new URL(name, import.meta.url))];
  const stages = new Contender("stages", script("ours/colorize-stages.mjs"));
  const libvips = new Contender("libvips", script("libvips/stages.mjs"));
  const { workingSize } = await stages.prepare({ ...pictures, threads });
  await libvips.prepare({ ...pictures, threads, workingSize });
  const whole = new Command("whole", ["colorize", input, "-o", output]);
  const start = new Command("start", ["--version"]);
  const model = new Command("start and model", [
    ...["colorize", tiny, "-o", join(folder, "tiny-out.png")],
  ]);
  const contenders = [whole, start, model, stages, libvips];
  const measured = await interleave(contenders, {
    effort: quick ? efforts.quick : efforts.full,
    lock,
    missing,
  });
  await stages.stop();
  await libvips.stop();
  if (measured.length < contenders.length) throw new Error([...missing].join("\n"));
  const of = (contender) => measured.find((each) => each.contender === contender);
  const seconds = { whole: of(whole).seconds, start: of(start).seconds };
  const modelSeconds = of(model).seconds.median - seconds.start.median;
  const { width, height, count, channels } = pictures;
  return {
    width,
    height,
    count,
    channels,
    workingSize,
    whole: seconds.whole,
    peakMemoryMiB: of(whole).peakMemoryMiB,
    start: seconds.start,
    loadModel: modelSeconds,
    stages: stageSpreads(of(stages).results),
    libvips: stageSpreads(of(libvips).results),
  };
}

/** A command line of `ltbc` in a process of its own for each run. */
class Command {
  variant = "";
  #words;
  #peak;

  constructor(name, words) {
    this.name = name;
    this.#words = words[0] === "colorize" ? [...words, "--overwrite", "--quiet"] : words;
  }

  async run(times) {
    let seconds = 0;
    for (let time = 0; time < times; time++) seconds += await this.#once();
    return { seconds: seconds / times };
  }

  peakMemory() {
    return this.#peak;
  }

  async #once() {
    const start = performance.now();
    const child = fork(fileURLToPath(new URL("ours/ltbc.mjs", import.meta.url)), this.#words, {
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    child.on("message", ({ peakMemoryMiB }) => {
      this.#peak = Math.max(this.#peak ?? 0, peakMemoryMiB);
    });
    const [code] = await once(child, "exit");
    if (code !== 0) throw new Error(`ltbc ${this.#words.join(" ")} ended with ${code}`);
    return (performance.now() - start) / 1000;
  }
}

function stageSpreads(results) {
  return Object.fromEntries(
    Object.keys(results[0]).map((stage) => [stage, spread(results.map((each) => each[stage]))]),
  );
}

/** The result for people: the whole and its parts, then the full-resolution stages. */
export function colorizeTable({ cases }) {
  const large = cases.filter(({ count }) => count === 1);
  return [wholeTable(cases), ...large.map((each) => `\n${each.name}\n\n${stageTable(each)}`)].join(
    "\n",
  );
}

function wholeTable(cases) {
  const stage = (name) => (each) => duration(each.stages[name].median);
  return table(
    [
      ["", (each) => each.name],
      ["whole", (each) => duration(each.whole.median)],
      ["range", (each) => range(each.whole)],
      ["memory MiB", (each) => each.peakMemoryMiB],
      ["start", (each) => duration(each.start.median)],
      ["load model", (each) => duration(each.loadModel)],
      ...path.map((name) => [name, stage(name)]),
    ],
    cases,
  );
}

function stageTable({ width, height, stages, libvips, whole }) {
  const megapixels = (width * height) / 1e6;
  const speed = (seconds) => (seconds ? figures(megapixels / seconds.median) : "");
  const rows = ["decode", "reduce", "upsample", "compose on one thread", "compose", "encode"];
  return table(
    [
      ["stage", (name) => name],
      ["median", (name) => duration(stages[name].median)],
      ["MP/s", (name) => speed(stages[name])],
      ["libvips MP/s", (name) => speed(libvips[name])],
      [
        "of libvips",
        (name) => (libvips[name] ? ratio(libvips[name].median / stages[name].median) : ""),
      ],
      ["memory copy MP/s", () => speed(libvips["memory copy"])],
      ["of the whole", (name) => percent(stages[name].median / whole.median)],
    ],
    rows,
  );
}
