import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { noisePicture } from "../testing/pictures.js";
import { decodePicture, type RgbPicture } from "./picture.js";
import { viewOf } from "./view.js";

/** Smooth colours, 144 x 96. */
async function smoothPicture(): Promise<RgbPicture> {
  const noise = sharp(await noisePicture(7, 24, 16)).resize(144, 96, { kernel: "cubic" });
  return decodePicture(await noise.png().toBuffer(), 96);
}

describe("a view of a picture", () => {
  it.each([
    [90, 40],
    [64, 33],
  ])("of %i pixels scaled to %i is what libvips' linear filter makes of it", async (side, size) => {
    const picture = await smoothPicture();
    const [left, top] = [3, 2];
    const ours = viewOf(picture, left, top, side, size, false);
    const theirs = await sharp(Buffer.from(picture.rgb), {
      raw: { width: picture.width, height: picture.height, channels: 3 },
    })
      .extract({ left, top, width: side, height: side })
      .resize(size, size, { kernel: "linear", fastShrinkOnLoad: false })
      .raw()
      .toBuffer();
    const errors = ours.map((value, index) => Math.abs(value - theirs[index]!));
    expect(errors.reduce((a, b) => a + b, 0) / errors.length).toBeLessThan(1.5);
  });

  it("is interpolated between the centres of pixels when it is enlarged", () => {
    // Five times the place, in every row.
    const rgb = Uint8Array.from({ length: 3 * 20 * 20 }, (_, i) => 5 * (Math.floor(i / 3) % 20));
    const view = viewOf({ rgb, width: 20, height: 20 }, 0, 0, 20, 50, false);
    for (let x = 2; x < 48; x++) {
      expect(view[3 * (50 * 25 + x)]).toBeCloseTo(5 * ((x + 0.5) * 0.4 - 0.5), -0.5);
    }
  });

  it("is mirrored if asked", async () => {
    const picture = await smoothPicture();
    const [plain, mirrored] = [false, true].map((flip) => viewOf(picture, 0, 0, 80, 32, flip));
    for (let y = 0; y < 32; y++) {
      for (let x = 0; x < 32; x++) {
        expect(mirrored![3 * (32 * y + x)]).toBe(plain![3 * (32 * y + 31 - x)]);
      }
    }
  });

  it("of a flat picture is flat", () => {
    const rgb = new Uint8Array(3 * 50 * 60).fill(201);
    for (const size of [7, 44, 50, 77]) {
      const view = viewOf({ rgb, width: 60, height: 50 }, 0, 0, 50, size, true);
      expect(new Set(view)).toEqual(new Set([201]));
    }
  });
});
