import { copyFile, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { lightnessOfPixels, linearRgbToLab, rgbToLab } from "@let-there-be-color/core/color";
import sharp from "sharp";
import { afterAll, describe, expect, it } from "vitest";
import {
  type ColorizeProgress,
  Colorizer,
  type LoadProgress,
  UserError,
  type UserErrorCode,
} from "./index.js";
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
    return Math.round((225 * x) / width + (20 * y) / height + ((x + y) % 2) * 8);
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
    const missing = await colorizer.colorize(join(folder, "missing.png")).catch((error) => error);
    expect(missing).toMatchObject({ code: "input-missing", cause: { code: "ENOENT" } });
    expect(missing.message).toMatch(/missing\.png/);
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
    await expect(sized.colorize(Buffer.alloc(1))).rejects.toThrow("This Colorizer is closed");
  });
});

describe("pixels in memory", () => {
  const [width, height] = [20, 10];

  it("grey ones, of 8 and 16 bits, get the same colours as the file", async () => {
    const { codes, png } = await gradient(width, height);
    const expected = await colorizer.colorize(png);
    const photo = await colorizer.colorize({ data: codes, width, height, channels: 1 });
    expect(photo).toMatchObject({ width, height, channels: 3, inputFormat: "png" });
    expect(photo.pixels).toEqual(expected.pixels);
    const wide = Uint16Array.from(codes, (code) => code * 257);
    const { pixels } = await colorizer.colorize({ data: wide, width, height, channels: 1 });
    expect(pixels).toBeInstanceOf(Uint16Array);
    pixels.forEach((value, i) => {
      expect(Math.abs(value / 257 - expected.pixels[i]!)).toBeLessThanOrEqual(0.51);
    });
  });

  it("coloured ones are treated as grey, and alpha is kept", async () => {
    const colors = Uint8ClampedArray.from({ length: width * height * 4 }, (_, i) => (i * 37) % 256);
    const file = sharp(Buffer.from(colors), { raw: { width, height, channels: 4 } }).png();
    const expected = await colorizer.colorize(await file.toBuffer());
    const photo = await colorizer.colorize({ data: colors, width, height, channels: 4 });
    expect(photo.pixels).toEqual(expected.pixels);
    expect(photo.pixels.filter((_, i) => i % 4 === 3)).toEqual(
      Uint8Array.from(colors.filter((_, i) => i % 4 === 3)),
    );
  });

  it.each([
    [{ data: new Uint8Array(5), width: 2, height: 2, channels: 1 }, /= 4 samples.*received 5/],
    [{ data: new Uint8Array(20), width: 2, height: 2, channels: 5 }, /`channels` but received 5/],
    [{ data: new Uint8Array(0), width: 0, height: 2, channels: 1 }, /received 0 x 2/],
    [{ data: [1, 2, 3, 4], width: 2, height: 2, channels: 1 }, /in a Uint8Array or Uint16Array/],
  ])("that do not fit together are refused: %j", async (pixels, message) => {
    const error = await colorizer.colorize(pixels as never).catch((reason) => reason);
    expect(error).toMatchObject({ code: "input-broken" });
    expect(error.message).toMatch(message);
  });
});

describe("watching and stopping", () => {
  it("loading tells how far it is, and stops", async () => {
    const seen: string[] = [];
    const model = tinyColorModel();
    const onProgress = ({ type }: LoadProgress) => void seen.push(type);
    {
      await using loaded = await Colorizer.load({ model, threads: 1 }, { onProgress });
      expect(loaded.metadata.classes).toEqual([]);
    }
    expect(seen).toEqual(["read", "build", "ready"]);
    const stop = new AbortController();
    const loading = Colorizer.load(
      { model, threads: 1 },
      { signal: stop.signal, onProgress: ({ type }) => type === "build" && stop.abort("enough") },
    );
    await expect(loading).rejects.toBe("enough");
  });

  it("colourising tells how far it is, and stops at every stage", async () => {
    const { png } = await gradient(20, 10);
    const seen: ColorizeProgress[] = [];
    await colorizer.colorize(png, {}, { onProgress: (progress) => seen.push(progress) });
    expect(seen).toEqual([
      { type: "decoded", width: 20, height: 10 },
      { type: "predicted" },
      { type: "composed" },
    ]);
    for (const stage of ["decoded", "predicted"]) {
      const stop = new AbortController();
      const stages: string[] = [];
      const onProgress = ({ type }: ColorizeProgress) => {
        stages.push(type);
        if (type === stage) stop.abort(new Error(`after ${type}`));
      };
      const work = colorizer.colorize(png, {}, { signal: stop.signal, onProgress });
      await expect(work).rejects.toThrow(`after ${stage}`);
      expect(stages.at(-1)).toBe(stage);
    }
    const aborted = { signal: AbortSignal.abort(new Error("before")) };
    await expect(colorizer.colorize(png, {}, aborted)).rejects.toThrow("before");
    expect((await colorizer.colorize(png)).width).toBe(20);
  });

  it("a Colorizer closes itself at the end of its block", async () => {
    let kept: Colorizer;
    {
      await using own = await Colorizer.load({ model: tinyColorModel(), threads: 1 });
      kept = own;
    }
    await expect(kept.colorize((await gradient(9, 9)).png)).rejects.toThrow(
      "This Colorizer is closed",
    );
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
    const cases: [model: string | Uint8Array, code: UserErrorCode, message: RegExp][] = [
      [join(folder, "missing.onnx"), "input-missing", /missing\.onnx cannot be read \(ENOENT\)/],
      [broken, "model-invalid", /broken\.onnx/],
      [Buffer.from("<html>"), "model-invalid", /ONNX model but the data is not one/],
      [otherModel(), "model-invalid", /input "luminance" and the output "ab".*"x"/],
    ];
    for (const [model, code, message] of cases) {
      const error = await Colorizer.load({ model }).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(UserError);
      expect((error as UserError).message).toMatch(message);
      expect((error as UserError).code).toBe(code);
    }
  });

  it("refuses to write a picture in colours that are no numbers", async () => {
    const diverged = await Colorizer.load({ model: divergedColorModel(), threads: 1 });
    const result = diverged.colorize((await gradient(20, 20)).png);
    await expect(result).rejects.toThrow(/predicted colours that are not numbers/);
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
