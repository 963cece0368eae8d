import { copyFile, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { lightnessOfPixels, linearRgbToLab, rgbToLab } from "@let-there-be-color/core/color";
import sharp from "sharp";
import { afterAll, describe, expect, it } from "vitest";
import { Colorizer, UserError } from "./index.js";
import { folderForTests } from "./testing/temporary-folder.js";
import { divergedColorModel, otherModel, tinyColorModel } from "./testing/tiny-color-model.js";

const folder = await folderForTests();
const scenesPerLightness = { night: -0.01, noon: 0.02, dusk: 0 };
const colorizer = await Colorizer.load({
  model: tinyColorModel({ scenesPerLightness }),
  threads: 1,
});
afterAll(() => colorizer.close());

/** A smooth grey gradient with a fine texture, as PNG. */
async function gradient(
  width: number,
  height: number,
): Promise<{ codes: Uint8Array; png: Buffer }> {
  const codes = Uint8Array.from({ length: width * height }, (_, i) => {
    const [x, y] = [i % width, Math.floor(i / width)];
    return Math.round(30 + (180 * x) / width + (20 * y) / height + ((x + y) % 2) * 8);
  });
  const png = await sharp(codes, { raw: { width, height, channels: 1 } })
    .png()
    .toBuffer();
  return { codes, png };
}

describe("Colorizer", () => {
  it("adds the model's chroma and keeps every pixel's lightness", async () => {
    const [width, height] = [300, 201];
    const { codes, png } = await gradient(width, height);
    const photo = await colorizer.colorize(png);
    expect([photo.width, photo.height, photo.channels]).toEqual([width, height, 3]);
    const count = width * height;
    const lightness = new Float32Array(count);
    const ab = new Float32Array(2 * count);
    rgbToLab(photo.pixels as Uint8Array, count, lightness, ab);
    const grey = new Float32Array(count);
    lightnessOfPixels(codes, 1, count, grey);
    for (let i = 0; i < count; i++) {
      if (Math.abs(lightness[i]! - grey[i]!) > 0.25) throw new Error(`L* of pixel ${i} changed`);
    }
    // In the middle, chroma follows the smoothed lightness by the model's factors.
    const middle = 100 * width + 150;
    const around = (grey[middle]! + grey[middle + 1]!) / 2;
    expect(Math.abs(ab[middle]! - 0.3 * around)).toBeLessThan(1);
    expect(Math.abs(ab[count + middle]! + 0.4 * around)).toBeLessThan(1);
  });

  it("names the scenes by the model's classes, most probable first", async () => {
    const white = await sharp(new Uint8Array(64 * 64).fill(255), {
      raw: { width: 64, height: 64, channels: 1 },
    })
      .png()
      .toBuffer();
    const { scenes } = await colorizer.colorize(white);
    expect(scenes.map(({ name }) => name)).toEqual(["noon", "dusk", "night"]);
    const sum = Math.exp(2) + Math.exp(0) + Math.exp(-1); // logits are factor * 100
    expect(scenes[0]!.probability).toBeCloseTo(Math.exp(2) / sum, 4);
  });

  it("scales the chroma by the saturation, down to grey", async () => {
    const { codes, png } = await gradient(40, 30);
    const grey = await colorizer.colorize(png, { saturation: 0 });
    codes.forEach((code, i) => {
      expect([...grey.pixels.subarray(i * 3, i * 3 + 3)]).toEqual([code, code, code]);
    });
    const chroma = async (saturation: number): Promise<number> => {
      const { pixels } = await colorizer.colorize(png, { saturation });
      const [red, green, blue] = [0, 1, 2].map((c) => (pixels[1200 + c]! / 255) ** 2.2);
      const [, a, b] = linearRgbToLab(red!, green!, blue!);
      return Math.hypot(a, b);
    };
    expect((await chroma(1)) / (await chroma(0.5))).toBeCloseTo(2, 0);
  });

  it("works on pictures of one pixel and of odd shapes", async () => {
    for (const [width, height] of [
      [1, 1],
      [3, 500],
      [701, 2],
    ] as const) {
      const photo = await colorizer.colorize((await gradient(width, height)).png);
      expect([photo.width, photo.height]).toEqual([width, height]);
    }
  });

  it("takes overlapping calls", async () => {
    const { png } = await gradient(50, 40);
    const [one, two, three] = await Promise.all([1, 2, 3].map(() => colorizer.colorize(png)));
    expect(two!.pixels).toEqual(one!.pixels);
    expect(three!.pixels).toEqual(one!.pixels);
  });

  it("goes on after a picture that failed", async () => {
    await expect(colorizer.colorize(Buffer.from("nonsense"))).rejects.toThrow(UserError);
    await expect(colorizer.colorize(join(folder, "missing.png"))).rejects.toThrow(/missing\.png/);
    expect((await colorizer.colorize((await gradient(20, 20)).png)).width).toBe(20);
  });

  it("refuses options out of range", async () => {
    const { png } = await gradient(20, 20);
    for (const options of [{ workingSize: 8 }, { workingSize: 100.5 }, { saturation: -1 }]) {
      await expect(colorizer.colorize(png, options)).rejects.toThrow(UserError);
    }
  });

  it("takes the working size from the model", async () => {
    const sized = await Colorizer.load({ model: tinyColorModel({ workingSize: 96 }), threads: 1 });
    expect(sized.metadata.workingSize).toBe(96);
    expect((await sized.colorize((await gradient(20, 20)).png)).scenes).toEqual([]);
    await sized.close();
    await expect(sized.colorize(Buffer.alloc(1))).rejects.toThrow(/closed/);
  });
});

describe("ColorPhoto", () => {
  it("writes a file, but never over another or over the input", async () => {
    const input = join(folder, "in.png");
    await writeFile(input, (await gradient(30, 20)).png);
    const photo = await colorizer.colorize(input);
    const output = join(folder, "out.jpg");
    await photo.toFile(output);
    expect((await sharp(output).metadata()).format).toBe("jpeg");
    await expect(photo.toFile(output)).rejects.toThrow(UserError);
    await photo.toFile(output, { overwrite: true, format: "png" });
    expect((await sharp(output).metadata()).format).toBe("png");

    const before = await readFile(input);
    await expect(photo.toFile(input, { overwrite: true })).rejects.toThrow(UserError);
    await expect(photo.toFile(join(folder, "out.bmp"))).rejects.toThrow(UserError);
    expect(await readFile(input)).toEqual(before);
    expect((await readdir(folder)).sort()).toEqual(["in.png", "out.jpg"]);
  });

  it("encodes in the format of the input unless asked otherwise", async () => {
    const { png } = await gradient(30, 20);
    const photo = await colorizer.colorize(await sharp(png).webp().toBuffer());
    expect((await sharp(await photo.toBuffer()).metadata()).format).toBe("webp");
    expect((await sharp(await photo.toBuffer("tiff")).metadata()).format).toBe("tiff");
  });
});

describe("Colorizer.load", () => {
  it("says what is wrong with a model", async () => {
    const broken = join(folder, "broken.onnx");
    await writeFile(broken, tinyColorModel().subarray(0, 100));
    const cases: [model: string | Uint8Array, message: RegExp][] = [
      [join(folder, "missing.onnx"), /missing\.onnx cannot be read \(ENOENT\)/],
      [broken, /broken\.onnx/],
      [Buffer.from("<html>"), /Expected an ONNX model but the data is not one/],
      [otherModel(), /input "luminance" and the output "ab".*"x"/],
    ];
    for (const [model, message] of cases) {
      const error = await Colorizer.load({ model }).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(UserError);
      expect((error as UserError).message).toMatch(message);
    }
  });

  it("refuses to write a picture in colours that are no numbers", async () => {
    const diverged = await Colorizer.load({ model: divergedColorModel(), threads: 1 });
    const result = diverged.colorize((await gradient(20, 20)).png);
    await expect(result).rejects.toThrow(/not numbers/);
    await diverged.close();
  });

  it("loads from a path", async () => {
    const path = join(folder, "tiny.onnx");
    await writeFile(path, tinyColorModel());
    await copyFile(path, join(folder, "copy.onnx"));
    const loaded = await Colorizer.load({ model: join(folder, "copy.onnx"), threads: 1 });
    expect((await loaded.colorize((await gradient(9, 9)).png)).height).toBe(9);
    await loaded.close();
  });
});
