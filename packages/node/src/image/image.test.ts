import { crc32, deflateSync } from "node:zlib";
import { UserError } from "@let-there-be-color/core/user-error";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { type DecodedPhoto, decodePhoto } from "./decode.js";
import { pngColor } from "./decoding/png-color.js";
import { encodePhoto, type PixelPicture } from "./encode.js";
import type { OutputFormat } from "./format.js";
import { grayToneCurve } from "./gray-profile.js";

/** L* of an sRGB grey 0..1, from the formulas of IEC 61966-2-1 and CIE 15. */
function lightness(encoded: number): number {
  const y = encoded <= 0.04045 ? encoded / 12.92 : ((encoded + 0.055) / 1.055) ** 2.4;
  return y > 216 / 24389 ? 116 * Math.cbrt(y) - 16 : (y * 24389) / 27;
}

/** L* of a pixel. */
function lightnessAt({ gray }: DecodedPhoto, pixel: number): number {
  return gray.lightness[gray.codes[pixel]!]!;
}

/** A minimal monochrome ICC profile whose tone curve is a pure gamma. */
function grayProfile(gamma: number): Buffer {
  const profile = Buffer.alloc(128 + 4 + 12 * 2 + 16 + 20);
  const text = (at: number, value: string) => profile.write(value, at, "latin1");
  profile.writeUInt32BE(profile.length, 0);
  profile.writeUInt32BE(0x04300000, 8);
  text(12, "mntrGRAYXYZ ");
  text(36, "acsp");
  // The illuminant and the white point: D50 in s15Fixed16.
  const d50 = [0xf6d6, 0x10000, 0xd32d];
  d50.forEach((value, i) => {
    profile.writeUInt32BE(value, 68 + 4 * i);
  });
  profile.writeUInt32BE(2, 128);
  text(132, "kTRC");
  profile.writeUInt32BE(156, 136);
  profile.writeUInt32BE(14, 140);
  text(144, "wtpt");
  profile.writeUInt32BE(172, 148);
  profile.writeUInt32BE(20, 152);
  text(156, "curv");
  profile.writeUInt32BE(1, 164);
  profile.writeUInt16BE(Math.round(gamma * 256), 168);
  text(172, "XYZ ");
  d50.forEach((value, i) => {
    profile.writeUInt32BE(value, 180 + 4 * i);
  });
  return profile;
}

function rawPicture(overrides: Partial<PixelPicture> = {}): PixelPicture {
  const pixels = Uint8Array.from({ length: 40 * 30 * 3 }, (_, i) => (i * 7) % 256);
  return { width: 40, height: 30, pixels, channels: 3, metadata: {}, ...overrides };
}

const ramp16 = Uint16Array.from({ length: 64 * 8 }, (_, i) => i * 128 + 3);

function grey16(format: "png" | "tiff"): Promise<Buffer> {
  return sharp(ramp16, { raw: { width: 64, height: 8, channels: 1 } })
    .toColourspace("grey16")
    .toFormat(format, { compression: "lzw" })
    .toBuffer();
}

describe("decodePhoto", () => {
  it.each(["jpeg", "png", "webp", "tiff", "avif", "gif"] as const)(
    "reads %s, grey levels in the right places",
    async (format) => {
      const halves = Uint8Array.from({ length: 32 * 32 }, (_, i) => (i % 32 < 16 ? 40 : 200));
      const file = await sharp(halves, { raw: { width: 32, height: 32, channels: 1 } })
        .toFormat(format)
        .toBuffer();
      const photo = await decodePhoto(file, "x");
      expect(photo).toMatchObject({ gray: { width: 32, height: 32 }, bitDepth: 8 });
      expect(photo.format).toBe(format === "gif" ? "png" : format);
      expect(Math.abs(lightnessAt(photo, 32 * 16 + 5) - lightness(40 / 255))).toBeLessThan(1);
      expect(Math.abs(lightnessAt(photo, 32 * 16 + 26) - lightness(200 / 255))).toBeLessThan(1);
    },
  );

  it.each(["png", "tiff"] as const)("keeps all 16 bits of a grey %s", async (format) => {
    const photo = await decodePhoto(await grey16(format), "x");
    expect(photo.bitDepth).toBe(16);
    ramp16.forEach((code, i) => {
      expect(Math.abs(lightnessAt(photo, i) - lightness(code / 65535))).toBeLessThan(2e-4);
    });
  });

  it("reduces colours to their own L*", async () => {
    const file = await sharp({
      create: { width: 4, height: 4, channels: 3, background: { r: 255, g: 0, b: 0 } },
    })
      .png()
      .toBuffer();
    // An 8-bit step is worth about 0.4 L*; colours are held as 16-bit greys.
    expect(Math.abs(lightnessAt(await decodePhoto(file, "x"), 0) - 53.2408)).toBeLessThan(2e-3);
  });

  it("applies the EXIF orientation", async () => {
    const file = await sharp(Uint8Array.of(0, 85, 170, 255, 0, 0), {
      raw: { width: 3, height: 2, channels: 1 },
    })
      .png()
      .withExif({ IFD0: { Orientation: "6" } })
      .toBuffer();
    const turned = await sharp(file).withMetadata({ orientation: 6 }).png().toBuffer();
    const photo = await decodePhoto(turned, "x");
    expect([photo.gray.width, photo.gray.height]).toEqual([2, 3]);
    // Turned clockwise: the first row becomes the last column.
    expect([1, 3, 5].map((i) => Math.round(lightnessAt(photo, i)))).toEqual(
      [0, 85, 170].map((code) => Math.round(lightness(code / 255))),
    );
  });

  it("separates alpha from grey and from colour", async () => {
    for (const channels of [2, 4] as const) {
      const pixels = Uint8Array.from({ length: 6 * channels }, (_, i) =>
        i % channels === channels - 1 ? 10 + i : 128,
      );
      const file = await sharp(pixels, { raw: { width: 3, height: 2, channels } })
        .png()
        .toBuffer();
      const photo = await decodePhoto(file, "x");
      const expected = Array.from({ length: 6 }, (_, i) => 10 + i * channels + channels - 1);
      expect([...photo.alpha!]).toEqual(expected);
      expect(lightnessAt(photo, 0)).toBeCloseTo(lightness(128 / 255), 3);
    }
  });

  it.each([8, 16])("honours a grey profile of gamma 1.0 at %i bits", async (bits) => {
    const half = bits === 16 ? Uint16Array.of(32768, 65535) : Uint8Array.of(128, 255);
    const png = await sharp(half, { raw: { width: 2, height: 1, channels: 1 } })
      .toColourspace(bits === 16 ? "grey16" : "b-w")
      .png()
      .toBuffer();
    const photo = await decodePhoto(withPngProfile(png, grayProfile(1)), "x");
    // Half the light, not half the sRGB code: L* = 116 * cbrt(0.5) - 16 = 76.07.
    expect(Math.abs(lightnessAt(photo, 0) - 76.07)).toBeLessThan(bits === 16 ? 0.01 : 0.3);
    expect(lightnessAt(photo, 1)).toBeCloseTo(100, 3);
  });

  it("converts wide-gamut colour to sRGB, at 8 and 16 bits alike", async () => {
    const png8 = await sharp({
      create: { width: 2, height: 2, channels: 3, background: { r: 40, g: 200, b: 90 } },
    })
      .withIccProfile("p3")
      .png()
      .toBuffer();
    const raw = await sharp(png8, { ignoreIcc: true }).raw().toBuffer();
    const wide = Uint16Array.from(raw, (code) => code * 257);
    const plain16 = await sharp(wide, { raw: { width: 2, height: 2, channels: 3 } })
      .toColourspace("rgb16")
      .png()
      .toBuffer();
    const { icc } = await sharp(png8).metadata();
    const [narrow, deep] = await Promise.all([
      decodePhoto(png8, "x"),
      decodePhoto(withPngProfile(plain16, icc!), "x"),
    ]);
    expect(deep.bitDepth).toBe(16);
    const original = 116 * Math.cbrt(0.4251) - 16; // of sRGB (40, 200, 90), whose Y is 0.4251
    expect(Math.abs(lightnessAt(narrow, 0) - original)).toBeLessThan(0.5);
    expect(Math.abs(lightnessAt(deep, 0) - lightnessAt(narrow, 0))).toBeLessThan(0.3);
  });

  it("refuses whatever is no whole picture, and names it", async () => {
    const jpeg = await bytesOf(rawPicture(), "jpeg");
    const png = await bytesOf(rawPicture(), "png");
    const cases: Record<string, Uint8Array> = {
      "empty.jpg": new Uint8Array(),
      "text.jpg": Buffer.from("This is no picture."),
      "cut.jpg": jpeg.subarray(0, jpeg.length * 0.6),
      "cut.png": png.subarray(0, png.length * 0.6),
      "header.png": png.subarray(0, 40),
    };
    for (const [name, file] of Object.entries(cases)) {
      const error = await decodePhoto(file, name).catch((reason: unknown) => reason);
      expect(error, name).toBeInstanceOf(UserError);
      expect((error as UserError).message).toContain(name);
    }
  });
});

/** Inserts an iCCP chunk (PNG 3rd edition, 11.3.2.3) into a PNG. */
function withPngProfile(png: Buffer, profile: Buffer): Buffer {
  const named = Buffer.concat([Buffer.from("icc\0\0", "latin1"), deflateSync(profile)]);
  return withPngChunks(png, [pngChunk("iCCP", named)]);
}

function pngChunk(type: string, data: Buffer): Buffer {
  const typed = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const frame = Buffer.alloc(8);
  frame.writeUInt32BE(data.length, 0);
  frame.writeUInt32BE(crc32(typed), 4);
  return Buffer.concat([frame.subarray(0, 4), typed, frame.subarray(4)]);
}

/** Inserts chunks behind the header of a PNG. */
function withPngChunks(png: Buffer, chunks: readonly Buffer[]): Buffer {
  const header = 8 + 25;
  return Buffer.concat([png.subarray(0, header), ...chunks, png.subarray(header)]);
}

async function bytesOf(...encoding: Parameters<typeof encodePhoto>): Promise<Buffer> {
  return (await encodePhoto(...encoding)).bytes;
}

describe("encodePhoto", () => {
  it.each(["png", "tiff"] as const)("is lossless as %s, 8 and 16 bits", async (format) => {
    for (const SampleArray of [Uint8Array, Uint16Array]) {
      const pixels = new SampleArray(40 * 30 * 4).map((_: number, i: number) => i * 7919);
      const file = await bytesOf(rawPicture({ pixels, channels: 4 }), format);
      const depth = SampleArray === Uint16Array ? "ushort" : "uchar";
      const image = sharp(file, { ignoreIcc: true }).toColourspace(
        SampleArray === Uint16Array ? "rgb16" : "srgb",
      );
      const back = await image.raw({ depth }).toBuffer();
      expect(back.equals(Buffer.from(pixels.buffer))).toBe(true);
      expect((await sharp(file).metadata()).depth).toBe(depth);
    }
  });

  it("writes JPEG without chroma subsampling, and obeys the quality", async () => {
    const good = await bytesOf(rawPicture(), "jpeg");
    expect((await sharp(good).metadata()).chromaSubsampling).toBe("4:4:4");
    expect((await bytesOf(rawPicture(), "jpeg", { quality: 40 })).length).toBeLessThan(good.length);
    await expect(encodePhoto(rawPicture(), "jpeg", { quality: 0 })).rejects.toThrow(UserError);
  });

  it("never drops transparency silently", async () => {
    const pixels = new Uint8Array(40 * 30 * 4).fill(255);
    const opaque = await bytesOf(rawPicture({ pixels, channels: 4 }), "jpeg");
    expect((await sharp(opaque).metadata()).channels).toBe(3);
    pixels[7] = 254;
    const transparent = encodePhoto(rawPicture({ pixels, channels: 4 }), "jpeg");
    await expect(transparent).rejects.toThrow(UserError);
  });
});

describe("notices", () => {
  it("tell what is left out and what a format cannot hold", async () => {
    const frames = new Uint8Array(4 * 8 * 3).map((_, i) => i);
    const gif = await sharp(frames, { raw: { width: 4, height: 8, channels: 3, pageHeight: 4 } })
      .gif({ delay: [100, 100] })
      .toBuffer();
    expect((await decodePhoto(gif, "x")).notices).toEqual([
      {
        code: "pages-left-out",
        message: "Only the first of 2 frames is colourised.",
      },
    ]);
    const pixels = Uint16Array.from({ length: 40 * 30 * 3 }, (_, i) => i);
    const notices = async (format: OutputFormat) =>
      (await encodePhoto(rawPicture({ pixels }), format)).notices.map(({ message }) => message);
    expect(await notices("png")).toEqual([]);
    expect(await notices("jpeg")).toEqual([
      "The 16 bits of each sample become 8, the most that is written in JPEG; PNG and TIFF keep them.",
    ]);
    expect(await notices("avif")).toEqual([
      "The 16 bits of each sample become 12, the most that is written in AVIF; PNG and TIFF keep them.",
    ]);
  });
});

describe("pngColor", () => {
  const withGamma = async (gamma: number, others: Buffer[] = []) => {
    const png = await sharp({ create: { width: 2, height: 2, channels: 3, background: "#888" } })
      .png()
      .toBuffer();
    const value = Buffer.alloc(4);
    value.writeUInt32BE(gamma);
    return withPngChunks(png, [pngChunk("gAMA", value), ...others]);
  };

  it("does not believe a gamma that would make the picture black, nor one beside sRGB", async () => {
    expect(pngColor(await withGamma(100_000))).toMatchObject({ exponent: 1 });
    for (const gamma of [0, 1, 45_455, 0xffffffff]) {
      expect(pngColor(await withGamma(gamma))).toBeUndefined();
    }
    const srgb = pngChunk("sRGB", Buffer.of(0));
    expect(pngColor(await withGamma(100_000, [srgb]))).toBeUndefined();
    const primaries = pngChunk("cHRM", Buffer.alloc(32)); // which are no colours
    expect(pngColor(await withGamma(45_455, [primaries]))).toBeUndefined();
  });

  it("is beside the number of frames of an animation", async () => {
    const frames = pngChunk("acTL", Buffer.of(0, 0, 0, 3, 0, 0, 0, 0));
    const { notices } = await decodePhoto(await withGamma(45_455, [frames]), "x");
    expect(notices).toMatchObject([
      { code: "pages-left-out", message: expect.stringContaining("3 frames") },
    ]);
  });
});

describe("grayToneCurve", () => {
  it("reads a gamma, and nothing from what is no grey profile", () => {
    expect(grayToneCurve(grayProfile(2.2))!(0.5)).toBeCloseTo(0.5 ** 2.2, 3);
    const damaged = grayProfile(2.2).subarray(0, 150);
    damaged.writeUInt32BE(9, 128);
    expect(grayToneCurve(damaged.subarray(0, 133))).toBeUndefined();
    const cmyk = grayProfile(2.2);
    cmyk.write("CMYK", 16, "latin1");
    expect(grayToneCurve(cmyk)).toBeUndefined();
  });

  it("reads the greys of a profile with primaries, which is attached to grey pictures, too", () => {
    const rgb = grayProfile(1.8);
    rgb.write("RGB ", 16, "latin1");
    rgb.write("rTRC", 132, "latin1");
    expect(grayToneCurve(rgb)!(0.5)).toBeCloseTo(0.5 ** 1.8, 3);
  });

  it("is not kept busy by numbers that a profile cannot hold", () => {
    const manyTags = grayProfile(2.2);
    manyTags.writeUInt32BE(0xffffffff, 128);
    manyTags.write("xTRC", 132, "latin1");
    expect(grayToneCurve(manyTags)).toBeUndefined();
    const longTable = grayProfile(2.2);
    longTable.writeUInt32BE(0xffffffff, 164);
    expect(grayToneCurve(longTable)).toBeUndefined();
  });
});
