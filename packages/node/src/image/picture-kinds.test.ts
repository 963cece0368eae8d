import { readFileSync } from "node:fs";
import { extname } from "node:path";
import { describe, expect, it } from "vitest";
import { type DecodedPhoto, decodePhoto } from "./decode.js";

// Small pictures of many kinds, and what tifffile, Pillow and LittleCMS read in them; `make.py` beside
// them says how they were made.
const folder = new URL("../../src/testing/picture-kinds/", import.meta.url);

interface Expected {
  readonly bitDepth: 8 | 16;
  /** At the places. */
  readonly lightness: readonly number[];
  readonly alpha?: readonly number[];
  readonly tolerance: number;
}

const expected: Record<string, Expected> = JSON.parse(
  readFileSync(new URL("expected.json", folder), "utf8"),
);
const places = [
  [0, 0],
  [3, 3],
  [8, 5],
  [15, 0],
  [0, 11],
  [12, 9],
  [15, 11],
  [7, 2],
] as const;

function lightnessAt({ gray }: DecodedPhoto, x: number, y: number): number {
  return gray.lightness[gray.codes[y * gray.width + x]!]!;
}

describe("decodePhoto reads what other programs read", () => {
  it.each(Object.entries(expected))("in %s", async (name, { bitDepth, tolerance, ...wanted }) => {
    const photo = await decodePhoto(readFileSync(new URL(name, folder)), name);
    expect(photo.gray).toMatchObject({ width: 16, height: 12 });
    expect(photo.bitDepth).toBe(bitDepth);
    const formats: Record<string, string> = { ".tif": "tiff", ".jpg": "jpeg" };
    expect(photo.format).toBe(formats[extname(name)] ?? "png");
    for (const [i, [x, y]] of places.entries()) {
      const difference = Math.abs(lightnessAt(photo, x, y) - wanted.lightness[i]!);
      expect(difference, `L* at ${x}, ${y}`).toBeLessThanOrEqual(tolerance);
    }
    const alpha = photo.alpha && places.map(([x, y]) => photo.alpha![y * 16 + x]);
    expect(alpha).toEqual(wanted.alpha);
  });
});
