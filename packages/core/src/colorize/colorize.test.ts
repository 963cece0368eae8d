import { create, toBinary } from "@bufbuild/protobuf";
import { ModelProtoSchema } from "onnx-buf";
import { describe, expect, it } from "vitest";
import { luminanceOfPixels } from "../color/index.js";
import { UserError } from "../user-error.js";
import {
  composePixels,
  rankScenes,
  readModelMetadata,
  resizePlane,
  workingDimensions,
} from "./index.js";

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
    expect(readModelMetadata(model({}))).toMatchObject({ classes: [], workingSize: 224 });
  });

  it.each([
    ["no ONNX", () => new TextEncoder().encode("<html>not found</html>")],
    ["empty", () => new Uint8Array()],
    ["cut short", () => model({ "ltbc.classes": '["beach"]' }).subarray(0, 12)],
    ["broken class names", () => model({ "ltbc.classes": "[beach" })],
    ["an impossible working size", () => model({ "ltbc.workingSize": "big" })],
  ])("refuses %s", (_, bytes) => {
    expect(() => readModelMetadata(bytes())).toThrow(UserError);
  });
});

describe("composePixels", () => {
  const size = { width: 50, height: 40 };
  const grey = Uint8Array.from({ length: 2000 }, (_, i) => (i * 37) % 256);
  const luminance = new Float32Array(2000);
  luminanceOfPixels(grey, 1, 2000, luminance);
  const chroma = { ab: Float32Array.of(60, -60, 20, 90), width: 2, height: 1 };

  it("keeps L* and gives the picture colour", () => {
    const pixels = composePixels(luminance, chroma, size, { saturation: 1, bitDepth: 8 });
    const back = new Float32Array(2000);
    luminanceOfPixels(pixels, 3, 2000, back);
    // One grey code is up to 0.43 L*; rounding costs half of one.
    back.forEach((value, i) => {
      expect(Math.abs(value - luminance[i]!)).toBeLessThan(0.25);
    });
    expect(pixels[100 * 3]).not.toBe(pixels[100 * 3 + 1]);
  });

  it("gives the grey picture back at saturation 0, with its alpha", () => {
    const alpha = Uint8Array.from({ length: 2000 }, (_, i) => i % 251);
    const pixels = composePixels(luminance, chroma, size, { saturation: 0, bitDepth: 8, alpha });
    grey.forEach((code, i) => {
      expect([...pixels.subarray(i * 4, i * 4 + 4)]).toEqual([code, code, code, alpha[i]]);
    });
  });

  it("does not depend on how the picture falls into strips", () => {
    const wide = { width: 70_000, height: 2 };
    const flat = new Float32Array(140_000).fill(50);
    const pixels = composePixels(flat, chroma, wide, { saturation: 1, bitDepth: 8 });
    const differs = pixels.findIndex((code, i) => code !== pixels[i % 210_000]);
    expect(differs).toBe(-1);
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
