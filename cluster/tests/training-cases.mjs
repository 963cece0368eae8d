// Five steps of `ltbc train`'s own network for each case, with what a runner needs to repeat them:
// the export, the batches, and the measures. Usage: node training-cases.mjs <folder> [case...]

import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import { fromBinary } from "@bufbuild/protobuf";
import { parameterSpecifications } from "@let-there-be-color/core/network";
import { randomUniform } from "@let-there-be-color/core/random";
import { ModelProtoSchema } from "onnx-buf";
import { learningRateAt } from "../../packages/core/dist/training/schedule.js";
import { createTrainableNetwork } from "../../packages/core/dist/training/trainable-network.js";
import { createRuntime } from "../../packages/node/dist/runtime/onnx-runtime.js";
import { noisePicture } from "../../packages/node/dist/testing/pictures.js";
import { newConfiguration } from "../../packages/node/dist/training/run/configuration.js";
import { writeSafetensors } from "../../packages/node/dist/training/safetensors.js";
import { writeTrainingExport } from "../../packages/node/dist/training/training-export.js";

const stepCount = 5;
const [folder, ...wanted] = process.argv.slice(2);
const runtime = await createRuntime();

const layers = (...channels) =>
  channels.map((each, index) => ({ channels: each, stride: 2 - (index % 2) }));
/** A network of the paper's form, an eighth as wide, with a global image of 64 x 64. */
const narrow = {
  lowLevel: { layers: [...layers(6, 8), ...layers(8, 12), ...layers(12, 16)] },
  midLevel: { channels: [16, 12] },
  global: {
    layers: [...layers(16, 16), ...layers(16, 16)],
    pooling: { type: "flatten", imageSize: 64 },
    hidden: [32, 16, 12],
  },
  fusion: { channels: 12 },
  colorization: { stages: [[12], [8, 8], [6]] },
};
const small = { crop: 32, batch: 8 };
const widths = [20, 6, 8, 8, 6, 8, 8, 7, 8, 8, 8, 8, 10, 12];
/** A backbone as narrow, with its own normalisation. */
const backbone = (normalization) => ({
  encoder: { kind: "mobilenet-v1", channels: widths, normalization, epsilon: 1e-3 },
  global: { hidden: [12] },
  fusion: { channels: 12 },
  colorization: { stages: [[], [8, 8], [8], [6]] },
});
const regression = { activation: "tanh", offset: 0, scale: 100, stride: 4 };
const changes = { emulsion: 0.5, tone: 0.5, vignette: 0.5, blur: 0.5, grain: 0.5, border: 0.5 };
const narrowest = { ...narrow, global: { ...narrow.global, pooling: { type: "average" } } };

/**
 * Choices of `ltbc train`, number of classes. Names that begin with "full" take minutes.
 *
 * Adam's first steps move every weight by the learning rate, whatever the size of its gradient, so
 * rounding errors in tiny gradients become full steps. A long warm-up keeps these small.
 */
const cases = {
  compact: [{ preset: "compact", warmup: 1000, crop: 32, batch: 32 }, 10],
  iizuka2016: [{ preset: "iizuka2016", network: narrow, warmup: 1000, ...small }, 10],
  "iizuka2016-large": [
    { preset: "iizuka2016", network: narrow, warmup: 1000, crop: 96, batch: 4 },
    10,
  ],
  "jacob-darcet2021": [
    {
      preset: "jacob-darcet2021",
      network: { ...narrow, classification: { hidden: [20], dropout: 0.3 } },
      ...small,
    },
    10,
  ],
  sgd: [
    { preset: "compact", network: narrowest, optimizer: "sgd", weightDecay: 0.01, ...small },
    4,
  ],
  adamw: [
    { preset: "compact", network: narrowest, optimizer: "adamw", reduction: "sum", ...small },
    4,
  ],
  adadelta: [{ preset: "jacob-darcet2021", network: narrow, optimizer: "adadelta", ...small }, 4],
  "no-classes": [{ preset: "compact", network: narrowest, ...small }, 0],
  augmentation: [
    { preset: "compact", network: narrowest, augmentation: { ...changes, jpeg: 0.5 }, ...small },
    4,
  ],
  // As the preset is: colours as classes, frozen normalisation, augmentation, a moving average.
  mobilenet: [
    {
      ...{ preset: "mobilenet", ...small, crop: 64, warmup: 1000 },
      network: { ...backbone("frozen"), normalization: "none" },
      ...{ rebalancing: 0.5, augmentation: changes, encoderStatistics: 4 },
    },
    4,
  ],
  "mobilenet-batch": [
    {
      preset: "mobilenet",
      network: { ...backbone("batch"), normalization: "none", head: regression },
      ...{ ...small, crop: 64, warmup: 1000, freeze: ["encoder.*.depthwise.weight"] },
    },
    4,
  ],
  "mobilenet-edgetpu": [
    {
      preset: "mobilenet",
      network: {
        ...{ ...backbone("none"), head: regression },
        encoder: { kind: "mobilenet-edgetpu", normalization: "none", epsilon: 1e-3 },
      },
      ...{ ...small, crop: 64, batch: 4, warmup: 1000, learningRate: 1e-4 },
    },
    4,
  ],
  groups: [
    {
      ...{ preset: "compact", network: narrowest, movingAverage: 0.9, ...small },
      ...{ optimizer: "sgd", learningRate: 0.3, warmup: 0, alpha: 0.3 },
      freeze: ["low_level", "fusion.global.weight"],
      learningRateFactor: [{ pattern: "mid_level", learningRateFactor: 0.1 }],
    },
    4,
  ],
  "no-class-loss": [{ preset: "compact", network: narrowest, alpha: 0, ...small }, 4],
  "full-iizuka2016": [{ preset: "iizuka2016", warmup: 1000, crop: 224, batch: 8 }, 365],
  "full-jacob-darcet2021": [{ preset: "jacob-darcet2021", warmup: 1000, crop: 224, batch: 4 }, 365],
};

for (const [name, [choices, classes]] of Object.entries(cases)) {
  if (wanted.length > 0 ? wanted.includes(name) : !name.startsWith("full")) {
    await writeCase(join(folder, name), { preset: "compact", seed: 3, ...choices }, classes);
  }
}

async function writeCase(path, choices, classes) {
  await mkdir(path);
  const graph = join(path, "net.onnx");
  await writeTrainingExport(graph, { choices, classes, pictures: [await picturesIn(folder)] });
  const { learningRate, ...configuration } = newConfiguration(choices, null, {
    classes: Array.from({ length: classes }, String),
    fingerprints: { training: "", validation: "" },
    pictures: 10000,
  });
  const { crop, batch: batchSize } = choices;
  const options = {
    ...{ ...configuration, batchSize, height: crop, width: crop },
    // As the runner computes them: other roundings switch some ReLUs.
    convolutions: "direct",
  };
  const trained = await createTrainableNetwork(
    runtime,
    options,
    await startingState(graph, options),
  );
  const tensors = new Map();
  const steps = [];
  for (let step = 1; step <= stepCount; step++) {
    const batch = randomBatch(step, batchSize, crop, classes);
    tensors.set(`${step}/luminance`, tensor([batchSize, 1, crop, crop], batch.lightness));
    tensors.set(`${step}/ab`, tensor([batchSize, 2, crop, crop], batch.ab));
    tensors.set(`${step}/labels`, { dtype: "I64", shape: [batchSize], data: batch.labels });
    const rate = learningRateAt(learningRate, { step: step - 1, totalSteps: 10000, epoch: 0 });
    steps.push({ learningRate: rate, ...(await trained.step(batch, rate, step)) });
  }
  const evaluation = await trained.evaluate(randomBatch(1, batchSize, crop, classes));
  const state = new Map(
    [...(await trained.readState())].map(([key, { shape, data }]) => [key, tensor(shape, data)]),
  );
  await trained.release();
  await writeSafetensors(join(path, "state.safetensors"), state);
  await writeSafetensors(join(path, "batches.safetensors"), tensors);
  await writeFile(join(path, "measures.json"), JSON.stringify({ steps, evaluation }));
}

/** For networks that start from what pictures show. */
async function picturesIn(base) {
  const path = join(base, "..", "pictures", "a");
  await mkdir(path, { recursive: true });
  for (let index = 0; index < 40; index++) {
    await writeFile(join(path, `${index}.png`), await noisePicture(index, 80, 80));
  }
  return join(path, "..");
}

/** The constants of an exported graph that are the network's parameters. */
async function startingState(path, { network }) {
  const { graph } = fromBinary(ModelProtoSchema, await readFile(path));
  const constants = new Map(graph.initializer.map((each) => [each.name, each.rawData]));
  return new Map(
    parameterSpecifications(network).map(({ name, shape }) => {
      const data = new Float32Array(Uint8Array.from(constants.get(name)).buffer);
      return [name, { shape, data }];
    }),
  );
}

/**
 * Smooth pictures whose colour follows their lightness. Two of the first batch have no label, one of
 * the second no colour.
 */
function randomBatch(step, batchSize, crop, classes) {
  const pixels = crop * crop;
  const lightness = new Float32Array(batchSize * pixels);
  const ab = new Float32Array(2 * batchSize * pixels);
  const labels = new BigInt64Array(batchSize);
  for (let picture = 0; picture < batchSize; picture++) {
    const draw = (purpose) => randomUniform(9, step, picture, purpose);
    labels[picture] =
      step === 1 && picture < 2
        ? -1n
        : BigInt(Math.floor(draw(0) * classes) - (classes === 0 ? 1 : 0));
    for (let pixel = 0; pixel < pixels; pixel++) {
      const x = (pixel % crop) / crop;
      const y = Math.floor(pixel / crop) / crop;
      const chroma = step === 2 && picture === 1 ? 0 : 1;
      const wave = Math.sin(6 * (draw(1) * x + draw(2) * y) + 6 * draw(3));
      lightness[picture * pixels + pixel] = 50 + 40 * wave + 5 * randomUniform(8, picture, pixel);
      ab[2 * picture * pixels + pixel] = chroma * 60 * wave * draw(4);
      ab[(2 * picture + 1) * pixels + pixel] = chroma * 40 * (draw(5) - 0.5) * (1 + wave);
    }
  }
  return { count: batchSize, size: batchSize, lightness, ab, labels };
}

function tensor(shape, data) {
  return { dtype: "F32", shape, data };
}
