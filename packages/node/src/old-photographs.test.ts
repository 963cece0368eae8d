// Old photographs through the library: what the network sees, what the result keeps, what is told.

import { lightnessOfPixels, rgbToLab } from "@let-there-be-color/core/color";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ColorPhoto } from "./color-photo.js";
import { Colorizer } from "./colorizer.js";
import type { RawPixels } from "./image/raw-pixels.js";
import { tinyColorModel } from "./testing/tiny-color-model.js";

const [width, height] = [240, 160];
let colorizer: Colorizer;
beforeAll(async () => {
  colorizer = await Colorizer.load({ model: tinyColorModel(), threads: 1 });
});
afterAll(async () => {
  await colorizer.close();
});

function grey(codeAt: (x: number, y: number) => number): RawPixels {
  const data = Uint8Array.from({ length: width * height }, (_, i) =>
    codeAt(i % width, Math.floor(i / width)),
  );
  return { data, width, height, channels: 1 };
}

function labOf({ pixels }: ColorPhoto) {
  const count = width * height;
  const lightness = new Float32Array(count);
  const ab = new Float32Array(2 * count);
  rgbToLab(pixels as Uint8Array, count, lightness, ab);
  return { lightness, ab, count };
}

function lightnessOf({ data }: RawPixels): Float32Array {
  const lightness = new Float32Array(width * height);
  lightnessOfPixels(data as Uint8Array, 1, lightness.length, lightness);
  return lightness;
}

const codesOf = ({ notices }: ColorPhoto) => notices.map(({ code }) => code);
const full = (x: number) => Math.round((255 * x) / (width - 1));
const faded = grey((x) => 110 + Math.round(0.3 * full(x)));

describe("a faded photograph", () => {
  it("is coloured as if it were not faded, and keeps its lightness", async () => {
    const photo = await colorizer.colorize(faded);
    const { lightness, ab, count } = labOf(photo);
    const own = lightnessOf(faded);
    for (let i = 0; i < count; i++) expect(Math.abs(lightness[i]! - own[i]!)).toBeLessThan(0.4);
    // The model's chroma is 0.3 and -0.4 of the lightness that it sees: nearly 0 at the left end.
    const row = 80 * width;
    expect(Math.hypot(ab[row + 8]!, ab[count + row + 8]!)).toBeLessThan(8);
    expect(own[row + 8]).toBeGreaterThan(45);
    expect(codesOf(photo)).toEqual([]);
  });

  it("gets its range back where that is asked for, also when it is rendered again", async () => {
    const photo = await colorizer.colorize(faded, { restoreLevels: true });
    const again = await photo.render({ saturation: 0.5 });
    for (const each of [photo, again]) {
      const { lightness } = labOf(each);
      const sorted = lightness.slice().sort();
      expect(sorted[Math.round(0.005 * sorted.length)]).toBeCloseTo(8, -0.5);
      expect(sorted[Math.round(0.995 * sorted.length)]).toBeCloseTo(92, -0.5);
      for (let x = 1; x < width; x++) {
        expect(lightness[x]!).toBeGreaterThanOrEqual(lightness[x - 1]! - 0.5);
      }
    }
  });

  it("of the usual range stays as it is, though levels are asked for", async () => {
    const photograph = grey((x) => full(x));
    const asked = await colorizer.colorize(photograph, { restoreLevels: true });
    const plain = await colorizer.colorize(photograph);
    expect(asked.pixels).toEqual(plain.pixels);
  });
});

describe("a scan with borders", () => {
  it("has colour in the photograph and none around it", async () => {
    const isBorder = (x: number, y: number) => x < 20 || x >= 225 || y < 15 || y >= 140;
    const scan = grey((x, y) => (isBorder(x, y) ? 245 : 60 + ((x * 5 + y * 3) % 120)));
    const { ab, count } = labOf(await colorizer.colorize(scan));
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const i = y * width + x;
        const chroma = Math.hypot(ab[i]!, ab[count + i]!);
        if (x < 16 || x >= 229 || y < 11 || y >= 144) {
          if (chroma > 1) throw new Error(`Chroma ${chroma} at ${x}, ${y}, in the border`);
        } else if (x >= 24 && x < 221 && y >= 19 && y < 136 && chroma < 2) {
          throw new Error(`Chroma ${chroma} at ${x}, ${y}, in the photograph`);
        }
      }
    }
  });
});

describe("notices", () => {
  const colors = (colorAt: (x: number, y: number) => readonly number[]): RawPixels => {
    const data = new Uint8Array(width * height * 3);
    for (let i = 0; i < width * height; i++) {
      data.set(colorAt(i % width, Math.floor(i / width)), 3 * i);
    }
    return { data, width, height, channels: 3 };
  };

  it("tell of a photograph in colour, not of a sepia print", async () => {
    const sepia = colors((x) => [40 + 0.8 * full(x), 30 + 0.7 * full(x), 20 + 0.5 * full(x)]);
    expect(codesOf(await colorizer.colorize(sepia))).not.toContain("color-photograph");
    const garden = colors((x, y) => (y < 60 ? [90, 130, full(x)] : [full(x), 140, 60]));
    expect(codesOf(await colorizer.colorize(garden))).toContain("color-photograph");
  });

  it("tell of a blank page, and of colours that are nearly grey unless that was wanted", async () => {
    const page = grey((x, y) => 240 + ((x + y) % 3));
    expect(codesOf(await colorizer.colorize(page))).toContain("one-tone");
    const photo = await colorizer.colorize(faded, { saturation: 0.05 });
    expect(codesOf(photo)).toEqual([]);
    expect(codesOf(await photo.render({ saturation: 0 }))).toEqual([]);
  });
});
