// npm run bench -- <benchmark> [options]

import process from "node:process";
import { parseArgs } from "node:util";
import { colorize, colorizeTable } from "./colorize.mjs";
import { inference, inferenceTable } from "./inference.mjs";
import { resultsFolder, writeResult } from "./results.mjs";
import { trainStep, trainStepTable } from "./train-step.mjs";

const benchmarks = {
  "train-step": { run: trainStep, describe: trainStepTable },
  inference: { run: inference, describe: inferenceTable },
  colorize: { run: colorize, describe: colorizeTable },
};

const usage = `usage: npm run bench -- BENCHMARK [options]

benchmarks:
  train-step   a training step beside PyTorch
  train-loop   the whole training loop beside its step alone
  inference    the network beside PyTorch and TensorFlow.js
  colorize     \`ltbc colorize\` in parts, a 12-megapixel photograph and a folder
  all          all of them
  report       the tables of docs/benchmarks.md from the results

options:
  --quick              few repeats: a look, not a figure to quote
  --cases LIST         e.g. compact@128x32 (preset, side, batch); writes no result without --output
  --contenders LIST    besides ours: pytorch,tensorflow (default: both)
  --output FOLDER      for the results (default: benchmarks/results)
  --lock FILE          hold this file's lock (flock) while measuring
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: "boolean", default: false },
    cases: { type: "string" },
    contenders: { type: "string", default: "pytorch,tensorflow" },
    output: { type: "string" },
    lock: { type: "string" },
    help: { type: "boolean", default: false },
  },
});
const [name] = positionals;
if (values.help || positionals.length !== 1 || !(name in benchmarks || name === "all")) {
  process.stderr.write(usage);
  process.exit(values.help ? 0 : 2);
}
const list = (text) => text.split(",").filter(Boolean);
const options = {
  quick: values.quick,
  lock: values.lock,
  contenders: list(values.contenders),
  ...(values.cases ? { cases: list(values.cases) } : {}),
};
for (const each of name === "all" ? Object.keys(benchmarks) : [name]) {
  const { run, describe } = benchmarks[each];
  const result = await run(options);
  process.stdout.write(`${describe(result)}\n`);
  for (const line of result.missing) process.stdout.write(`${line}\n`);
  const folder = values.output ?? (values.cases || values.quick ? undefined : resultsFolder);
  if (folder) process.stdout.write(`${await writeResult(folder, result)}\n`);
}
