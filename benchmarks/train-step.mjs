// One training step (forward, loss, gradients, update) beside PyTorch on the same processor.

import process from "node:process";
import { fileURLToPath } from "node:url";
import { countParameters } from "@let-there-be-color/core/network";
import { comparisonTable } from "./comparison.mjs";
import { Contender } from "./contenders.mjs";
import { trainingOperations } from "./flops.mjs";
import { circumstances } from "./machine.mjs";
import { compareNetworks, ourFirst } from "./network-comparison.mjs";
import { networkOf, trainingOf } from "./networks.mjs";
import { findPyTorch, howToInstallPyTorch, keptMemory, pytorchScript } from "./python.mjs";

const usualCases = [
  "compact@64x32",
  "compact@128x32",
  "jacob-darcet2021@224x8",
  "jacob-darcet2021@224x32",
  "mobilenet-hybrid@128x32",
  "mobilenet@128x32",
];

/** Largest relative difference of losses and gradient norm at the first step. */
const AGREEMENT = 1e-3;

/** Runs the benchmark; the options are those of `bench.mjs`. */
export async function trainStep({ cases = usualCases, contenders, quick, lock }) {
  const pytorch = contenders.includes("pytorch") ? findPyTorch() : undefined;
  const { missing, cases: summaries } = await compareNetworks({
    cases,
    pytorch,
    quick,
    lock,
    // Training goes on for hours: several steps in a row, after one that brings memory back.
    effort: { shortestRun: 2.5 },
    candidates: () => candidates(pytorch),
    settings: ({ network }) => trainingOf(network),
    operations: ({ network, side, batchSize }) =>
      trainingOperations(networkOf(network), { batch: batchSize, height: side, width: side }),
    check: checkAgreement,
  });
  if (contenders.includes("pytorch") && !pytorch) missing.push(howToInstallPyTorch);
  return {
    benchmark: "train-step",
    ...circumstances(pytorch ? { torch: pytorch.version } : {}),
    quick,
    missing,
    cases: summaries,
  };
}

/** The result for people. */
export function trainStepTable({ cases }) {
  return comparisonTable(cases);
}

function candidates(pytorch) {
  const command = [
    process.execPath,
    fileURLToPath(new URL("ours/training-step.mjs", import.meta.url)),
  ];
  const ours = [
    new Contender("ours", command),
    new Contender("ours, tuned malloc", command, { environment: keptMemory }),
  ];
  if (!pytorch) return ours;
  const script = pytorchScript(pytorch.python, "training_step.py");
  const variant = "channels_last";
  return [
    ...ours,
    new Contender("PyTorch", script, { variant: "NCHW" }),
    new Contender("PyTorch", script, { variant }),
    new Contender("PyTorch, tuned malloc", script, { variant, environment: keptMemory }),
  ];
}

/** A comparison is one only if all computed the same. */
function checkAgreement(measured, { network }) {
  const ours = ourFirst(measured);
  // PyTorch does not count the right answers.
  const compared = Object.keys(ours).filter((measure) => measure !== "accuracy");
  const parameters = countParameters(networkOf(network));
  for (const { contender, first } of measured) {
    const count = contender.facts.parameters ?? parameters;
    if (count !== parameters) {
      throw new Error(`${contender.label} has ${count} parameters instead of ${parameters}`);
    }
    for (const measure of compared) {
      const difference = Math.abs(first[measure] - ours[measure]) / Math.abs(ours[measure]);
      if (!(difference <= AGREEMENT)) {
        throw new Error(
          `${contender.label} computes another ${measure}: ${first[measure]} instead of ${ours[measure]}`,
        );
      }
    }
  }
}
