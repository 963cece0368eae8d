// The network alone, on pictures of the size it is asked for, beside PyTorch and TensorFlow.js.

import { existsSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { comparisonTable } from "./comparison.mjs";
import { Contender } from "./contenders.mjs";
import { forwardOperations } from "./flops.mjs";
import { circumstances, packageVersion } from "./machine.mjs";
import { compareNetworks, ourFirst } from "./network-comparison.mjs";
import { networkOf } from "./networks.mjs";
import { findPyTorch, howToInstallPyTorch, keptMemory, pytorchScript } from "./python.mjs";
import { relativeDifference } from "./samples.mjs";

const usualCases = [
  "compact@224x1",
  "compact@224x8",
  "compact@512x1",
  "compact@512x8",
  "compact@1024x1",
  "compact@1024x8",
  "jacob-darcet2021@224x1",
  "jacob-darcet2021@224x8",
  "jacob-darcet2021@512x1",
  "jacob-darcet2021@512x8",
  "jacob-darcet2021@1024x1",
  "jacob-darcet2021@1024x8",
  "mobilenet@224x1",
  "mobilenet@224x8",
  "mobilenet@256x1",
  "mobilenet@256x8",
];

/** Largest difference of outputs, as a share of their standard deviation; ours are float16 weights. */
const AGREEMENT = 0.02;
/**
 * Random weights know no redundancy, and deep networks of them add up what 8 bits lose. Outputs that
 * have nothing to do with each other are 1.4 apart.
 */
const AGREEMENT_OF_8_BITS = 0.7;

/** TensorFlow.js on one thread is only a sanity floor: one picture of this side is enough. */
const TENSORFLOW_SIDE = 224;

const tensorflowFolder = new URL("node_modules/@tensorflow/tfjs-backend-wasm", import.meta.url);
const howToInstallTensorFlow =
  "TensorFlow.js is missing. To have it beside: npm install --prefix benchmarks";

/** Runs the benchmark; the options are those of `bench.mjs`. */
export async function inference({ cases = usualCases, contenders, quick, lock }) {
  const pytorch = contenders.includes("pytorch") ? findPyTorch() : undefined;
  const tensorflow = contenders.includes("tensorflow") && existsSync(tensorflowFolder);
  const { missing, cases: summaries } = await compareNetworks({
    cases,
    pytorch,
    quick,
    lock,
    candidates: (specification) => candidates(specification, { pytorch, tensorflow }),
    operations: ({ network, side, batchSize }) =>
      forwardOperations(networkOf(network), { batch: batchSize, height: side, width: side }),
    check: checkAgreement,
  });
  if (contenders.includes("pytorch") && !pytorch) missing.push(howToInstallPyTorch);
  if (contenders.includes("tensorflow") && !tensorflow) missing.push(howToInstallTensorFlow);
  return {
    benchmark: "inference",
    ...circumstances({
      ...(pytorch ? { torch: pytorch.version } : {}),
      ...(tensorflow
        ? { "tfjs-backend-wasm": packageVersion("@tensorflow/tfjs-backend-wasm") }
        : {}),
    }),
    quick,
    missing,
    cases: summaries,
  };
}

/** The result for people. */
export function inferenceTable({ cases }) {
  return comparisonTable(cases);
}

function candidates({ network, side, batchSize }, { pytorch, tensorflow }) {
  const script = (path) => [process.execPath, fileURLToPath(new URL(path, import.meta.url))];
  const ours = script("ours/inference.mjs");
  const all = [
    new Contender("ours", ours),
    new Contender("ours quantised", ours, { variant: "8 bits" }),
  ];
  if (pytorch) {
    const python = pytorchScript(pytorch.python, "inference.py");
    for (const variant of ["NCHW", "channels_last", "frozen", "frozen channels_last"]) {
      all.push(new Contender("PyTorch", python, { variant }));
    }
    const variant = "channels_last";
    all.push(new Contender("PyTorch, tuned malloc", python, { variant, environment: keptMemory }));
  }
  const inTensorflow = side === TENSORFLOW_SIDE && batchSize === 1 && !networkOf(network).encoder;
  if (tensorflow && inTensorflow) {
    all.push(new Contender("TensorFlow.js wasm, 1 thread", script("tensorflow/inference.mjs")));
  }
  return all;
}

/** A comparison is one only if all computed the same. */
function checkAgreement(measured) {
  const ours = ourFirst(measured);
  for (const { contender, first } of measured) {
    const most = contender.name === "ours quantised" ? AGREEMENT_OF_8_BITS : AGREEMENT;
    for (const output of ["ab", "logits"]) {
      const difference = relativeDifference(ours[output], first[output]);
      if (!(difference <= most)) {
        throw new Error(`${contender.label} computes another ${output} (${difference} apart)`);
      }
    }
  }
}
