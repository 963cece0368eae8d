import { readFile } from "node:fs/promises";
import sharp, { type Sharp } from "sharp";
import { describe, expect, it } from "vitest";
import { flatPicture, noisePicture, pngClaiming } from "../testing/pictures.js";
import { cropPicture, decodePicture, type RgbPicture, sampledMeanChroma } from "./picture.js";

const pixel = ({ rgb, width }: RgbPicture, x: number, y: number): number[] => [
  ...rgb.subarray(3 * (y * width + x), 3 * (y * width + x) + 3),
];

/** Left half of one colour, right half of another. */
async function halves(width: number, height: number): Promise<Sharp> {
  const right = await flatPicture([0, 0, 200], width / 2, height);
  return sharp(await flatPicture([200, 0, 0], width, height)).composite([
    { input: right, left: width / 2, top: 0 },
  ]);
}

describe("decodePicture", () => {
  it("scales the short side, keeping the proportions", async () => {
    const wide = await decodePicture(await noisePicture(1, 120, 60), 40);
    expect([wide.width, wide.height, wide.rgb.length]).toEqual([80, 40, 80 * 40 * 3]);
    const tall = await decodePicture(await noisePicture(1, 30, 45), 60);
    expect([tall.width, tall.height]).toEqual([60, 90]);
  });

  it("reads bitmaps, too", async () => {
    const folder = new URL("../../src/testing/picture-kinds/", import.meta.url);
    const file = await readFile(new URL("rgb.bmp", folder));
    const { width, height, rgb } = await decodePicture(file, 12);
    expect([width, height]).toEqual([16, 12]);
    expect([...rgb.subarray(0, 3)]).toEqual([0, 255, 128]);
    const large = Buffer.from(file);
    large.writeInt32LE(20_000, 18);
    large.writeInt32LE(20_000, 22);
    await expect(decodePicture(large, 12)).rejects.toThrow(/too many pixels/);
    await expect(decodePicture(file.subarray(0, 300), 12)).rejects.toThrow(/cut short/);
  });

  it("turns pictures upright", async () => {
    // EXIF orientation 6: to be shown turned by 90 degrees clockwise, so that left becomes top.
    const turned = await (await halves(64, 32)).withMetadata({ orientation: 6 }).png().toBuffer();
    const picture = await decodePicture(turned, 32);
    expect([picture.width, picture.height]).toEqual([32, 64]);
    expect(pixel(picture, 16, 8)).toEqual([200, 0, 0]);
    expect(pixel(picture, 16, 56)).toEqual([0, 0, 200]);
  });

  it("gives 8-bit sRGB whatever the channels", async () => {
    const grey = await sharp(await flatPicture([90, 90, 90]))
      .toColourspace("b-w")
      .png()
      .toBuffer();
    expect(pixel(await decodePicture(grey, 32), 3, 3)).toEqual([90, 90, 90]);
    const deep = await sharp(await flatPicture([90, 60, 30]))
      .toColourspace("rgb16")
      .png()
      .toBuffer();
    expect(pixel(await decodePicture(deep, 32), 3, 3)).toEqual([90, 60, 30]);
    const clear = await sharp(await flatPicture([90, 60, 30]))
      .ensureAlpha(0)
      .png()
      .toBuffer();
    expect(pixel(await decodePicture(clear, 32), 3, 3)).toEqual([255, 255, 255]);
    // Display P3 (234, 51, 35) is sRGB red (255, 0, 0) to within rounding.
    const wide = await sharp(await flatPicture([255, 0, 0]))
      .withIccProfile("p3")
      .png()
      .toBuffer();
    expect(pixel(await decodePicture(wide, 32), 3, 3)[0]).toBeGreaterThan(252);
    const stored = await sharp(wide, { ignoreIcc: true }).raw().toBuffer();
    expect(stored[0]).toBeLessThan(240);
  });

  for (const format of ["jpeg", "png", "webp"] as const) {
    it(`refuses a truncated ${format}`, async () => {
      const whole = await noisePicture(1, 64, 64, format);
      await expect(decodePicture(whole, 32)).resolves.toBeDefined();
      for (const share of [0.1, 0.5, 0.9]) {
        const cut = whole.subarray(0, Math.floor(share * whole.length));
        await expect(decodePicture(cut, 32)).rejects.toThrow();
      }
    });
  }

  it("refuses what is no photograph", async () => {
    await expect(decodePicture(Buffer.from("plain text"), 32)).rejects.toThrow(/unsupported/);
    const drawing = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>');
    await expect(decodePicture(drawing, 32)).rejects.toThrow("svg, not a photograph");
  });

  it("refuses pictures that would fill the memory", async () => {
    await expect(decodePicture(await pngClaiming(60000, 60000), 32)).rejects.toThrow(/pixel limit/);
    await expect(decodePicture(await flatPicture([1, 2, 3], 1, 4000), 32)).rejects.toThrow(
      "1 x 4000 pixels",
    );
  });
});

describe("sampledMeanChroma", () => {
  it("is that of CIELAB", async () => {
    // sRGB red is L* 53.24, a* 80.09, b* 67.20 (Lindbloom): chroma 104.55.
    const red = await decodePicture(await flatPicture([255, 0, 0], 200, 150), 150);
    expect(sampledMeanChroma(red)).toBeCloseTo(104.55, 1);
    const grey = await decodePicture(await flatPicture([77, 77, 77]), 32);
    expect(sampledMeanChroma(grey)).toBeLessThan(0.01);
    const half = await (await halves(64, 64)).png().toBuffer();
    const [left, right] = await Promise.all(
      (
        [
          [200, 0, 0],
          [0, 0, 200],
        ] as const
      ).map(async (color) => sampledMeanChroma(await decodePicture(await flatPicture(color), 32))),
    );
    expect(sampledMeanChroma(await decodePicture(half, 64))).toBeCloseTo((left! + right!) / 2, 3);
  });
});

describe("cropPicture", () => {
  // Every pixel holds its own coordinates.
  const width = 5;
  const rgb = Uint8Array.from({ length: 3 * width * 4 }, (_, i) => {
    const place = Math.floor(i / 3);
    return [place % width, Math.floor(place / width), 99][i % 3]!;
  });
  const picture = { rgb, width, height: 4 };

  it("cuts a square out", () => {
    expect([...cropPicture(picture, 3, 1, 2, false)]).toEqual([
      3, 1, 99, 4, 1, 99, 3, 2, 99, 4, 2, 99,
    ]);
  });

  it("mirrors it", () => {
    expect([...cropPicture(picture, 3, 1, 2, true)]).toEqual([
      4, 1, 99, 3, 1, 99, 4, 2, 99, 3, 2, 99,
    ]);
  });
});
