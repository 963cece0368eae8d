// How much of an evaluation is the network, and how much are the metrics?
//
//   npm run build && node benchmarks/evaluation-share.mjs PICTURES [MODEL] [COUNT]
//
// PICTURES is a folder or zip of photographs, MODEL an .onnx file (default: the weights included),
// COUNT the number of pictures (default 2000). Prints one JSON object: the shares of the run that
// the main thread spent in the network and waiting for pictures, what all cores did meanwhile (the
// rest is decoding, messages, the garbage collector and compiling code), and the memory at the
// run's tenths. On a machine that does other work, the milliseconds of one picture (the fastest of
// 40) are steadier.

import { cpus } from "node:os";
import process from "node:process";
import { composePixels } from "@let-there-be-color/core/colorize";
import { TruePicture } from "@let-there-be-color/core/evaluation";
import { openDataset } from "let-there-be-color/dataset";
import {
  AVERAGE_COLOR,
  Evaluation,
  loadModelCandidate,
  parseProtocol,
} from "let-there-be-color/evaluation";

const [pictures, model, count = "2000"] = process.argv.slice(2);
if (!pictures) {
  process.stderr.write("usage: node benchmarks/evaluation-share.mjs PICTURES [MODEL] [COUNT]\n");
  process.exit(2);
}
const round = (value) => Number(value.toFixed(2));

const candidate = await loadModelCandidate(model, undefined, {});
const evaluation = await Evaluation.start({
  truth: await openDataset([pictures]),
  candidates: [candidate],
  protocol: parseProtocol("short256"),
  limit: Number(count),
});
const memory = [];
const before = process.cpuUsage();
let done = 0;
let example;
for await (const event of evaluation.run()) {
  if (event.type === "picture") example ??= event.row;
  if (++done % Math.ceil(evaluation.pictures / 10) === 0) {
    memory.push(Math.round(process.memoryUsage.rss() / 2 ** 20));
  }
}
const { network, waiting, measure, wall } = evaluation.time;
const used = process.cpuUsage(before);
const coreSeconds = (used.user + used.system) / 1e6;
const result = {
  processor: cpus()[0].model,
  cores: cpus().length,
  node: process.version,
  model: candidate.name,
  workingSize: candidate.workingSize,
  networkThreads: candidate.threads,
  metricThreads: evaluation.workers,
  pictures: done,
  size: `${example.width} x ${example.height}`,
  wallSeconds: round(wall),
  picturesPerSecond: round(done / wall),
  networkShareOfWall: round(network / wall),
  waitingShareOfWall: round(waiting / wall),
  coreSeconds: {
    all: round(coreSeconds),
    network: round(network * Math.max(candidate.threads, 1)),
    metrics: round(measure),
  },
  memoryMiB: memory,
  fastestOfOnePicture: await fastestOfOnePicture(example),
};
process.stdout.write(`${JSON.stringify(result, null, 1)}\n`);
await evaluation.close();

/** Milliseconds of the network, and of all metrics of the model and both baselines. */
async function fastestOfOnePicture({ width, height }) {
  const rgb = Uint8Array.from({ length: 3 * width * height }, (_, i) => 60 + ((i * 7919) % 151));
  const size = { width, height };
  const uniform = ([a, b]) => ({ ab: new Float32Array([a, b]), width: 1, height: 1 });
  let networkTime = Number.POSITIVE_INFINITY;
  let metricTime = Number.POSITIVE_INFINITY;
  for (let repeat = 0; repeat < 40; repeat++) {
    const { lightness } = new TruePicture(rgb, width, height);
    const start = performance.now();
    const analysis = await candidate.model.analyze({ lightness, ...size }, candidate);
    const chroma = analysis.render();
    networkTime = Math.min(networkTime, performance.now() - start);
    const measured = performance.now();
    const picture = new TruePicture(rgb, width, height);
    for (const planes of [chroma, uniform([0, 0]), uniform(AVERAGE_COLOR)]) {
      picture.compare(composePixels(lightness, planes, size, { bitDepth: 8 }));
    }
    metricTime = Math.min(metricTime, performance.now() - measured);
  }
  return { networkMilliseconds: round(networkTime), metricMilliseconds: round(metricTime) };
}
