import { type GrayPicture, lightnessOfSrgbGray } from "@let-there-be-color/core/color";
import { composePixels } from "@let-there-be-color/core/colorize";
import { describe, expect, it } from "vitest";
import { Composer } from "./composer.js";
import type { DecodedPhoto } from "./decode.js";

function photo(width: number, height: number, bitDepth: 8 | 16, hasAlpha: boolean): DecodedPhoto {
  const count = width * height;
  const plane = (value: (i: number) => number) => {
    const memory = new SharedArrayBuffer((count * bitDepth) / 8);
    const codes = bitDepth === 16 ? new Uint16Array(memory) : new Uint8Array(memory);
    for (let i = 0; i < count; i++) codes[i] = value(i);
    return codes;
  };
  const codes = plane((i) => (i * 40503) >> 4);
  const gray: GrayPicture = { width, height, codes, lightness: lightnessOfSrgbGray(bitDepth) };
  const alpha = hasAlpha ? { alpha: plane((i) => i * 31) } : {};
  return {
    gray,
    bitDepth,
    ...alpha,
    format: "png",
    metadata: {},
    isLossless: false,
    pageCount: 1,
    notices: [],
  };
}

const chroma = {
  ab: Float32Array.from({ length: 2 * 20 * 16 }, (_, i) => 40 * Math.sin(i * 1.9)),
  width: 20,
  height: 16,
  guide: {
    lightness: Float32Array.from({ length: 80 * 64 }, (_, i) => 50 + 40 * Math.cos(i * 0.7)),
    width: 80,
    height: 64,
  },
};

function expected({ gray, bitDepth, alpha }: DecodedPhoto): Uint8Array | Uint16Array {
  const lightness = Float32Array.from(gray.codes, (code) => gray.lightness[code]!);
  return composePixels(lightness, chroma, gray, {
    bitDepth,
    ...(alpha ? { alpha } : {}),
  });
}

describe("Composer", () => {
  it.each<[threads: number, isCallerBusy: boolean]>([
    [1, true],
    [2, false],
    [3, true],
  ])("makes the same pictures on %i threads (caller busy: %s)", async (threads, isCallerBusy) => {
    const composer = new Composer(threads);
    const photos = [
      photo(1009, 701, 8, false),
      photo(701, 1009, 16, true),
      photo(31, 17, 8, true),
      photo(1, 1, 16, false),
    ];
    const composed = await Promise.all(
      photos.map((decoded) => composer.compose(decoded, chroma, isCallerBusy)),
    );
    await composer.close();
    composed.forEach((pixels, i) => {
      const wanted = expected(photos[i]!);
      expect(pixels.constructor).toBe(wanted.constructor);
      expect(Buffer.from(pixels.buffer).equals(Buffer.from(wanted.buffer)), `photo ${i}`).toBe(
        true,
      );
    });
  });

  it("fails what is in the hands of its threads when it is closed", async () => {
    const composer = new Composer(2);
    const composing = composer.compose(photo(1009, 701, 8, false), chroma, true);
    const failing = expect(composing).rejects.toThrow(/closed/);
    await composer.close();
    await failing;
  });

  it("ends when a thread has died, whose picture fails", async () => {
    const composer = new Composer(2);
    const broken = { ...chroma, ab: undefined as unknown as Float32Array };
    const composing = composer.compose(photo(1009, 701, 8, false), broken, true);
    await expect(composing).rejects.toThrow(/A thread of the composer has died/);
    await composer.close();
    await composer.close();
    await expect(composer.compose(photo(1, 1, 8, false), chroma, true)).rejects.toThrow(
      "The composer has been closed.",
    );
  });
});
