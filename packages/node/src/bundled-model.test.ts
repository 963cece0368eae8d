import { readFile, stat } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { rgbToLab } from "@let-there-be-color/core/color";
import { forCpu } from "@let-there-be-color/core/network";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Colorizer } from "./colorizer.js";

const samples = new URL("../../../samples/", import.meta.url);
const golden = new URL("../src/testing/golden/", import.meta.url);
const names = ["mountain-path", "meadow", "forest-stream", "dandelions"] as const;
/** Width in pixels of the golden pictures. */
const GOLDEN_WIDTH = 160;

interface LabPicture {
  readonly width: number;
  readonly height: number;
  readonly lightness: Float32Array;
  /** a* plane, then b* plane. */
  readonly ab: Float32Array;
}

async function readLab(file: Buffer): Promise<LabPicture> {
  const { data, info } = await sharp(file)
    .resize({ width: GOLDEN_WIDTH })
    .removeAlpha()
    .toColourspace("srgb")
    .raw()
    .toBuffer({ resolveWithObject: true });
  const { width, height } = info;
  const lightness = new Float32Array(width * height);
  const ab = new Float32Array(2 * width * height);
  rgbToLab(data, width * height, lightness, ab);
  return { width, height, lightness, ab };
}

/** Mean Euclidean distance in CIELAB (delta E 1976). */
function meanDifference(first: LabPicture, second: LabPicture): number {
  const pixels = first.width * first.height;
  let sum = 0;
  for (let pixel = 0; pixel < pixels; pixel++) {
    sum += Math.hypot(
      first.lightness[pixel]! - second.lightness[pixel]!,
      first.ab[pixel]! - second.ab[pixel]!,
      first.ab[pixels + pixel]! - second.ab[pixels + pixel]!,
    );
  }
  return sum / pixels;
}

/** Mean a* and b* over a region given in shares (0..1) of width and height. */
function meanChroma(
  { width, height, ab }: LabPicture,
  [left, top, right, bottom]: readonly [number, number, number, number],
): { a: number; b: number } {
  let [a, b, count] = [0, 0, 0];
  for (let y = Math.floor(top * height); y < bottom * height; y++) {
    for (let x = Math.floor(left * width); x < right * width; x++) {
      a += ab[y * width + x]!;
      b += ab[width * height + y * width + x]!;
      count++;
    }
  }
  return { a: a / count, b: b / count };
}

describe("the bundled model on the sample photographs", () => {
  let colorizer: Colorizer;
  const pictures = new Map<string, LabPicture>();

  beforeAll(async () => {
    colorizer = await Colorizer.load();
    for (const name of names) {
      const photo = await colorizer.colorize(fileURLToPath(new URL(`${name}.jpg`, samples)));
      pictures.set(name, await readLab(await photo.toBuffer("png")));
    }
  });
  afterAll(() => colorizer.close());

  test.each(names)("%s looks like its golden picture", async (name) => {
    const expected = await readLab(await readFile(new URL(`${name}.png`, golden)));
    expect(meanDifference(pictures.get(name)!, expected)).toBeLessThan(1);
  });

  test("a clear sky is blue", () => {
    const { b } = meanChroma(pictures.get("mountain-path")!, [0.4, 0.05, 0.7, 0.15]);
    expect(b).toBeLessThan(-8);
  });

  test("a forest is on the green side of grey", () => {
    const { a, b } = meanChroma(pictures.get("meadow")!, [0.05, 0.55, 0.6, 0.7]);
    expect(a).toBeLessThan(0);
    expect(b).toBeGreaterThan(5);
  });

  test("scenes are named, their probabilities add up to 1", async () => {
    const photo = await colorizer.colorize(fileURLToPath(new URL("meadow.jpg", samples)));
    expect(photo.scenes).toHaveLength(100);
    expect(photo.scenes.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 4);
    expect(photo.scenes[0]!.name).toMatch(/^[a-z_/]+$/);
  });

  test("is of the form that is rearranged for the CPU", async () => {
    const path = fileURLToPath(import.meta.resolve("@let-there-be-color/models/color.onnx"));
    const model = await readFile(path);
    expect(forCpu(model)).not.toBe(model);
  });

  test("takes at most 20 MB on disk", async () => {
    const path = fileURLToPath(import.meta.resolve("@let-there-be-color/models/color.onnx"));
    expect((await stat(path)).size).toBeLessThanOrEqual(20e6);
  });
});
