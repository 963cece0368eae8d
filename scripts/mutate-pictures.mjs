// Decodes pictures with random damage and tells what became of them: no crash, no hang, no picture that
// silently ends in grey, no memory that is not given back.
//
//   npm run build && node scripts/mutate-pictures.mjs [how many, default 1000] [seed, default 1]

import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { randomUint32 } from "@let-there-be-color/core/random";
import sharp from "sharp";
import { decodePhoto } from "../packages/node/dist/image/decode.js";

const BATCH = 50;
const SECONDS_PER_PICTURE = 20;
const kinds = new URL("../packages/node/src/testing/picture-kinds/", import.meta.url);

const [count = "1000", seed = "1", batch] = process.argv.slice(2);
if (batch === undefined) runBatches(Number(count), Number(seed));
else await decodeBatch(Number(seed), Number(batch), Number(count));

/** A process for each batch: a crash of native code ends that one only. */
function runBatches(total, seed) {
  const all = { whole: 0, changed: 0, refused: 0, grey: 0, slow: 0 };
  let crashed = 0;
  for (let first = 0; first < total; first += BATCH) {
    const size = Math.min(BATCH, total - first);
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      [fileURLToPath(import.meta.url), String(size), String(seed), String(first)],
      { encoding: "utf8", timeout: size * SECONDS_PER_PICTURE * 1000 },
    );
    if (status !== 0) {
      crashed++;
      console.log(`Pictures ${first} to ${first + size - 1} ended the process: ${stderr}`);
      continue;
    }
    const lines = stdout.trim().split("\n");
    const found = JSON.parse(lines.pop());
    for (const line of lines) console.log(line);
    for (const [name, value] of Object.entries(found)) if (name in all) all[name] += value;
  }
  console.log(`${total} pictures, seed ${seed}:`, { ...all, crashed });
  process.exitCode = crashed + all.grey + all.slow > 0 ? 1 : 0;
}

async function decodeBatch(seed, first, size) {
  const sources = await originals();
  const found = { whole: 0, changed: 0, refused: 0, grey: 0, slow: 0 };
  let memory;
  for (let i = first; i < first + size; i++) {
    const { name, file, looks } = sources[randomUint32(seed, 4 * i) % sources.length];
    const label = `picture ${i} (${name})`;
    const start = performance.now();
    try {
      const { gray } = await decodePhoto(mutated(file, seed * 100_000 + i), label);
      if (Buffer.from(gray.codes).equals(looks)) found.whole++;
      else found.changed++;
      if (endsInGrey(gray) && name.includes("noise")) {
        found.grey++;
        console.log(`${label} ends in grey`);
      }
    } catch (error) {
      if (error.name !== "UserError" || !error.message.includes(label)) throw error;
      found.refused++;
    }
    const seconds = (performance.now() - start) / 1000;
    if (seconds > SECONDS_PER_PICTURE) {
      found.slow++;
      console.log(`${label} took ${seconds.toFixed(0)} s`);
    }
    // The first pictures fill tables and caches.
    if (i === first + Math.floor(size / 2)) memory = process.memoryUsage().rss;
  }
  const growth = (process.memoryUsage().rss - memory) / 1e6;
  if (growth > 300) throw new Error(`The second half of the pictures left ${growth.toFixed(0)} MB`);
  console.log(JSON.stringify(found));
}

/** Small pictures of all kinds, and noise in every compression: nothing in it is flat by itself. */
async function originals() {
  const pixels = Uint8Array.from({ length: 96 * 64 * 3 }, (_, i) => randomUint32(7, i) >>> 24);
  const noise = sharp(pixels, { raw: { width: 96, height: 64, channels: 3 } });
  const encoded = {
    "noise.jpg": noise.clone().jpeg(),
    "noise-progressive.jpg": noise.clone().jpeg({ progressive: true }),
    "noise.png": noise.clone().png(),
    "noise.webp": noise.clone().webp(),
    "noise-lossless.webp": noise.clone().webp({ lossless: true }),
    "noise.avif": noise.clone().avif(),
    "noise.gif": noise.clone().gif(),
    "noise-lzw.tif": noise.clone().tiff({ compression: "lzw" }),
    "noise-deflate.tif": noise.clone().tiff({ compression: "deflate" }),
    "noise-jpeg.tif": noise.clone().tiff({ compression: "jpeg" }),
    "noise-tiled.tif": noise.clone().tiff({ tile: true, tileWidth: 32, tileHeight: 32 }),
  };
  const files = await Promise.all(
    Object.entries(encoded).map(async ([name, image]) => [name, await image.toBuffer()]),
  );
  for (const name of readdirSync(kinds)) {
    if (/\.(tif|png|jpg|bmp)$/.test(name)) files.push([name, readFileSync(new URL(name, kinds))]);
  }
  return Promise.all(
    files.map(async ([name, file]) => {
      const { gray } = await decodePhoto(file, name);
      return { name, file, looks: Buffer.from(gray.codes) };
    }),
  );
}

/** One to eight bytes changed, a piece cut out, doubled or filled with zeros, or the end cut off. */
function mutated(file, seed) {
  let n = 0;
  const random = (limit) => randomUint32(seed, n++) % limit;
  const copy = Buffer.from(file);
  const [at, length] = [random(file.length), 1 + random(64)];
  switch (random(6)) {
    case 0:
      return copy.subarray(0, at);
    case 1:
      return Buffer.concat([copy.subarray(0, at), copy.subarray(at + length)]);
    case 2:
      return Buffer.concat([copy.subarray(0, at + length), copy.subarray(at)]);
    case 3:
      return copy.fill(0, at, Math.min(at + length, copy.length));
    default:
      for (let i = random(8); i >= 0; i--) copy[random(copy.length)] = random(256);
      return copy;
  }
}

/**
 * Whether the picture begins well and its last eighth is of one code, as decoders fill what is missing.
 * (Changed bytes of a lossy WebP, which has no checksum, may turn all of it into one tone: no decoder can
 * tell, and the notice `one-tone` does.)
 */
function endsInGrey({ width, height, codes }) {
  const rows = Math.ceil(height / 8);
  const start = new Set(codes.subarray(0, rows * width));
  const end = new Set(codes.subarray((height - rows) * width));
  return start.size > 8 && end.size === 1;
}
