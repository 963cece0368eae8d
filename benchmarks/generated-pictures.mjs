// Pictures like photographs, as far as their file size and detail go: smooth shapes, edges, texture
// and grain. No photograph is needed to measure speed.

import sharp from "sharp";
import { uniform } from "./random-tensors.mjs";

const GRAIN = 2.5;

/**
 * Noise of all sizes, enlarged smoothly and added up; a coarse one decides between light and dark
 * regions, which makes edges.
 *
 * @returns interleaved 8-bit samples `[height, width, channels]`
 */
export async function likeAPhotograph({ width, height, channels, seed }) {
  const draw = uniform(seed);
  const sum = new Float32Array(width * height);
  for (let cells = 4; cells <= width / 4; cells *= 2) {
    const octave = await noise({ width, height, cells, draw });
    const isRegion = cells === 8;
    const weight = 60 / Math.sqrt(cells / 4);
    for (let i = 0; i < sum.length; i++) {
      sum[i] += isRegion ? (octave[i] > 128 ? 25 : -25) : (weight * (octave[i] - 128)) / 128;
    }
  }
  const tints = await Promise.all(
    Array.from({ length: channels }, () => noise({ width, height, cells: 8, draw })),
  );
  const pixels = Buffer.alloc(width * height * channels);
  for (let i = 0; i < sum.length; i++) {
    const light = 120 + sum[i] + GRAIN * (draw() + draw());
    for (let channel = 0; channel < channels; channel++) {
      const tint = channels === 1 ? 0 : (tints[channel][i] - 128) / 4;
      pixels[i * channels + channel] = Math.min(Math.max(light + tint, 0), 255);
    }
  }
  return pixels;
}

async function noise({ width, height, cells, draw }) {
  const rows = Math.max(2, Math.round((cells * height) / width));
  const small = Buffer.from(Uint8Array.from({ length: cells * rows }, () => 128 + 127 * draw()));
  return sharp(small, { raw: { width: cells, height: rows, channels: 1 } })
    .resize(width, height, { kernel: "cubic", fit: "fill" })
    .toColourspace("b-w")
    .raw()
    .toBuffer();
}

/** Writes one JPEG of quality 90, grey or in colour. */
export async function writePhotograph(path, { width, height, channels, seed }) {
  const pixels = await likeAPhotograph({ width, height, channels, seed });
  await encode(sharp(pixels, { raw: { width, height, channels } }), channels, path);
}

/** Writes JPEGs of quality 90 to the paths: sections of one large picture. */
export async function writePhotographs(paths, { width, height, channels }) {
  const large = { width: 2 * width, height: 2 * height, channels };
  const pixels = await likeAPhotograph({ ...large, seed: 3 });
  const draw = uniform(4);
  const place = (length) => Math.floor(((draw() + 1) / 2) * length);
  for (const path of paths) {
    const section = { left: place(width), top: place(height), width, height };
    await encode(sharp(pixels, { raw: large }).extract(section), channels, path);
  }
}

function encode(picture, channels, path) {
  return picture
    .toColourspace(channels === 1 ? "b-w" : "srgb")
    .jpeg({ quality: 90 })
    .toFile(path);
}
