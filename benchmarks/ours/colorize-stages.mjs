// The steps of `ltbc colorize` one after the other, each with the machine to itself. The command
// lets those of several pictures overlap, so their sum is more than it takes.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { BandComposer, ColorModel, workingLightness } from "@let-there-be-color/core/colorize";
import { ChromaUpsampler } from "../../packages/core/dist/color/upsample.js";
import { openInput } from "../../packages/node/dist/colorize-stages.js";
import { writeWhole } from "../../packages/node/dist/files/output-file.js";
import { Composer } from "../../packages/node/dist/image/composer.js";
import { encodePhoto } from "../../packages/node/dist/image/encode.js";
import { createRuntime } from "../../packages/node/dist/runtime/onnx-runtime.js";
import { serve } from "../contender-process.mjs";
import { Stages } from "../stages.mjs";

/** As many pixels at a time as `BandComposer` enlarges chroma for. */
const STRIP_PIXELS = 4096;

await serve(async ({ inputs, output, threads }) => {
  const model = await readFile(
    fileURLToPath(import.meta.resolve("@let-there-be-color/models/color.onnx")),
  );
  const workload = { pictures: 1 }; // the network in its plain form
  const colorModel = await ColorModel.load(model, await createRuntime({ threads }), { workload });
  const { workingSize, multiple } = colorModel.metadata;
  const composer = new Composer(threads);
  return {
    facts: { workingSize },
    run: async () => {
      const stages = new Stages();
      for (const [index, input] of inputs.entries()) {
        const decoded = await stages.time("decode", async () => (await openInput(input)).decode());
        const { gray } = decoded;
        const { lightness, working } = await stages.time("reduce", () =>
          workingLightness(gray, workingSize, multiple),
        );
        const small = { lightness, ...working };
        const chroma = await stages.time("network", async () =>
          (await colorModel.analyze(small)).render(),
        );
        await stages.time("upsample", () => upsample(chroma, gray));
        await stages.time("compose on one thread", () => composeAlone(decoded, chroma));
        const pixels = await stages.time("compose", () => composer.compose(decoded, chroma));
        const { metadata, alpha } = decoded;
        const { width, height } = gray;
        const picture = { width, height, pixels, channels: alpha ? 4 : 3, metadata };
        const file = await stages.time("encode", () => encodePhoto(picture, "jpeg"));
        await stages.time("write", () =>
          writeWhole(join(output, `${index}.jpg`), file, { overwrite: true }),
        );
      }
      return stages.seconds;
    },
  };
});

function upsample(chroma, { width, height, codes, lightness }) {
  const upsampler = new ChromaUpsampler(chroma, width, height);
  const rows = Math.max(1, Math.floor(STRIP_PIXELS / width));
  const strip = new Float32Array(2 * rows * width);
  const own = new Float32Array(rows * width);
  for (let row = 0; row < height; row += rows) {
    const count = Math.min(rows, height - row);
    const start = row * width;
    for (let i = 0; i < count * width; i++) own[i] = lightness[codes[start + i]];
    upsampler.rows(row, count, own, strip);
  }
}

function composeAlone({ gray }, chroma) {
  const pixels = new Uint8Array(3 * gray.width * gray.height);
  new BandComposer(gray, chroma, {}, pixels).compose(0, gray.height);
}
