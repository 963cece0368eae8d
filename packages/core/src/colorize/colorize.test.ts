import { create, toBinary } from "@bufbuild/protobuf";
import { ModelProtoSchema } from "onnx-buf";
import { describe, expect, it } from "vitest";
import {
  type ChromaPlanes,
  type GrayPicture,
  lightnessOfPixels,
  lightnessOfSrgbGray,
} from "../color/index.js";
import { readModelMetadata } from "../model/model-metadata.js";
import { readLengthDelimitedFields } from "../model/protobuf-wire.js";
import { randomUniform } from "../random.js";
import { UserError } from "../user-error.js";
import {
  BandComposer,
  composePixels,
  rankScenes,
  resizePlane,
  workingDimensions,
  workingLightness,
} from "./index.js";

/** A grey picture with smooth shapes, edges and fine noise. */
function grayPicture(width: number, height: number, bits: 8 | 16 = 8): GrayPicture {
  const highest = 2 ** bits - 1;
  const codes = bits === 16 ? new Uint16Array(width * height) : new Uint8Array(width * height);
  for (let i = 0; i < codes.length; i++) {
    const [x, y] = [(i % width) / width, Math.floor(i / width) / height];
    const shapes = 0.5 + 0.25 * Math.sin(9 * x + 4 * y) + (x > 0.6 && y < 0.4 ? 0.15 : 0);
    codes[i] = (shapes + (((i * 7919) % 101) - 50) / 800) * highest;
  }
  return { width, height, codes, lightness: lightnessOfSrgbGray(bits) };
}

function lightnessOf({ codes, lightness }: GrayPicture): Float32Array {
  return Float32Array.from(codes, (code) => lightness[code]!);
}

describe("workingDimensions", () => {
  it("sets the short side, keeps the proportion and rounds to multiples of 8", () => {
    expect(workingDimensions({ width: 640, height: 480 }, 224)).toEqual({
      width: 296,
      height: 224,
    });
    expect(workingDimensions({ width: 480, height: 640 }, 224)).toEqual({
      width: 224,
      height: 296,
    });
    expect(workingDimensions({ width: 50, height: 50 }, 250)).toEqual({ width: 248, height: 248 });
  });

  it("rounds to the multiples that the model needs", () => {
    const picture = { width: 640, height: 480 };
    expect(workingDimensions(picture, 250, 32)).toEqual({ width: 320, height: 256 });
    expect(workingDimensions(picture, 250, 4)).toEqual({ width: 332, height: 252 });
    expect(workingDimensions({ width: 1, height: 1 }, 1, 32)).toEqual({ width: 32, height: 32 });
  });

  it("bounds the long side of panoramas and never goes under 16", () => {
    expect(workingDimensions({ width: 9000, height: 300 }, 128)).toEqual({
      width: 512,
      height: 128,
    });
    expect(workingDimensions({ width: 1, height: 1 }, 1)).toEqual({ width: 16, height: 16 });
  });
});

describe("resizePlane", () => {
  it("keeps a constant constant, when reducing and when enlarging", () => {
    const plane = new Float32Array(30 * 20).fill(42);
    for (const target of [
      { width: 8, height: 8 },
      { width: 71, height: 33 },
    ]) {
      const resized = resizePlane(plane, { width: 30, height: 20 }, target);
      expect(resized.length).toBe(target.width * target.height);
      expect(Math.max(...resized.map((v) => Math.abs(v - 42)))).toBeLessThan(1e-4);
    }
  });

  it("gives a copy where the size stays", () => {
    const plane = Float32Array.from({ length: 12 }, (_, i) => (i * 7) % 5);
    const copy = resizePlane(plane, { width: 4, height: 3 }, { width: 4, height: 3 });
    expect(copy).toEqual(plane);
    expect(copy.buffer).not.toBe(plane.buffer);
  });

  it("averages a fine checkerboard to grey: no aliasing", () => {
    const plane = Float32Array.from({ length: 64 * 64 }, (_, i) => ((i + (i >> 6)) % 2) * 100);
    const resized = resizePlane(plane, { width: 64, height: 64 }, { width: 16, height: 16 });
    for (let y = 2; y < 14; y++) {
      for (let x = 2; x < 14; x++) expect(Math.abs(resized[y * 16 + x]! - 50)).toBeLessThan(0.5);
    }
  });

  it("keeps every feature where it is: the centre of mass of a blob does not move", () => {
    const size = { width: 120, height: 80 };
    const plane = Float32Array.from({ length: 120 * 80 }, (_, i) => {
      const [x, y] = [(i % 120) + 0.5, Math.floor(i / 120) + 0.5];
      return Math.exp(-((x - 75) ** 2 + (y - 30) ** 2) / 100);
    });
    const target = { width: 36, height: 24 };
    const resized = resizePlane(plane, size, target);
    let [mass, cx, cy] = [0, 0, 0];
    resized.forEach((value, i) => {
      mass += value;
      cx += value * ((i % 36) + 0.5);
      cy += value * (Math.floor(i / 36) + 0.5);
    });
    expect(cx / mass / 36).toBeCloseTo(75 / 120, 3);
    expect(cy / mass / 24).toBeCloseTo(30 / 80, 3);
  });
});

describe("workingLightness", () => {
  it.each([
    [1999, 1501], // blocks of 2 x 2, the last ones not full
    [4001, 1300], // 6 x 2
    [640, 480], // too small for blocks
    [64, 48], // enlarged
  ])("sees a picture of %i x %i like a plain Lanczos reduction", (width, height) => {
    const picture = grayPicture(width, height);
    const { lightness, working } = workingLightness(picture, 128);
    expect(working).toEqual(workingDimensions(picture, 128));
    const plain = resizePlane(lightnessOf(picture), picture, working);
    const differences = plain.map((value, i) => Math.abs(value - lightness[i]!));
    // An edge of 15 codes is blurred by a few hundredths of them; L* 0.4 is one 8-bit code.
    expect(Math.max(...differences)).toBeLessThan(0.3);
    expect(differences.reduce((a, b) => a + b) / plain.length).toBeLessThan(0.02);
  });
});

describe("readLengthDelimitedFields", () => {
  it("steps over fields of every other kind", () => {
    // Field 1: varint 300; 2: "ab"; 3: 64 bits; 4: 32 bits; 16: "c" (a tag of two bytes).
    const message = Uint8Array.of(
      ...[0x08, 0xac, 0x02, 0x12, 2, 97, 98, 0x19, 1, 2, 3, 4, 5, 6, 7, 8],
      ...[0x25, 1, 2, 3, 4, 0x82, 0x01, 1, 99],
    );
    const fields = readLengthDelimitedFields(message);
    expect(fields.map(({ number, bytes }) => [number, ...bytes])).toEqual([
      [2, 97, 98],
      [16, 99],
    ]);
    for (const length of [4, 6, 10, 18, 23]) {
      expect(() => readLengthDelimitedFields(message.subarray(0, length))).toThrow(RangeError);
    }
  });
});

describe("readModelMetadata", () => {
  const model = (properties: Record<string, string>): Uint8Array =>
    toBinary(
      ModelProtoSchema,
      create(ModelProtoSchema, {
        irVersion: 8n,
        graph: { name: "g" },
        metadataProps: Object.entries(properties).map(([key, value]) => ({ key, value })),
      }),
    );

  it("reads classes, working size and the rest", () => {
    const metadata = readModelMetadata(
      model({ "ltbc.classes": '["beach","forest"]', "ltbc.workingSize": "128", licence: "MIT" }),
    );
    expect(metadata.classes).toEqual(["beach", "forest"]);
    expect(metadata.workingSize).toBe(128);
    expect(metadata.properties.licence).toBe("MIT");
  });

  it("has defaults where a model says nothing", () => {
    expect(readModelMetadata(model({}))).toMatchObject({
      classes: [],
      workingSize: 224,
      multiple: 8,
    });
  });

  it.each([
    ["no ONNX", () => new TextEncoder().encode("<html>not found</html>")],
    ["empty", () => new Uint8Array()],
    ["cut short", () => model({ "ltbc.classes": '["beach"]' }).subarray(0, 12)],
    ["broken class names", () => model({ "ltbc.classes": "[beach" })],
    ["an impossible multiple", () => model({ "ltbc.multiple": "0" })],
    ["an impossible working size", () => model({ "ltbc.workingSize": "big" })],
  ])("refuses %s", (_, bytes) => {
    expect(() => readModelMetadata(bytes())).toThrow(UserError);
  });
});

describe("composePixels", () => {
  const size = { width: 50, height: 40 };
  const grey = Uint8Array.from({ length: 2000 }, (_, i) => (i * 37) % 256);
  const lightness = new Float32Array(2000);
  lightnessOfPixels(grey, 1, 2000, lightness);
  const chroma = { ab: Float32Array.of(60, -60, 20, 90), width: 2, height: 1 };

  it("keeps L* and gives the picture colour", () => {
    const pixels = composePixels(lightness, chroma, size, { bitDepth: 8 });
    const back = new Float32Array(2000);
    lightnessOfPixels(pixels, 3, 2000, back);
    // One grey code is up to 0.43 L*; rounding costs half of one.
    back.forEach((value, i) => {
      expect(Math.abs(value - lightness[i]!)).toBeLessThan(0.25);
    });
    expect(pixels[100 * 3]).not.toBe(pixels[100 * 3 + 1]);
  });

  it("gives the grey picture back without chroma, with its alpha", () => {
    const none = { ab: new Float32Array(2), width: 1, height: 1 };
    const alpha = Uint8Array.from({ length: 2000 }, (_, i) => i % 251);
    const pixels = composePixels(lightness, none, size, { bitDepth: 8, alpha });
    grey.forEach((code, i) => {
      expect([...pixels.subarray(i * 4, i * 4 + 4)]).toEqual([code, code, code, alpha[i]]);
    });
  });

  it.each([8, 16] as const)(
    "keeps L* of random and of extreme pictures within rounding, with extreme colours, %i bits",
    (bits) => {
      const size = { width: 96, height: 64 };
      const codes = 2 ** bits - 1;
      const table = lightnessOfSrgbGray(bits);
      const guide = { lightness: new Float32Array(24 * 16), width: 24, height: 16 };
      for (let i = 0; i < guide.lightness.length; i++) {
        guide.lightness[i] = 100 * randomUniform(1, i);
      }
      const ab = Float32Array.from({ length: 2 * 12 * 8 }, (_, i) =>
        i % 5 === 0 ? 0 : 254 * randomUniform(2, i) - 127,
      );
      const colors: ChromaPlanes = { ab, width: 12, height: 8, guide };
      const pictures: ((i: number) => number)[] = [
        (i) => Math.round(codes * randomUniform(3, i)),
        (i) => (i % 3 === 0 ? codes : 0),
        (i) => Math.round(codes * randomUniform(4, i) ** 8),
        () => 0,
        () => codes,
      ];
      for (const code of pictures) {
        const own = Uint16Array.from({ length: 96 * 64 }, (_, i) => code(i));
        const lightness = Float32Array.from(own, (value) => table[value]!);
        const pixels = composePixels(lightness, colors, size, { bitDepth: bits });
        const found = new Float32Array(own.length);
        lightnessOfPixels(pixels, 3, own.length, found);
        for (let i = 0; i < own.length; i++) {
          // Half a code of each channel, and what the tables are short of exact.
          const step = table[Math.min(own[i]! + 1, codes)]! - table[Math.max(own[i]! - 1, 0)]!;
          expect(Math.abs(found[i]! - lightness[i]!)).toBeLessThanOrEqual(0.3 * step + 0.002);
        }
      }
    },
  );

  it("does not depend on how the picture falls into strips", () => {
    const wide = { width: 70_000, height: 2 };
    const flat = new Float32Array(140_000).fill(50);
    const pixels = composePixels(flat, chroma, wide, { bitDepth: 8 });
    const differs = pixels.findIndex((code, i) => code !== pixels[i % 210_000]);
    expect(differs).toBe(-1);
  });
});

describe("BandComposer", () => {
  const chroma = {
    ab: Float32Array.from({ length: 2 * 7 * 5 }, (_, i) => 70 * Math.sin(i * 2.7)),
    width: 7,
    height: 5,
    guide: {
      lightness: Float32Array.from({ length: 28 * 20 }, (_, i) => 50 + 45 * Math.sin(i * 1.3)),
      width: 28,
      height: 20,
    },
  };

  it.each<[8 | 16, boolean]>([
    [8, false],
    [16, true],
  ])("makes the same picture in bands of any height and order, %i bits", (bits, hasAlpha) => {
    const picture = grayPicture(613, 47, bits);
    const alpha = hasAlpha ? { alpha: picture.codes.map((code) => code ^ 5) } : {};
    const whole = composePixels(lightnessOf(picture), chroma, picture, {
      bitDepth: bits,
      ...alpha,
    });
    const banded = whole.slice().fill(0);
    const composer = new BandComposer(picture, chroma, alpha, banded);
    for (const [firstRow, rows] of [
      [40, 7],
      [0, 1],
      [14, 26],
      [1, 13],
    ] as const) {
      composer.compose(firstRow, rows);
    }
    expect(Buffer.compare(Buffer.from(banded.buffer), Buffer.from(whole.buffer))).toBe(0);
  });
});

describe("rankScenes", () => {
  it("is a softmax with names, most probable first, and survives large logits", () => {
    const scenes = rankScenes(Float32Array.of(1000, 1000 + Math.log(3), 0), ["sea", "sky"]);
    expect(scenes.map(({ name }) => name)).toEqual(["sky", "sea", "class 2"]);
    expect(scenes[0]!.probability).toBeCloseTo(0.75, 4);
    expect(scenes[1]!.probability).toBeCloseTo(0.25, 4);
    expect(scenes[2]!.probability).toBe(0);
  });
});
