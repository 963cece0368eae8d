import { describe, expect, it } from "vitest";
import { randomNormal } from "../../random.js";
import {
  ChromaBins,
  ChromaPrior,
  ColorDistributions,
  checkReadOuts,
  DEFAULT_READ_OUTS,
  READ_OUT_NAMES,
  type ReadOut,
} from "./index.js";

const bins = new ChromaBins();
const plain: ReadOut = { prior: 0, fade: null, temperature: 1, saturation: 1, smoothing: null };

/** Mostly grey, and warm rather than cold. */
function priorOf(bands = 1): ChromaPrior {
  const shares = new Float32Array(bands * bins.count);
  for (let band = 0; band < bands; band++) {
    const row = shares.subarray(band * bins.count, (band + 1) * bins.count);
    for (let bin = 0; bin < bins.count; bin++) {
      const square = bins.a[bin]! ** 2 + (bins.b[bin]! - 10 * band) ** 2;
      row[bin] = Math.exp(-square / 400) + 1e-3;
    }
    const sum = row.reduce((total, share) => total + share, 0);
    for (let bin = 0; bin < bins.count; bin++) row[bin]! /= sum;
  }
  return new ChromaPrior(bins, shares);
}

/** Random distributions, from sharp ones at the left to flat ones at the right. */
function randomLogits(width: number, height: number): Float32Array {
  return Float32Array.from({ length: width * height * bins.count }, (_, i) => {
    const x = Math.floor(i / bins.count) % width;
    return (8 * randomNormal(3, i) * (width - x)) / width;
  });
}

function entropyOf(logits: Float32Array): number {
  const p = softmax(Array.from(logits));
  return -p.reduce((sum, each) => sum + each * Math.log(each), 0) / Math.log(p.length);
}

function softmax(logits: number[]): number[] {
  const highest = Math.max(...logits);
  const weights = logits.map((logit) => Math.exp(logit - highest));
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}

/** The formula as it is written down, at one position. */
function expectedColor(logits: Float32Array, logPrior: number[], readOut: ReadOut, weight: number) {
  const p = softmax(
    Array.from(logits, (logit, bin) => {
      return (logit - readOut.prior * weight * logPrior[bin]!) / readOut.temperature;
    }),
  );
  return [bins.a, bins.b].map(
    (centres) => readOut.saturation * p.reduce((sum, each, bin) => sum + each * centres[bin]!, 0),
  );
}

describe("uncertainty", () => {
  it("is 0 for a sure colour, 1 for no idea, and log 2 / log bins between two colours", () => {
    const logits = new Float32Array(3 * bins.count);
    logits[5] = 100;
    logits[2 * bins.count + 7] = 100;
    logits[2 * bins.count + 9] = 100;
    const { entropy } = new ColorDistributions(logits, 3, 1, priorOf());
    expect(entropy[0]).toBeCloseTo(0, 5);
    expect(entropy[1]).toBeCloseTo(1, 5);
    expect(entropy[2]).toBeCloseTo(Math.log(2) / Math.log(bins.count), 5);
  });

  it("agrees with the definition", () => {
    const logits = randomLogits(6, 3);
    const { entropy } = new ColorDistributions(logits, 6, 3, priorOf());
    for (let i = 0; i < 18; i++) {
      const expected = entropyOf(logits.subarray(i * bins.count, (i + 1) * bins.count));
      expect(Math.abs(entropy[i]! - expected)).toBeLessThan(1e-3);
    }
  });
});

describe("read-out", () => {
  const [width, height] = [9, 7];
  const logits = randomLogits(width, height);
  const at = (position: number) =>
    logits.subarray(position * bins.count, (position + 1) * bins.count);

  it.each<[string, ReadOut]>([
    ["the mean of the distribution", plain],
    ["a low temperature", { ...plain, temperature: 0.38 }],
    ["the prior taken back", { ...plain, prior: 0.7, temperature: 0.5 }],
    ["more saturation", { ...plain, prior: 0.3, saturation: 1.5 }],
    ["a fading correction", { ...plain, prior: 0.7, fade: { from: 0.2, to: 0.7 } }],
  ])("agrees with its formula: %s", (_, readOut) => {
    const prior = priorOf();
    const ab = new ColorDistributions(logits, width, height, prior).read(readOut);
    const logPrior = Array.from(prior.shares, Math.log);
    const weights = new Set<number>();
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        // The entropy averaged over those of 5 x 5 positions that exist.
        const around: number[] = [];
        for (let v = Math.max(y - 2, 0); v <= Math.min(y + 2, height - 1); v++) {
          for (let u = Math.max(x - 2, 0); u <= Math.min(x + 2, width - 1); u++) {
            around.push(entropyOf(at(v * width + u)));
          }
        }
        const entropy = around.reduce((sum, each) => sum + each, 0) / around.length;
        const weight = readOut.fade ? Math.min(Math.max((0.7 - entropy) / 0.5, 0), 1) : 1;
        weights.add(weight);
        const position = y * width + x;
        const [a, b] = expectedColor(at(position), logPrior, readOut, weight);
        expect(Math.abs(ab[position]! - a!)).toBeLessThan(0.1);
        expect(Math.abs(ab[width * height + position]! - b!)).toBeLessThan(0.1);
      }
    }
    if (readOut.fade) expect(weights.size).toBeGreaterThan(20);
  });

  it("takes the prior of the lightness, between two bands a share of each", () => {
    const prior = priorOf(4);
    const readOut = { ...plain, prior: 1, temperature: 0.5 };
    // Middles of bands at 12.5, 37.5, ...; 25 is half between the first two.
    const lightness = Float32Array.from(
      { length: width * height },
      (_, i) => [0, 37.5, 25, 100][i % 4]!,
    );
    const ab = new ColorDistributions(logits, width, height, prior, lightness).read(readOut);
    const row = (band: number) =>
      Array.from(prior.shares.subarray(band * bins.count, (band + 1) * bins.count), Math.log);
    const between = row(0).map((value, bin) => (value + row(1)[bin]!) / 2);
    const rows = [row(0), row(1), between, row(3)];
    for (let i = 0; i < width * height; i++) {
      const [a] = expectedColor(at(i), rows[i % 4]!, readOut, 1);
      expect(Math.abs(ab[i]! - a!)).toBeLessThan(0.1);
    }
    expect(() => new ColorDistributions(logits, width, height, prior).read(readOut)).toThrow(
      "lightness",
    );
  });

  it("gives back the network's distributions", () => {
    const probabilities = new ColorDistributions(logits, width, height, priorOf()).probabilities();
    for (const position of [0, 30, 62]) {
      const expected = softmax(Array.from(at(position)));
      for (let bin = 0; bin < bins.count; bin++) {
        const error = probabilities[position * bins.count + bin]! - expected[bin]!;
        expect(Math.abs(error)).toBeLessThan(0.005);
      }
    }
  });

  it("refuses logits of another number of bins", () => {
    expect(() => new ColorDistributions(logits, width, height + 1, priorOf())).toThrow("262");
  });
});

describe("smoothing", () => {
  // Two halves of different lightness, the left surely green, the right surely brown; in each a patch
  // of which the network knows little, leaning to red.
  const side = 24;
  const [green, brown, red] = [bins.nearest(-40, 30), bins.nearest(10, 30), bins.nearest(60, 20)];
  const lightness = Float32Array.from({ length: side * side }, (_, i) => (i % side < 12 ? 70 : 30));
  const inPatch = (x: number, y: number) => x % 12 >= 4 && x % 12 < 8 && y >= 10 && y < 14;
  const logits = new Float32Array(side * side * bins.count);
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const first = (y * side + x) * bins.count;
      if (inPatch(x, y)) logits[first + red] = 2;
      else logits[first + (x < 12 ? green : brown)] = 12;
    }
  }
  const distributions = new ColorDistributions(logits, side, side, priorOf(), lightness);
  const smoothing = { from: 0.3, to: 0.6, reach: 0.3, lightness: 10 };
  const before = distributions.read(plain);
  const after = distributions.read({ ...plain, smoothing });

  it("gives unsure positions the colour around them, on their side of an edge", () => {
    const left = 12 * side + 6;
    const right = 12 * side + 18;
    expect(before[left]).toBeGreaterThan(10);
    expect(after[left]).toBeLessThan(-30);
    expect(after[right]).toBeGreaterThan(5);
    expect(after[right]).toBeLessThan(12);
  });

  it("leaves sure positions as they are", () => {
    for (let i = 0; i < side * side; i++) {
      if (!inPatch(i % side, Math.floor(i / side))) expect(after[i]).toBeCloseTo(before[i]!, 5);
    }
  });
});

describe("read-outs in model files", () => {
  it("come back as they were written", () => {
    const readOuts = {
      ...DEFAULT_READ_OUTS,
      vivid: { ...plain, smoothing: { from: 0.1, to: 0.2, reach: 0.05, lightness: 8 } },
    };
    expect(checkReadOuts(JSON.parse(JSON.stringify(readOuts)))).toEqual(readOuts);
  });

  it("need every number, in its range", () => {
    const written = (change: object) =>
      Object.fromEntries(
        READ_OUT_NAMES.map((name) => [name, { ...plain, ...(name === "vivid" ? change : {}) }]),
      );
    expect(checkReadOuts(written({})).vivid).toEqual(plain);
    expect(() => checkReadOuts(written({ temperature: 0 }))).toThrow(
      /vivid.temperature .* found 0/,
    );
    expect(() => checkReadOuts(written({ prior: "much" }))).toThrow('"much"');
    expect(() => checkReadOuts(written({ saturation: undefined }))).toThrow("nothing");
    expect(() => checkReadOuts(written({ fade: { from: 0.7, to: 0.2 } }))).toThrow("0.7 and 0.2");
    expect(() => checkReadOuts(written({ smoothing: 3 }))).toThrow("vivid.smoothing");
    expect(() => checkReadOuts({ garish: {} })).toThrow("garish");
    expect(() => checkReadOuts({})).toThrow("faithful");
    expect(() => checkReadOuts([])).toThrow("an object");
  });
});
