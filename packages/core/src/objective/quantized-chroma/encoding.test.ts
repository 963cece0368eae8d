import { describe, expect, it } from "vitest";
import { rgbToLab } from "../../color/index.js";
import { randomUniform } from "../../random.js";
import { ChromaBins, ChromaEncoding, ChromaPrior, PriorCounts } from "./index.js";

/** (a*, b*) of every seventeenth 8-bit sRGB code along each axis. */
function sampledGamut(): [a: number, b: number][] {
  const codes = Array.from({ length: 16 }, (_, i) => 17 * i);
  const rgb = Uint8Array.from(
    codes.flatMap((r) => codes.flatMap((g) => codes.flatMap((b) => [r, g, b]))),
  );
  const count = rgb.length / 3;
  const ab = new Float32Array(2 * count);
  rgbToLab(rgb, count, new Float32Array(count), ab);
  return Array.from({ length: count }, (_, i) => [ab[i]!, ab[count + i]!]);
}

/** Bins by distance from a colour, by brute force. */
function byDistance(bins: ChromaBins, a: number, b: number): { bin: number; distance: number }[] {
  return Array.from({ length: bins.count }, (_, bin) => ({
    bin,
    distance: Math.hypot(bins.a[bin]! - a, bins.b[bin]! - b),
  })).sort((first, second) => first.distance - second.distance);
}

describe("bins", () => {
  it.each([8, 10, 20])("hold every sRGB colour in their squares, %f units apart", (spacing) => {
    const bins = new ChromaBins(spacing);
    const met = new Set<number>();
    for (const [a, b] of sampledGamut()) {
      const bin = bins.nearest(a, b);
      // Squares are searched at tenths of their sides: a sliver of the gamut may lie between.
      expect(Math.abs(bins.a[bin]! - a)).toBeLessThanOrEqual(0.6 * spacing);
      expect(Math.abs(bins.b[bin]! - b)).toBeLessThanOrEqual(0.6 * spacing);
      met.add(bin);
    }
    // No bin is far from all colours: the rest are squares that the gamut touches at a corner.
    expect(met.size).toBeGreaterThan(0.85 * bins.count);
  });

  it("are as many as models rely on, in a fixed order", () => {
    const bins = new ChromaBins();
    expect(bins.count).toBe(262);
    expect(new ChromaBins(20).count).toBe(77);
    const order = Array.from(bins.a, (a, bin) => 1000 * a + bins.b[bin]!);
    expect(order).toEqual([...order].sort((first, second) => first - second));
  });

  it("give colours out of gamut the nearest bin", () => {
    const bins = new ChromaBins();
    for (let i = 0; i < 300; i++) {
      const [a, b] = [0, 1].map((axis) => 240 * randomUniform(1, i, axis) - 120) as [
        number,
        number,
      ];
      const bin = bins.nearest(a, b);
      const distance = Math.hypot(bins.a[bin]! - a, bins.b[bin]! - b);
      // A cell of the table is 1 unit wide.
      expect(distance - byDistance(bins, a, b)[0]!.distance).toBeLessThan(1.5);
    }
    const [far, farther] = [bins.nearest(0, 200), bins.nearest(0, 1e6)];
    expect(bins.b[far]).toBe(Math.max(...bins.b));
    expect(farther).toBe(far);
  });

  it("refuse other spacings", () => {
    expect(() => new ChromaBins(1)).toThrow("from 5 to 40");
    expect(() => new ChromaBins(Number.NaN)).toThrow("NaN");
  });
});

describe("encoding", () => {
  const bins = new ChromaBins();

  /** The distribution of one colour. */
  function encode(encoding: ChromaEncoding, a: number, b: number): Float64Array {
    const sums = new Float64Array(bins.count);
    encoding.accumulate(Float32Array.of(a, b), sums);
    return sums;
  }

  it("shares a colour among its five nearest bins by a Gaussian of half the spacing", () => {
    const encoding = new ChromaEncoding(bins);
    for (const [a, b] of [
      [12.5, -31.5],
      [0.5, 0.5],
      [70.5, 60.5],
      [-100.5, 90.5],
    ] as const) {
      const nearest = byDistance(bins, a, b).slice(0, 5);
      const weights = nearest.map(({ distance }) => Math.exp(-(distance ** 2) / 50));
      const sum = weights.reduce((total, weight) => total + weight, 0);
      const expected = new Float64Array(bins.count);
      for (const [i, { bin }] of nearest.entries()) expected[bin] = weights[i]! / sum;
      const encoded = encode(encoding, a, b);
      for (let bin = 0; bin < bins.count; bin++)
        expect(encoded[bin]).toBeCloseTo(expected[bin]!, 6);
    }
  });

  it("keeps a colour: the mean over the centres is close to it", () => {
    const encoding = new ChromaEncoding(bins);
    for (const [a, b] of [
      [0, 0],
      [14, 23],
      [-26, 37],
      [5, -35],
    ] as const) {
      const encoded = encode(encoding, a, b);
      const mean = (centres: Float32Array) =>
        encoded.reduce((sum, weight, bin) => sum + weight * centres[bin]!, 0);
      expect(Math.hypot(mean(bins.a) - a, mean(bins.b) - b)).toBeLessThan(2);
    }
  });

  it("is hard with one neighbour", () => {
    const encoding = new ChromaEncoding(bins, { neighbours: 1 });
    for (const [a, b] of sampledGamut()) {
      expect(encode(encoding, a, b)[bins.nearest(a, b)]).toBe(1);
    }
  });

  it("refuses impossible options", () => {
    expect(() => new ChromaEncoding(bins, { neighbours: 0 })).toThrow("from 1 to 16");
    expect(() => new ChromaEncoding(bins, { sigma: 0 })).toThrow("positive");
  });
});

describe("prior", () => {
  const bins = new ChromaBins();
  const hard = new ChromaEncoding(bins, { neighbours: 1 });
  const grey = bins.nearest(0, 0);
  const blue = bins.nearest(0, -40);
  const sum = (values: Float32Array) => values.reduce((total, value) => total + value, 0);

  it("is the share of each colour, mixed with the uniform distribution", () => {
    const counts = new PriorCounts(hard);
    counts.add(Float32Array.of(0, 1, -1, 0, 0, 1, 2, -40));
    const { shares, bands } = counts.prior({ sigma: 0, uniform: 0.1 });
    expect(bands).toBe(1);
    expect(shares[grey]).toBeCloseTo(0.9 * 0.75 + 0.1 / 262, 6);
    expect(shares[blue]).toBeCloseTo(0.9 * 0.25 + 0.1 / 262, 6);
    expect(shares[bins.nearest(40, 0)]).toBeCloseTo(0.1 / 262, 8);
  });

  it("is smoothed over the plane without losing anything", () => {
    const counts = new PriorCounts(hard);
    counts.add(Float32Array.of(0, -40));
    const { shares } = counts.prior({ sigma: 5, uniform: 0 + 1e-6 });
    // Neighbours 10 units away, at two standard deviations.
    expect(shares[bins.nearest(10, -40)]! / shares[blue]!).toBeCloseTo(Math.exp(-2), 4);
    expect(sum(shares)).toBeCloseTo(1, 5);
  });

  it("is kept for bands of lightness; one without pixels has the shares of all", () => {
    const counts = new PriorCounts(hard, 4);
    // Grey in the dark, blue in the light, nothing between.
    counts.add(Float32Array.of(0, 0, 0, -40), Float32Array.of(5, 99.9));
    const { shares, bands } = counts.prior({ sigma: 0 });
    const share = (band: number, bin: number) => shares[band * bins.count + bin]!;
    expect(bands).toBe(4);
    expect(share(0, grey)).toBeGreaterThan(0.95);
    expect(share(3, blue)).toBeGreaterThan(0.95);
    expect(share(1, grey)).toBeCloseTo(0.495, 2);
    expect(share(1, blue)).toBeCloseTo(0.495, 2);
  });

  it("comes back from what is stored, and nothing else does", () => {
    const counts = new PriorCounts(hard, 2);
    counts.add(Float32Array.of(0, 0, 0, -40), Float32Array.of(5, 95));
    const { shares } = counts.prior();
    expect(new ChromaPrior(bins, shares.slice()).bands).toBe(2);
    expect(() => new ChromaPrior(bins, shares.slice(1))).toThrow("262");
    expect(() => new ChromaPrior(new ChromaBins(20), shares)).toThrow("77");
    expect(() => new ChromaPrior(bins, new Float32Array(262))).toThrow("sum 1");
    expect(
      () =>
        new ChromaPrior(
          bins,
          shares.map(() => Number.NaN),
        ),
    ).toThrow("sum 1");
  });

  it("needs colours, and their lightness for bands", () => {
    expect(() => new PriorCounts(hard).prior()).toThrow("none");
    expect(() => new PriorCounts(hard, 2).add(Float32Array.of(0, 0))).toThrow("lightness");
    expect(() => new PriorCounts(hard, 0)).toThrow("bands");
    const counts = new PriorCounts(hard);
    counts.add(Float32Array.of(0, 0));
    expect(() => counts.prior({ uniform: 2 })).toThrow("uniform");
  });
});
