// What the training loop (reading, decoding, cropping, CIELAB, step) adds to its steps.

import { link, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { parseCase } from "./case.mjs";
import { Contender } from "./contenders.mjs";
import { writePhotographs } from "./generated-pictures.mjs";
import { efforts, exclusively, interleave, progress } from "./interleave.mjs";
import { circumstances, threads } from "./machine.mjs";
import { spread } from "./statistics.mjs";
import { duration, figures, percent, range, table } from "./table.mjs";

const usualCases = ["compact@64x32", "compact@128x32", "jacob-darcet2021@224x8"];

/** Side of the generated pictures: that of Places365's small ones, which people train on. */
const PICTURE_SIDE = 256;
const DIFFERENT_PICTURES = 256;
const CLASSES = 4;
/** More than any run of the benchmark takes in, so that no epoch ends while it is measured. */
const BATCHES = 400;
/** Of the loop and of the step in turn. */
const STEPS_IN_A_RUN = { small: 12, large: 4 };

/** Runs the benchmark; the options are those of `bench.mjs`. */
export async function trainLoop({ cases = usualCases, quick, lock, pictures }) {
  const folder = await mkdtemp(join(tmpdir(), "ltbc-benchmark-"));
  const missing = new Set();
  const summaries = [];
  try {
    for (const name of cases) {
      progress(name);
      const wanted = parseCase(name);
      const source =
        pictures ?? (await exclusively(lock, () => generate(folder, BATCHES * wanted.batchSize)));
      const specification = { ...wanted, folder, pictures: source, threads };
      summaries.push({ name, ...(await measure(specification, { quick, lock, missing })) });
    }
  } finally {
    await rm(folder, { recursive: true });
  }
  return {
    benchmark: "train-loop",
    ...circumstances(),
    quick,
    missing: [...missing],
    pictures: pictures ? "given" : `generated, ${PICTURE_SIDE} x ${PICTURE_SIDE}`,
    cases: summaries,
  };
}

/** Different pictures in class folders, then the same files under more names. */
async function generate(folder, count) {
  const root = join(folder, "pictures");
  await rm(root, { recursive: true, force: true });
  const pathOf = (index) => join(root, `class-${index % CLASSES}`, `${index}.jpg`);
  for (let index = 0; index < CLASSES; index++) {
    await mkdir(join(root, `class-${index}`), { recursive: true });
  }
  const distinct = Math.min(count, DIFFERENT_PICTURES);
  const size = { width: PICTURE_SIDE, height: PICTURE_SIDE, channels: 3 };
  await writePhotographs(
    Array.from({ length: distinct }, (_, index) => pathOf(index)),
    size,
  );
  for (let index = distinct; index < count; index++) {
    await link(pathOf(index % distinct), pathOf(index));
  }
  return root;
}

async function measure(specification, { quick, lock, missing }) {
  const script = fileURLToPath(new URL("ours/training-loop.mjs", import.meta.url));
  const start = (variant) => new Contender("ours", [process.execPath, script], { variant });
  const contenders = [start("first epoch"), start("later epochs"), start("step")];
  const { network, side, batchSize } = specification;
  const steps = network === "compact" ? STEPS_IN_A_RUN.small : STEPS_IN_A_RUN.large;
  for (const contender of contenders) {
    await exclusively(lock, () => contender.prepare({ ...specification, steps }));
  }
  const measured = await interleave(contenders, {
    effort: quick ? efforts.quick : efforts.full,
    lock,
    missing,
  });
  for (const contender of contenders) await contender.stop();
  if (measured.length < contenders.length) throw new Error([...missing].join("\n"));
  const [firstEpoch, laterEpochs, alone] = measured.map(({ results, peakMemoryMiB }) => ({
    seconds: spread(results.map(({ seconds }) => seconds)),
    peakMemoryMiB,
  }));
  return {
    ...{ network, side, batchSize, steps },
    step: alone,
    ...{ firstEpoch, laterEpochs },
  };
}

/** The result for people. */
export function trainLoopTable({ cases }) {
  return table(
    [
      ["case", (each) => each.name],
      ["step alone", (each) => duration(each.step.seconds.median)],
      ["range", (each) => range(each.step.seconds)],
      ...loopColumns("first epoch", (each) => each.firstEpoch),
      ...loopColumns("later epochs", (each) => each.laterEpochs),
    ],
    cases,
  );
}

function loopColumns(epochs, of) {
  return [
    [epochs, (each) => duration(of(each).seconds.median)],
    ["range", (each) => range(of(each).seconds)],
    ["pictures/s", (each) => figures(each.batchSize / of(each).seconds.median)],
    ["of the step's speed", (each) => percent(each.step.seconds.median / of(each).seconds.median)],
    ["memory MiB", (each) => of(each).peakMemoryMiB],
  ];
}
