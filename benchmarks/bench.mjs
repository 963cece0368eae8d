// npm run bench -- <benchmark> [options]

import process from "node:process";
import { parseArgs } from "node:util";
import { colorize } from "./colorize.mjs";
import { inference } from "./inference.mjs";
import { library } from "./library.mjs";
import { describe, writeReport } from "./report.mjs";
import { resultsFolder, writeResult } from "./results.mjs";
import { trainLoop } from "./train-loop.mjs";
import { trainStep } from "./train-step.mjs";

const benchmarks = {
  "train-step": trainStep,
  "train-loop": trainLoop,
  inference,
  colorize,
  library,
};

const usage = `usage: npm run bench -- BENCHMARK [options]

benchmarks:
  train-step   a training step beside PyTorch
  train-loop   the whole training loop beside its step alone
  inference    the network beside PyTorch and TensorFlow.js
  colorize     \`ltbc colorize\` in parts: photographs of 12 megapixels, a folder of 200
  library      the library: delays of the event loop, loops over pictures
  all          all of them, then the report
  report       the tables of docs/benchmarks.md from the results

options:
  --quick              few repeats: a look, not a figure to quote; writes no result
  --cases LIST         only these, e.g. compact@128x32 (network, side, batch); writes no result
  --contenders LIST    of pytorch,tensorflow: beside us (default: both)
  --pictures PATH      train-loop: folder or zip to train on (default: generated pictures)
  --output FOLDER      for the results (default: benchmarks/results)
  --lock FILE          hold this file's lock (flock) while measuring
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: "boolean", default: false },
    cases: { type: "string" },
    contenders: { type: "string", default: "pytorch,tensorflow" },
    pictures: { type: "string" },
    output: { type: "string" },
    lock: { type: "string" },
    help: { type: "boolean", default: false },
  },
});
const [name] = positionals;
const known = name === "all" || name === "report" || Object.hasOwn(benchmarks, name);
if (values.help || positionals.length !== 1 || !known) {
  process.stderr.write(usage);
  process.exit(values.help ? 0 : 2);
}
const { quick, lock, pictures, output = resultsFolder } = values;
const list = (text) => text.split(",").filter(Boolean);
const options = {
  ...{ quick, lock, pictures },
  contenders: list(values.contenders),
  ...(values.cases ? { cases: list(values.cases) } : {}),
};
const complete = !quick && !values.cases;
const wanted = { all: Object.keys(benchmarks), report: [] }[name] ?? [name];
for (const benchmark of wanted) {
  const result = await benchmarks[benchmark](options);
  process.stdout.write(`${describe(result)}\n`);
  if (complete || values.output) {
    process.stdout.write(`${await writeResult(output, result)}\n`);
  }
}
if (name === "report" || (name === "all" && complete)) {
  process.stdout.write(`${await writeReport(output, Object.keys(benchmarks))}\n`);
}
