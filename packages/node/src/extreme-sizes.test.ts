import sharp from "sharp";
import { afterAll, expect, it } from "vitest";
import { Colorizer } from "./index.js";
import { tinyDistributionModel } from "./testing/tiny-color-model.js";

const colorizer = await Colorizer.load({ model: tinyDistributionModel(), threads: 1 });
afterAll(() => colorizer.close());

it.each([
  [1, 1],
  [1, 2],
  [1, 10_000],
  [10_000, 1],
  [65_000, 3],
  [3, 65_000],
])("pictures of %i x %i pixels are colourised at their size", async (width, height) => {
  const data = Uint8Array.from({ length: width * height }, (_, i) => (i * 37) % 256);
  const png = await sharp(data, { raw: { width, height, channels: 1 } })
    .png()
    .toBuffer();
  const photo = await colorizer.colorize(png);
  expect([photo.width, photo.height]).toEqual([width, height]);
  for (const format of ["jpeg", "png", "tiff"] as const) {
    const written = await sharp(await photo.toBuffer(format)).metadata();
    expect([written.width, written.height]).toEqual([width, height]);
  }
  const tooLarge = Math.max(width, height) > 16_383;
  const webp = photo.toBuffer("webp");
  if (tooLarge) await expect(webp).rejects.toThrow(/choose PNG or TIFF/);
  else expect((await sharp(await webp).metadata()).width).toBe(width);
});
