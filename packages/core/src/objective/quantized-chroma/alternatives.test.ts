import { describe, expect, it } from "vitest";
import { randomNormal } from "../../random.js";
import {
  alternativeColors,
  ChromaBins,
  ChromaPrior,
  ColorDistributions,
  type ReadOut,
} from "./index.js";

const bins = new ChromaBins();
const prior = new ChromaPrior(bins, new Float32Array(bins.count).fill(1 / bins.count));
const readOut: ReadOut = { prior: 0, fade: null, temperature: 0.4, saturation: 1, smoothing: null };

/** Logits of a mixture of colours, each `[a, b, share]`, 8 units wide, with noise at each position. */
function mixture(
  colors: readonly (readonly [number, number, number])[],
  position: number,
): Float32Array {
  return Float32Array.from(bins.a, (a, bin) => {
    const density = colors.reduce((sum, [centreA, centreB, share]) => {
      const square = (a - centreA) ** 2 + (bins.b[bin]! - centreB) ** 2;
      return sum + share * Math.exp(-square / (2 * 8 * 8));
    }, 1e-5);
    return Math.log(density) + 0.3 * randomNormal(4, position, bin);
  });
}

const side = 32;

function picture(
  colorsAt: (x: number, y: number) => readonly (readonly [number, number, number])[],
  lightnessAt: (x: number, y: number) => number,
): ColorDistributions {
  const logits = new Float32Array(side * side * bins.count);
  const lightness = new Float32Array(side * side);
  for (let i = 0; i < side * side; i++) {
    const [x, y] = [i % side, Math.floor(i / side)];
    logits.set(mixture(colorsAt(x, y), i), i * bins.count);
    lightness[i] = lightnessAt(x, y);
  }
  return new ColorDistributions(logits, side, side, prior, lightness);
}

/** Mean and standard deviation of a rectangle's colours. */
function colorOf(ab: Float32Array, inside: (x: number, y: number) => boolean) {
  const chosen = Array.from({ length: side * side }, (_, i) => i).filter((i) =>
    inside(i % side, Math.floor(i / side)),
  );
  const mean = (plane: number) =>
    chosen.reduce((sum, i) => sum + ab[plane * side * side + i]!, 0) / chosen.length;
  const [a, b] = [mean(0), mean(1)];
  const square = chosen.reduce(
    (sum, i) => sum + (ab[i]! - a) ** 2 + (ab[side * side + i]! - b) ** 2,
    0,
  );
  return { a, b, spread: Math.sqrt(square / chosen.length) };
}

// A car, red or else blue, in front of grass, which is green.
const isCar = (x: number, y: number) => x >= 10 && x < 22 && y >= 12 && y < 24;
const isInCar = (x: number, y: number) => x >= 13 && x < 19 && y >= 15 && y < 21;
const isGrass = (x: number) => x < 7;
const street = picture(
  (x, y) =>
    isCar(x, y)
      ? [
          [50, 30, 0.6],
          [10, -50, 0.4],
        ]
      : [[-30, 40, 1]],
  (x, y) => (isCar(x, y) ? 35 : 65),
);

describe("alternatives", () => {
  const both = alternativeColors(street, readOut, 2);

  it("begin with the read-out itself", () => {
    expect(both[0]).toEqual(street.read(readOut));
  });

  it("show both modes of a region, each all over it", () => {
    const [first, second] = both.map((ab) => colorOf(ab, isInCar));
    expect(first!.a).toBeGreaterThan(30);
    expect(Math.hypot(second!.a - 10, second!.b + 50)).toBeLessThan(8);
    expect(second!.spread).toBeLessThan(6);
  });

  it("leave what is sure as it is", () => {
    const [first, second] = both.map((ab) => colorOf(ab, isGrass));
    expect(Math.hypot(second!.a - first!.a, second!.b - first!.b)).toBeLessThan(2);
  });

  it("are decided for like regions together, wherever they are", () => {
    // Two wings of one house in front of grass: dark and a little darker, the same two colours.
    const house = picture(
      (x) =>
        x < 10 || x >= 22
          ? [
              [40, 40, 0.55],
              [-5, -40, 0.45],
            ]
          : [[-30, 40, 1]],
      (x) => (x < 10 ? 40 : x < 22 ? 65 : 36),
    );
    const second = alternativeColors(house, readOut, 2)[1]!;
    expect(colorOf(second, (x) => x < 8).b).toBeLessThan(-25);
    expect(colorOf(second, (x) => x >= 24).b).toBeLessThan(-25);
  });

  it("are all different, and the same again", () => {
    const open = picture(
      (_, y) =>
        y < 16
          ? [
              [50, 30, 0.4],
              [10, -50, 0.3],
              [-40, 40, 0.3],
            ]
          : [
              [0, 0, 0.5],
              [10, 50, 0.5],
            ],
      (_, y) => (y < 16 ? 30 : 75),
    );
    const four = alternativeColors(open, readOut, 4);
    expect(four).toHaveLength(4);
    for (let j = 1; j < 4; j++) {
      for (let k = 0; k < j; k++) {
        const distance = colorOf(
          four[j]!.map((value, i) => value - four[k]![i]!),
          () => true,
        );
        expect(Math.hypot(distance.a, distance.b) + distance.spread).toBeGreaterThan(15);
      }
    }
    expect(alternativeColors(open, readOut, 4)).toEqual(four);
  });

  it("are fewer where only one colour is likely", () => {
    const meadow = picture(
      () => [[-30, 40, 1]],
      () => 50,
    );
    expect(alternativeColors(meadow, readOut, 4).length).toBeLessThan(4);
  });

  it.each([
    [0.0005, 1e-3],
    [0.027, 0.1],
  ])("are none of colours that only the prior's correction makes likely (%d)", (share, rarity) => {
    const counts = bins.a.map((a, bin) =>
      Math.hypot(a - 60, bins.b[bin]! + 60) < 30 ? rarity : 1,
    );
    const sum = counts.reduce((total, count) => total + count, 0);
    const rareViolet = new ChromaPrior(
      bins,
      Float32Array.from(counts, (count) => count / sum),
    );
    // A wall, grey or else brown; hardly ever violet.
    const { logits, lightness } = picture(
      () => [
        [0, 0, 0.8],
        [15, 45, 0.2],
        [60, -60, 0.8 * share],
      ],
      () => 50,
    );
    const wall = new ColorDistributions(logits, side, side, rareViolet, lightness);
    const all = alternativeColors(wall, { ...readOut, prior: 1 }, 4);
    expect(all.length).toBeGreaterThan(1);
    for (const ab of all) expect(colorOf(ab, () => true).b).toBeGreaterThan(-10);
  });

  it("need the lightness", () => {
    const { logits } = street;
    const blind = new ColorDistributions(logits, side, side, prior);
    expect(() => alternativeColors(blind, readOut, 2)).toThrow("lightness");
  });
});
