import { describe, expect, it } from "vitest";
import { randomNormal, randomUniform } from "../random.js";
import { blockMeans } from "./block-means.js";
import type { ChromaPlanes } from "./guided-chroma.js";
import type { Size } from "./size.js";
import { ChromaUpsampler } from "./upsample.js";

const chromaSize = { width: 16, height: 12 };
const guideSize = { width: 64, height: 48 };
const fullSize = { width: 320, height: 240 };

/** A plane of what a function gives for the places 0..1, 0..1. */
function planeOf({ width, height }: Size, value: (x: number, y: number) => number): Float32Array {
  return Float32Array.from({ length: width * height }, (_, i) =>
    value(((i % width) + 0.5) / width, (Math.floor(i / width) + 0.5) / height),
  );
}

function joined(a: Float32Array, b: Float32Array): Float32Array {
  const ab = new Float32Array(a.length + b.length);
  ab.set(a);
  ab.set(b, a.length);
  return ab;
}

function enlarged(chroma: ChromaPlanes, size: Size, lightness: Float32Array): Float32Array {
  const out = new Float32Array(2 * size.width * size.height);
  new ChromaUpsampler(chroma, size.width, size.height).rows(0, size.height, lightness, out);
  return out;
}

/** A picture whose colours and lightness are known at every size. */
interface Scene {
  readonly lightness: (x: number, y: number) => number;
  readonly a: (x: number, y: number) => number;
  readonly b: (x: number, y: number) => number;
}

/** The scene as a network would give it, and the truth. */
function pictureOf({ lightness, a, b }: Scene) {
  const full = planeOf(fullSize, lightness);
  const [trueA, trueB] = [planeOf(fullSize, a), planeOf(fullSize, b)];
  const small = (plane: Float32Array) => blockMeans(plane, fullSize, chromaSize);
  const guide = { lightness: blockMeans(full, fullSize, guideSize), ...guideSize };
  const ab = joined(small(trueA), small(trueB));
  return { full, truth: joined(trueA, trueB), chroma: { ab, ...chromaSize, guide } };
}

function meanError(found: Float32Array, truth: Float32Array) {
  let sum = 0;
  for (let i = 0; i < truth.length; i++) sum += Math.abs(found[i]! - truth[i]!);
  return sum / truth.length;
}

const random = (seed: number) => (x: number, y: number) =>
  randomUniform(seed, Math.round(x * 1e4), Math.round(y * 1e4));

describe("ChromaUpsampler with a guide", () => {
  const withoutGuide = ({ ab, width, height }: ChromaPlanes) => ({ ab, width, height });

  it("ends colours where the lightness ends, not at the border of a position", () => {
    const isLeft = (x: number, y: number) => x + 0.2 * y < 0.53;
    const { full, truth, chroma } = pictureOf({
      lightness: (x, y) => (isLeft(x, y) ? 35 : 70),
      a: (x, y) => (isLeft(x, y) ? 40 : -10),
      b: (x, y) => (isLeft(x, y) ? 20 : -30),
    });
    const guided = enlarged(chroma, fullSize, full);
    const bilinear = enlarged(withoutGuide(chroma), fullSize, full);
    expect(meanError(guided, truth)).toBeLessThan(0.25 * meanError(bilinear, truth));
    // Right beside the edge: three pixels of 20 that a position has.
    for (let y = 30; y < 210; y += 7) {
      const edge = (0.53 - (0.2 * (y + 0.5)) / 240) * 320;
      const left = y * 320 + Math.floor(edge - 3);
      const right = y * 320 + Math.ceil(edge + 3);
      expect(guided[left]).toBeGreaterThan(30);
      expect(guided[right]).toBeLessThan(0);
    }
  });

  it("keeps the colour of thin things", () => {
    const isLine = (x: number) => Math.abs(x - 0.507) < 0.012; // less than half of a position wide
    const { full, chroma } = pictureOf({
      lightness: (x) => (isLine(x) ? 40 : 80),
      a: (x) => (isLine(x) ? 50 : 0),
      b: () => 5,
    });
    // The most that the colours around allow.
    const most = Math.max(...chroma.ab.subarray(0, 16 * 12));
    const meanOfLine = (ab: Float32Array) => {
      const line = ab.subarray(0, 320 * 240).filter((_, i) => isLine(((i % 320) + 0.5) / 320));
      return line.reduce((sum, value) => sum + value, 0) / line.length;
    };
    expect(meanOfLine(enlarged(chroma, fullSize, full))).toBeGreaterThan(0.95 * most);
    expect(meanOfLine(enlarged(withoutGuide(chroma), fullSize, full))).toBeLessThan(0.8 * most);
  });

  it("makes no colour that is not around", () => {
    const lightness = random(1);
    const { chroma } = pictureOf({
      lightness: (x, y) => 100 * lightness(x, y),
      a: (x, y) => 120 * random(2)(Math.floor(x * 9), Math.floor(y * 7)) - 60,
      b: (x, y) => 120 * random(3)(Math.floor(x * 5), Math.floor(y * 11)) - 60,
    });
    const full = planeOf(fullSize, (x, y) => 100 * random(4)(x, y)); // not even the guide's lightness
    const found = enlarged(chroma, fullSize, full);
    const { width, height } = chromaSize;
    for (let i = 0; i < found.length; i++) {
      const plane = i < found.length / 2 ? 0 : width * height;
      const pixel = i % (found.length / 2);
      const x = (((pixel % 320) + 0.5) * width) / 320 - 0.5;
      const y = ((Math.floor(pixel / 320) + 0.5) * height) / 240 - 0.5;
      const around: number[] = [];
      for (let row = Math.max(0, Math.floor(y) - 2); row <= Math.min(height - 1, y + 3); row++) {
        for (let column = Math.max(0, Math.floor(x) - 2); column <= Math.min(width - 1, x + 3); ) {
          around.push(chroma.ab[plane + row * width + column++]!);
        }
      }
      if (found[i]! < Math.min(...around) - 1e-4 || found[i]! > Math.max(...around) + 1e-4) {
        expect.fail(`${found[i]} at ${pixel} lies outside of ${around}`);
      }
    }
  });

  it("leaves one colour one colour, whatever the lightness", () => {
    const { full, chroma } = pictureOf({
      lightness: (x, y) => 100 * random(5)(x, y),
      a: () => 33.25,
      b: () => -12.5,
    });
    const found = enlarged(chroma, fullSize, full);
    expect(found.subarray(0, 320 * 240).every((value) => value === 33.25)).toBe(true);
    expect(found.subarray(320 * 240).every((value) => value === -12.5)).toBe(true);
  });

  it("does not turn film grain into noise of colours", () => {
    const { full, chroma } = pictureOf({
      lightness: () => 50,
      a: (x) => 30 * Math.sin(7 * x),
      b: (_, y) => 30 * Math.cos(9 * y),
    });
    const grain = full.map((value, i) => value + 6 * randomNormal(8, i));
    const lightness = blockMeans(grain, fullSize, guideSize);
    const found = enlarged({ ...chroma, guide: { lightness, ...guideSize } }, fullSize, grain);
    expect(meanError(found, enlarged(chroma, fullSize, full))).toBeLessThan(0.3);
  });

  it("takes chroma as large as its guide, and pictures smaller than it", () => {
    const scene: Scene = {
      lightness: (x) => (x < 0.5 ? 20 : 90),
      a: (x) => (x < 0.5 ? 30 : -30),
      b: (x, y) => 10 * x + 10 * y,
    };
    const guide = { lightness: planeOf(guideSize, scene.lightness), ...guideSize };
    const ab = joined(planeOf(guideSize, scene.a), planeOf(guideSize, scene.b));
    const found = enlarged({ ab, ...guideSize, guide }, guideSize, guide.lightness);
    expect(meanError(found, ab)).toBeLessThan(0.05);
    const tiny = { width: 5, height: 3 };
    const small = enlarged({ ab, ...guideSize, guide }, tiny, planeOf(tiny, scene.lightness));
    expect([...small.subarray(0, 5)].map(Math.round)).toEqual([
      30,
      30,
      expect.any(Number),
      -30,
      -30,
    ]);
  });

  it("refuses a guide smaller than the chroma", () => {
    const guide = { lightness: new Float32Array(6), width: 3, height: 2 };
    const chroma = { ab: new Float32Array(2 * 4 * 2), width: 4, height: 2, guide };
    expect(() => new ChromaUpsampler(chroma, 40, 20)).toThrow(RangeError);
  });
});

describe("ChromaUpsampler", () => {
  it("interpolates with half-pixel centres and holds the edges, without a guide", () => {
    const chroma = { ab: Float32Array.of(0, 8, 100, 60), width: 2, height: 1 };
    const found = enlarged(chroma, { width: 4, height: 1 }, new Float32Array(4));
    expect([...found]).toEqual([0, 2, 6, 8, 100, 90, 70, 60]);
  });

  it.each([false, true])("reproduces a linear ramp away from the edges (guide: %s)", (isGuided) => {
    const [chromaSize, fullSize] = [
      { width: 5, height: 4 },
      { width: 37, height: 23 },
    ];
    const ramp = (x: number, y: number) => 3 * x - 2 * y;
    const ab = joined(
      planeOf(chromaSize, ramp),
      planeOf(chromaSize, (x, y) => -ramp(x, y)),
    );
    const guide = { lightness: new Float32Array(20 * 16).fill(50), width: 20, height: 16 };
    const chroma = { ab, ...chromaSize, ...(isGuided ? { guide } : {}) };
    const { width, height } = fullSize;
    const found = enlarged(chroma, fullSize, new Float32Array(width * height).fill(50));
    const digits = isGuided ? 1 : 5; // means of positions at the edges are corrected, too
    for (let y = 7; y < 16; y++) {
      for (let x = 9; x < 28; x++) {
        const expected = ramp((x + 0.5) / width, (y + 0.5) / height);
        expect(found[y * width + x]).toBeCloseTo(expected, digits);
        expect(found[(height + y) * width + x]).toBeCloseTo(-expected, digits);
      }
    }
  });

  it.each([false, true])(
    "gives the same rows in strips as in one piece (guide: %s)",
    (isGuided) => {
      const size = { width: 31, height: 17 };
      const ab = Float32Array.from({ length: 2 * 6 * 5 }, (_, i) => Math.sin(i * 7.3) * 60);
      const lightness = planeOf(size, (x, y) => 50 + 40 * Math.sin(9 * x + 14 * y));
      const guide = { lightness: blockMeans(lightness, size, { width: 12, height: 10 }) };
      const source = {
        ...{ ab, width: 6, height: 5 },
        ...(isGuided ? { guide: { ...guide, width: 12, height: 10 } } : {}),
      };
      const whole = enlarged(source, size, lightness);
      const strip = new Float32Array(2 * 31 * 4);
      const upsampler = new ChromaUpsampler(source, 31, 17);
      upsampler.rows(9, 4, lightness.subarray(31 * 9, 31 * 13), strip);
      expect(strip.subarray(0, 31 * 4)).toEqual(whole.subarray(31 * 9, 31 * 13));
      expect(strip.subarray(31 * 4)).toEqual(whole.subarray(31 * (17 + 9), 31 * (17 + 13)));
    },
  );
});
