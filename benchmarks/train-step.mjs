// One training step (forward, loss, gradients, update) beside PyTorch on the same processor.

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { countParameters, networkPreset } from "@let-there-be-color/core/network";
import { presetDefaults } from "../packages/node/dist/training/run/preset-defaults.js";
import { compare, comparisonTable } from "./comparison.mjs";
import { Contender, prepareAll } from "./contenders.mjs";
import { trainingOperations } from "./flops.mjs";
import { exclusively, interleave, progress } from "./interleave.mjs";
import { circumstances, threads } from "./machine.mjs";
import { findPyTorch, howToInstallPyTorch, pytorchScript } from "./python.mjs";
import { writeBatch, writeParameters } from "./random-tensors.mjs";
import { ProductLimit } from "./sgemm.mjs";

export const trainStepCases = [
  "compact@64x32",
  "compact@128x32",
  "jacob-darcet2021@224x8",
  "jacob-darcet2021@224x32",
];

/** Largest relative difference of losses and gradient norm at the first step. */
const AGREEMENT = 1e-3;

/**
 * PyTorch takes large tensors from the system and gives them back at once, so that their pages are
 * cleared anew in each step. With these settings of glibc the process keeps them.
 */
const keptMemory = {
  MALLOC_MMAP_THRESHOLD_: "4294967296",
  MALLOC_TRIM_THRESHOLD_: "4294967296",
  MALLOC_TOP_PAD_: "268435456",
};

/** @param options see `options.mjs` */
export async function trainStep({ cases = trainStepCases, contenders, quick, lock }) {
  const pytorch = contenders.includes("pytorch") ? findPyTorch() : undefined;
  const missing = contenders.includes("pytorch") && !pytorch ? [howToInstallPyTorch] : [];
  const result = {
    benchmark: "train-step",
    ...circumstances(pytorch ? { torch: pytorch.version } : {}),
    quick,
    missing,
    cases: [],
  };
  const folder = await mkdtemp(join(tmpdir(), "ltbc-benchmark-"));
  const limit = await ProductLimit.start({ pytorch, quick });
  try {
    for (const name of cases) {
      progress(name);
      const specification = await writeSpecification(folder, name);
      const competitors = await exclusively(lock, () =>
        prepareAll(candidates(pytorch), specification, missing),
      );
      const measured = await interleave([...competitors, ...limit.contenders], {
        seconds: quick ? 5 : 60,
        rounds: quick ? [2, 3] : [3, 15],
        lock,
      });
      for (const contender of competitors) await contender.stop();
      result.cases.push(summary(specification, measured, competitors, limit));
    }
  } finally {
    await limit.stop();
    await rm(folder, { recursive: true });
  }
  return result;
}

export function trainStepTable({ cases }) {
  return comparisonTable(cases);
}

/** `compact@128x32` is preset, side in pixels, pictures in a batch. */
export function parseCase(name) {
  const [, preset, side, batchSize] = /^(.+)@(\d+)x(\d+)$/.exec(name) ?? [];
  if (!presetDefaults[preset]) {
    throw new RangeError(`Expected a case such as compact@128x32 but received ${name}`);
  }
  return { name, preset, side: Number(side), batchSize: Number(batchSize) };
}

async function writeSpecification(folder, name) {
  const { preset, side, batchSize } = parseCase(name);
  const network = networkPreset(preset);
  const parameters = join(folder, `${preset}.safetensors`);
  const batch = join(folder, "batch.safetensors");
  await writeParameters(parameters, network);
  await writeBatch(batch, { network, batchSize, side });
  const { alpha, clipNorm, learningRate } = presetDefaults[preset];
  const settings = { alpha, clipNorm, learningRate, threads };
  return { name, preset, side, batchSize, parameters, batch, ...settings };
}

function candidates(pytorch) {
  const ours = new Contender("ours", [
    process.execPath,
    fileURLToPath(new URL("ours/training-step.mjs", import.meta.url)),
  ]);
  if (!pytorch) return [ours];
  const script = pytorchScript(pytorch.python, "training_step.py");
  return [
    ours,
    new Contender("PyTorch", script, { variant: "NCHW" }),
    new Contender("PyTorch", script, { variant: "channels_last" }),
    new Contender("PyTorch, tuned malloc", script, {
      variant: "channels_last",
      environment: keptMemory,
    }),
  ];
}

function summary(specification, measured, competitors, limit) {
  const { name, preset, side, batchSize } = specification;
  const best = limit.best(measured);
  const network = networkPreset(preset);
  const operations = trainingOperations(network, { batch: batchSize, height: side, width: side });
  const taking = measured.filter(({ contender }) => competitors.includes(contender));
  checkAgreement(taking, countParameters(network));
  return {
    name,
    preset,
    side,
    batchSize,
    gigaOperations: operations / 1e9,
    limit: best,
    firstStep: taking.find(({ contender }) => contender.name === "ours")?.first,
    ...compare(taking, operations, best),
  };
}

/** A comparison is one only if all computed the same. */
function checkAgreement(measured, parameters) {
  const ours = measured.find(({ contender }) => contender.name === "ours").first;
  for (const { contender, first } of measured) {
    const count = contender.facts.parameters ?? parameters;
    if (count !== parameters) {
      throw new Error(`${contender.label} has ${count} parameters instead of ${parameters}`);
    }
    for (const measure of ["colorLoss", "classLoss", "gradientNorm"]) {
      const difference = Math.abs(first[measure] - ours[measure]) / Math.abs(ours[measure]);
      if (!(difference <= AGREEMENT)) {
        throw new Error(
          `${contender.label} computes another ${measure}: ${first[measure]} instead of ${ours[measure]}`,
        );
      }
    }
  }
}
