// What a person says of a picture's colours, and that it arrives at the right place.

import { copyFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, describe, expect, it } from "vitest";
import { type ColorizeOptions, Colorizer, type ColorPhoto, type Hint, UserError } from "./index.js";
import { folderForTests } from "./testing/temporary-folder.js";
import { tinyColorModel, tinyGuidedModel } from "./testing/tiny-color-model.js";

const folder = await folderForTests();
const colorizer = await Colorizer.load({ model: tinyGuidedModel(), threads: 1 });
afterAll(() => colorizer.close());

const GREY = 150;

/** A flat grey but for one pixel, which is black: PNG, or JPEG with an EXIF orientation. */
async function marked(width: number, height: number, x: number, y: number, orientation?: number) {
  const codes = new Uint8Array(width * height).fill(GREY);
  codes[y * width + x] = 0;
  const picture = sharp(codes, { raw: { width, height, channels: 1 } });
  if (orientation === undefined) return picture.png().toBuffer();
  // TIFF in its own right: the orientation is one of its tags.
  return picture.withMetadata({ orientation }).tiff().toBuffer();
}

/** Pixels that are not grey, and those that are black, as "x,y". */
function found(photo: ColorPhoto) {
  const [colored, black]: [string[], string[]] = [[], []];
  for (let i = 0; i < photo.width * photo.height; i++) {
    const [red, green, blue] = photo.pixels.subarray(i * 3, i * 3 + 3);
    const place = `${i % photo.width},${Math.floor(i / photo.width)}`;
    if (red! < 20) black.push(place);
    else if (Math.abs(red! - green!) + Math.abs(green! - blue!) > 12) colored.push(place);
  }
  return { colored, black, size: [photo.width, photo.height] };
}

const hintAt = (x: number, y: number): Hint => ({ x, y, color: "#c04020", radius: 0.5 });

describe("hints", () => {
  it("arrive at their pixels in pictures that are not square", async () => {
    const png = await marked(64, 48, 0, 0);
    const photo = await colorizer.colorize(png, { workingSize: 48, hints: [hintAt(50, 7)] });
    const { colored, size } = found(photo);
    expect(size).toEqual([64, 48]);
    expect(colored).toContain("50,7");
    for (const place of colored) {
      const [x, y] = place.split(",").map(Number);
      expect(Math.max(Math.abs(x! - 50), Math.abs(y! - 7))).toBeLessThanOrEqual(1);
    }
  });

  it.each([1, 3, 6, 8])("are in pixels of the upright picture, EXIF orientation %i", async (n) => {
    // The black pixel of the file, upright: TIFF 6.0, Orientation.
    const file = await marked(64, 48, 60, 5, n);
    const upright = { 1: [60, 5], 3: [3, 42], 6: [42, 60], 8: [5, 3] }[n]!;
    const options = { workingSize: 48, hints: [hintAt(upright[0]!, upright[1]! + 2)] };
    const { colored, black, size } = found(await colorizer.colorize(file, options));
    expect(size).toEqual(n > 4 ? [48, 64] : [64, 48]);
    expect(black).toEqual([`${upright[0]},${upright[1]}`]);
    expect(colored).toContain(`${upright[0]},${upright[1]! + 2}`);
  });

  it("are in pixels of the picture after it was turned", async () => {
    const file = await marked(64, 48, 60, 5, 6); // upright: 48 x 64, black at 42,60
    const options: ColorizeOptions = { workingSize: 48, rotate: 90, hints: [hintAt(10, 40)] };
    const { colored, black, size } = found(await colorizer.colorize(file, options));
    expect(size).toEqual([64, 48]);
    expect(black).toEqual(["3,42"]);
    expect(colored).toContain("10,40");
  });

  it("keep the lightness of the picture", async () => {
    const png = await marked(64, 48, 0, 0);
    const free = await colorizer.colorize(png, { workingSize: 48 });
    const hints: Hint[] = [{ x: 30, y: 20, color: "#ffff00", radius: 40 }];
    const photo = await colorizer.colorize(png, { workingSize: 48, hints });
    const [red, green, blue] = photo.pixels.subarray(3 * 64, 3 * 64 + 3);
    expect(blue).toBeLessThan(green! - 100);
    const light = (r: number, g: number, b: number) =>
      0.2126 * (r / 255) ** 2.2 + 0.7152 * (g / 255) ** 2.2 + 0.0722 * (b / 255) ** 2.2;
    const own = free.pixels[3 * 64]!;
    expect(light(red!, green!, blue!)).toBeCloseTo(light(own, own, own), 1);
  });

  it("are refused where they do not fit, in one line", async () => {
    const png = await marked(64, 48, 0, 0);
    const other = await Colorizer.load({ model: tinyColorModel(), threads: 1 });
    for (const [one, hints, message] of [
      [colorizer, [hintAt(64, 0)], /hint 1 .* 64 x 48/],
      [colorizer, [hintAt(1, 1), { x: 1, y: 1, color: "red" }], /hint 2 .* color/],
      [other, [hintAt(1, 1)], /no input "hints"/],
    ] as const) {
      const error = await one.colorize(png, { hints }).catch((reason) => reason);
      expect(error).toBeInstanceOf(UserError);
      expect(error.message).toMatch(message);
      expect(error.message).not.toContain("\n");
    }
    expect((await other.colorize(png, { hints: [] })).width).toBe(64);
    await other.close();
  });
});

describe("a reference", () => {
  const flat = (code: number) =>
    sharp(new Uint8Array(32 * 32).fill(code), { raw: { width: 32, height: 32, channels: 1 } })
      .png()
      .toBuffer();
  const rednessOf = async (options: ColorizeOptions) => {
    const { pixels } = await colorizer.colorize(await flat(GREY), options);
    return pixels[0]! - pixels[1]!;
  };

  it("colours a picture by another one, by its strength", async () => {
    const path = join(folder, "reference.png");
    await writeFile(path, await flat(255));
    expect(await rednessOf({})).toBe(0);
    const full = await rednessOf({ reference: path });
    expect(full).toBeGreaterThan(60);
    expect(await rednessOf({ reference: await flat(255) })).toBe(full);
    const weak = await rednessOf({ reference: path, referenceStrength: 0.3 });
    expect(weak).toBeGreaterThan(10);
    expect(weak).toBeLessThan(full / 2);
    expect(await rednessOf({ reference: path, referenceStrength: 0 })).toBe(0);
  });

  it("is looked at anew if it has changed under the same name or in the same memory", async () => {
    const path = join(folder, "changing.png");
    await writeFile(path, await flat(255));
    const bytes = new Uint8Array(await flat(255));
    const before = await rednessOf({ reference: path });
    expect(await rednessOf({ reference: bytes })).toBe(before);
    await writeFile(join(folder, "dark.png"), await flat(60));
    await copyFile(join(folder, "dark.png"), path);
    const dark = await flat(60);
    bytes.set(dark.subarray(0, Math.min(dark.length, bytes.length)));
    const after = await rednessOf({ reference: path });
    expect(after).toBeLessThan(before - 20);
    expect(await rednessOf({ reference: bytes.subarray(0, dark.length) })).toBe(after);
  });

  it("that has faded is seen as it was", async () => {
    const gradient = (from: number, to: number) => {
      const code = (i: number) => from + ((to - from) * (i % 64)) / 63;
      const codes = Uint8Array.from({ length: 64 * 64 }, (_, i) => Math.round(code(i)));
      return sharp(codes, { raw: { width: 64, height: 64, channels: 1 } })
        .png()
        .toBuffer();
    };
    const print = await rednessOf({ reference: await gradient(10, 245) });
    const faded = await rednessOf({ reference: await gradient(150, 210) });
    expect(print).toBeGreaterThan(20);
    expect(Math.abs(faded - print)).toBeLessThan(8);
  });

  it("is refused where there is none, or the model takes none", async () => {
    const png = await flat(GREY);
    const refusal = (reference: string | Uint8Array) =>
      colorizer.colorize(png, { reference }).catch((error) => error);
    expect(await refusal(join(folder, "none.png"))).toMatchObject({ code: "input-missing" });
    expect(await refusal(Buffer.from("nonsense"))).toMatchObject({
      code: "input-broken",
      message: expect.stringContaining("the reference"),
    });
    for (const referenceStrength of [-0.1, 1.1, Number.NaN]) {
      const options = { reference: png, referenceStrength };
      await expect(colorizer.colorize(png, options)).rejects.toThrow(/`referenceStrength` from 0/);
    }
    const other = await Colorizer.load({ model: tinyColorModel(), threads: 1 });
    await expect(other.colorize(png, { reference: png })).rejects.toThrow(/no input/);
    await other.close();
  });
});

describe("rotate", () => {
  it.each([
    [90, "42,60", [48, 64]],
    [180, "3,42", [64, 48]],
    [270, "5,3", [48, 64]],
  ] as const)(
    "turns by %i degrees clockwise, alpha and 16 bits, too",
    async (rotate, place, size) => {
      const [width, height] = [64, 48];
      const data = new Uint16Array(width * height * 2).fill(40000);
      data[(5 * width + 60) * 2] = 0;
      data[(5 * width + 60) * 2 + 1] = 1234;
      const photo = await colorizer.colorize({ data, width, height, channels: 2 }, { rotate });
      expect([photo.width, photo.height, photo.channels]).toEqual([...size, 4]);
      const [x, y] = place.split(",").map(Number);
      const at = (y! * size[0] + x!) * 4;
      expect([...photo.pixels.subarray(at, at + 4)]).toEqual([0, 0, 0, 1234]);
      const blacks = photo.pixels.filter((value, i) => i % 4 === 0 && value === 0);
      expect(blacks).toHaveLength(1);
    },
  );

  it("writes a picture that every viewer shows as it was turned", async () => {
    const file = await sharp(await marked(64, 48, 60, 5))
      .withMetadata({ orientation: 6 })
      .jpeg({ quality: 100 })
      .toBuffer();
    const path = join(folder, "turned.jpg");
    const photo = await colorizer.colorize(file, { rotate: 90 });
    await photo.toFile(path);
    const { width, height, orientation = 1 } = await sharp(path).metadata();
    expect([width, height, orientation]).toEqual([64, 48, 1]);
  });

  it("takes right angles only", async () => {
    const png = await marked(8, 8, 0, 0);
    await expect(colorizer.colorize(png, { rotate: 45 as never })).rejects.toThrow(
      /`rotate` by 90, 180 or 270 degrees but received 45/,
    );
    expect(found(await colorizer.colorize(png, { rotate: 0 })).black).toEqual(["0,0"]);
  });
});
