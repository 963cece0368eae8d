// What enlarging chroma costs in colour: bilinear beside guided by lightness, on colour photographs.
//
//   npm run build && node benchmarks/chroma-enlargement.mjs FOLDER [COUNT] [LONG_SIDE]
//
// FOLDER holds photographs of 512 pixels and more, COUNT is the number of them (default: all); those with
// a side over LONG_SIDE (default 1800) are reduced to it. Two experiments: the photograph's own chroma,
// averaged over the positions of the default model's prediction, shows the enlargement alone; the model's
// chroma shows what is left of that where the colours are guessed. Prints one JSON object. Of each
// picture, then the mean over pictures:
//
// - ab: mean distance to the truth in the a*b* plane, CIELAB units; everywhere, at the edges of the true
//   chroma (within half a position of a Sobel slope over 3 units a pixel) and elsewhere;
// - ciede2000: mean, of every fifth pixel;
// - leaked: the share of all chroma slope with no lightness edge of the truth (over 2 L* a pixel) within 2
//   pixels. As the bleeding index of `ltbc evaluate`, but slopes of any strength count: in a large picture
//   that is enlarged bilinearly, the most blurred edge is a slope below that index's threshold.

import { readdir } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { ChromaUpsampler, rgbToLab } from "@let-there-be-color/core/color";
import { meanCiede2000, nearLightnessEdges } from "@let-there-be-color/core/evaluation";
import sharp from "sharp";
import { blockMeans } from "../packages/core/dist/color/block-means.js";
import { slopeX, slopeY } from "../packages/core/dist/evaluation/slopes.js";
import { loadColorModel } from "../packages/node/dist/color-model.js";

const EDGE = 3;

const [folder, count = "Infinity", longSide = "1800"] = process.argv.slice(2);
if (!folder) {
  process.stderr.write(
    "usage: node benchmarks/chroma-enlargement.mjs FOLDER [COUNT] [LONG_SIDE]\n",
  );
  process.exit(2);
}
const names = (await readdir(folder, { recursive: true }))
  .filter((name) => /\.(jpe?g|png|webp)$/i.test(name))
  .sort()
  .slice(0, Number(count));
const model = await loadColorModel(undefined, {}, { pictures: names.length });
const sums = {};
for (const name of names) {
  const truth = await read(join(folder, name), Number(longSide));
  const predicted = (await model.analyze(truth)).render();
  for (const [experiment, chroma] of [
    ["photograph", ownChroma(truth, predicted)],
    ["model", predicted],
  ]) {
    const { guide, ...bilinear } = chroma;
    add(`${experiment}, bilinear`, measure(truth, chroma, enlarge(truth, bilinear)));
    add(`${experiment}, guided`, measure(truth, chroma, enlarge(truth, chroma)));
  }
  add("truth", { leaked: leaked(truth, truth.ab) });
}
await model.close();
process.stdout.write(`${JSON.stringify({ pictures: names.length, ...means() }, null, 1)}\n`);

async function read(path, side) {
  const { data, info } = await sharp(path)
    .autoOrient()
    .resize(side, side, { fit: "inside", withoutEnlargement: true })
    .toColourspace("srgb")
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  const { width, height } = info;
  const lightness = new Float32Array(width * height);
  const ab = new Float32Array(2 * width * height);
  rgbToLab(data, width * height, lightness, ab);
  return { width, height, lightness, ab, near: nearLightnessEdges(lightness, width, height) };
}

/** The photograph's own chroma in the place of the model's. */
function ownChroma(truth, { width, height, guide }) {
  const ab = new Float32Array(2 * width * height);
  const pixels = truth.width * truth.height;
  for (const plane of [0, 1]) {
    const own = truth.ab.subarray(plane * pixels, (plane + 1) * pixels);
    ab.set(blockMeans(own, truth, { width, height }), plane * width * height);
  }
  return { ab, width, height, guide };
}

function enlarge({ width, height, lightness }, chroma) {
  const ab = new Float32Array(2 * width * height);
  new ChromaUpsampler(chroma, width, height).rows(0, height, lightness, ab);
  return ab;
}

function measure(truth, { width }, ab) {
  const pixels = truth.width * truth.height;
  const atEdge = chromaEdges(truth, Math.ceil(truth.width / width / 2));
  const errors = [0, 0];
  const counts = [0, 0];
  for (let i = 0; i < pixels; i++) {
    const error = Math.hypot(ab[i] - truth.ab[i], ab[pixels + i] - truth.ab[pixels + i]);
    errors[atEdge[i]] += error;
    counts[atEdge[i]]++;
  }
  return {
    ab: (errors[0] + errors[1]) / pixels,
    abAtEdges: errors[1] / Math.max(counts[1], 1),
    abElsewhere: errors[0] / Math.max(counts[0], 1),
    ciede2000: sampledCiede2000(truth, ab),
    leaked: leaked(truth, ab),
  };
}

function sampledCiede2000(truth, ab) {
  const every = (plane) => plane.filter((_, i) => i % 5 === 0);
  const pixels = truth.width * truth.height;
  const both = (planes) => {
    const [a, b] = [every(planes.subarray(0, pixels)), every(planes.subarray(pixels))];
    const sampled = new Float32Array(a.length + b.length);
    sampled.set(a);
    sampled.set(b, a.length);
    return sampled;
  };
  const lightness = every(truth.lightness);
  return meanCiede2000(lightness, both(truth.ab), lightness, both(ab));
}

function squaredSlope(ab, i, width, pixels) {
  const a = ab.subarray(0, pixels);
  const b = ab.subarray(pixels);
  const [ax, ay] = [slopeX(a, i, width), slopeY(a, i, width)];
  const [bx, by] = [slopeX(b, i, width), slopeY(b, i, width)];
  return ax * ax + ay * ay + bx * bx + by * by;
}

/** 1 within `reach` pixels, in x and in y, of an edge of the true chroma. */
function chromaEdges({ width, height, ab }, reach) {
  const edges = new Uint8Array(width * height);
  for (let y = 1; y < height - 1; y++) {
    for (let x = 1; x < width - 1; x++) {
      const i = y * width + x;
      if (squaredSlope(ab, i, width, width * height) > EDGE ** 2) edges[i] = 1;
    }
  }
  const rows = { lines: height, toLine: width, length: width, step: 1 };
  const columns = { lines: width, toLine: 1, length: height, step: width };
  return spread(spread(edges, rows, reach), columns, reach);
}

/** Spreads ones along lines `toLine` apart, whose samples are `step` apart. */
function spread(marks, { lines, toLine, length, step }, reach) {
  const wide = new Uint8Array(marks.length);
  for (let line = 0; line < lines; line++) {
    for (const direction of [1, -1]) {
      let since = Number.POSITIVE_INFINITY;
      for (let n = 0; n < length; n++) {
        const i = line * toLine + (direction === 1 ? n : length - 1 - n) * step;
        since = marks[i] ? 0 : since + 1;
        if (since <= reach) wide[i] = 1;
      }
    }
  }
  return wide;
}

function leaked({ width, height, near }, ab) {
  let all = 0;
  let alone = 0;
  for (let y = 1; y < height - 1; y++) {
    for (let x = 1; x < width - 1; x++) {
      const i = y * width + x;
      const slope = Math.sqrt(squaredSlope(ab, i, width, width * height));
      all += slope;
      if (!near[i]) alone += slope;
    }
  }
  return alone / Math.max(all, 1e-9);
}

function add(system, measures) {
  sums[system] ??= {};
  for (const [name, value] of Object.entries(measures)) {
    sums[system][name] = (sums[system][name] ?? 0) + value;
  }
}

function means() {
  const mean = (sum) => Number((sum / names.length).toFixed(3));
  const rows = Object.entries(sums).map(([system, measures]) => [
    system,
    Object.fromEntries(Object.entries(measures).map(([name, sum]) => [name, mean(sum)])),
  ]);
  return Object.fromEntries(rows);
}
