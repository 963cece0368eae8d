// What libvips takes for the work of the full-resolution stages, and what merely copying the
// pixels takes: the scale for our own kernels.

import { readFile } from "node:fs/promises";
import sharp from "sharp";
import { serve } from "../contender-process.mjs";
import { Stages } from "../stages.mjs";

await serve(async ({ inputs: [input], channels, threads, workingSize }) => {
  sharp.concurrency(threads);
  sharp.cache(false);
  const file = await readFile(input);
  const { data: gray, info } = await decoded(file, "b-w");
  const { data: rgb } = await decoded(file, "srgb");
  const { width, height } = info;
  const scale = workingSize / Math.min(width, height);
  const small = { width: Math.round(width * scale), height: Math.round(height * scale) };
  const plane = new Float32Array(small.width * small.height).fill(128);
  const target = Buffer.alloc(rgb.length);
  const raw = { width, height };
  return {
    facts: {},
    run: async () => {
      const stages = new Stages();
      await stages.time("memory copy", () => rgb.copy(target));
      await stages.time("decode", () => decoded(file, channels === 1 ? "b-w" : "srgb"));
      await stages.time("reduce", () =>
        sharp(gray, { raw: { ...raw, channels: 1 } })
          .resize(small.width, small.height, { kernel: "lanczos3", fit: "fill" })
          .toColourspace("b-w")
          .raw()
          .toBuffer(),
      );
      await stages.time("upsample", async () => {
        // a* and b*, one after the other: libvips would take a second channel for alpha.
        for (let channel = 0; channel < 2; channel++) {
          await sharp(plane, { raw: { ...small, channels: 1 } })
            .resize(width, height, { kernel: "linear", fit: "fill" })
            .toColourspace("b-w")
            .raw({ depth: "float" })
            .toBuffer();
        }
      });
      await stages.time("compose", () =>
        sharp(rgb, { raw: { ...raw, channels: 3 } })
          .toColourspace("lab")
          .raw({ depth: "float" })
          .toBuffer(),
      );
      await stages.time("encode", () =>
        sharp(rgb, { raw: { ...raw, channels: 3 } })
          .jpeg({ quality: 95, chromaSubsampling: "4:4:4" })
          .toBuffer(),
      );
      return stages.seconds;
    },
  };
});

function decoded(file, space) {
  return sharp(file).toColourspace(space).raw().toBuffer({ resolveWithObject: true });
}
