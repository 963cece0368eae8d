import { describe, expect, it } from "vitest";
import {
  bestClass,
  bleedingIndex,
  bootstrap,
  CHROMA_BINS,
  chromaBins,
  chromaError,
  ciede2000,
  colorfulness,
  countChroma,
  flatChromaVariation,
  HIGHEST_PSNR,
  meanCiede2000,
  nearLightnessEdges,
  peakSignalToNoise,
  quantile,
  rankOfClass,
  rebalancedShare,
  rebalancingWeights,
  sepiaIndex,
  sepiaTone,
  structuralSimilarity,
  TruePicture,
} from "./index.js";
import {
  REFERENCE_HEIGHT,
  REFERENCE_WIDTH,
  referencePictures,
} from "./reference/reference-pictures.js";
import { REFERENCE_VALUES, SHARMA_PAIRS } from "./reference/reference-values.js";

describe("against scikit-image and the papers", () => {
  const { truth, predicted } = referencePictures();
  const picture = new TruePicture(truth, REFERENCE_WIDTH, REFERENCE_HEIGHT);
  const { measures } = picture.compare(predicted);

  it("agrees on PSNR and SSIM", () => {
    expect(measures.psnr).toBeCloseTo(REFERENCE_VALUES.psnr, 9);
    expect(measures.ssim).toBeCloseTo(REFERENCE_VALUES.ssim, 9);
  });

  it("agrees on the Lab metrics within the difference of the two sRGB matrices", () => {
    expect(Math.abs(measures.ciede2000 - REFERENCE_VALUES.ciede2000)).toBeLessThan(0.005);
    expect(Math.abs(measures.abError - REFERENCE_VALUES.abError)).toBeLessThan(0.005);
    expect(Math.abs(measures.auc - REFERENCE_VALUES.auc)).toBeLessThan(0.005);
    expect(Math.abs(measures.lightnessDrift - REFERENCE_VALUES.lightnessDrift)).toBeLessThan(0.002);
  });

  it("agrees on the rebalanced area with a literal sweep over thresholds", () => {
    const pixelsOfBin = new Float64Array(CHROMA_BINS);
    for (const [i, bin] of picture.counts.bins.entries()) {
      pixelsOfBin[bin] = picture.counts.pixels[i]!;
    }
    const weights = rebalancingWeights(pixelsOfBin);
    const { credit, weight } = rebalancedShare(picture.counts, measures.credits, weights);
    // A colour on the border of two bins may fall into the other one by the matrices' difference.
    expect(Math.abs((100 * credit) / weight - REFERENCE_VALUES.aucRebalanced)).toBeLessThan(0.05);
    expect(Math.abs((100 * credit) / weight - measures.auc)).toBeGreaterThan(0.5);
  });

  it("agrees on colourfulness, signed and absolute", () => {
    expect(measures.colorfulness).toBeCloseTo(REFERENCE_VALUES.colorfulness, 9);
    expect(measures.colorfulnessAbsolute).toBeCloseTo(REFERENCE_VALUES.colorfulnessAbsolute, 9);
  });

  it.each(SHARMA_PAIRS)("CIEDE2000 of Sharma's pair %f %f %f, %f %f %f is %f", (...pair) => {
    const [l1, a1, b1, l2, a2, b2, published] = pair as [
      number,
      number,
      number,
      number,
      number,
      number,
      number,
    ];
    expect(Math.abs(ciede2000(l1, a1, b1, l2, a2, b2) - published)).toBeLessThan(0.5001e-4);
    expect(Math.abs(ciede2000(l2, a2, b2, l1, a1, b1) - published)).toBeLessThan(0.5001e-4);
  });
});

it("averages CIEDE2000 over planes, neutral colours among them", () => {
  const plane = (...columns: number[]) =>
    Float32Array.from(columns.flatMap((column) => SHARMA_PAIRS.map((pair) => pair[column]!)));
  const published = SHARMA_PAIRS.reduce((sum, pair) => sum + pair[6]!, 0) / SHARMA_PAIRS.length;
  const found = meanCiede2000(plane(0), plane(1, 2), plane(3), plane(4, 5));
  expect(found).toBeCloseTo(published, 4);
});

/** A picture of one function of the place. */
function paint(
  width: number,
  height: number,
  color: (x: number, y: number) => readonly [number, number, number],
): Uint8Array {
  const rgb = new Uint8Array(3 * width * height);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) rgb.set(color(x, y), 3 * (y * width + x));
  }
  return rgb;
}

describe("limits", () => {
  const picture = paint(16, 16, (x, y) => [16 * x, 16 * y, 100]);

  it("gives a picture compared with itself the best score of everything", () => {
    const truth = new TruePicture(picture, 16, 16);
    const { measures, ab } = truth.compare(picture);
    expect(measures).toMatchObject({ psnr: HIGHEST_PSNR, abError: 0, ciede2000: 0, auc: 100 });
    expect(measures).toMatchObject({ lightnessDrift: 0, sepia: 0 });
    expect(measures.ssim).toBeCloseTo(1, 12);
    expect(measures.bleeding).toBe(truth.own.bleeding);
    expect(measures.flatChromaVariation).toBe(truth.own.flatChromaVariation);
    expect(ab).toEqual(truth.ab);
  });

  it("takes one mean squared error over all samples", () => {
    const brighter = paint(16, 16, (x, y) => [16 * x, 16 * y, 130]);
    // An error of 30 in one of three channels: MSE 300.
    expect(peakSignalToNoise(brighter, picture)).toBeCloseTo(10 * Math.log10(65025 / 300), 12);
  });

  it("refuses pictures smaller than the window, and predictions of another size", () => {
    expect(() => structuralSimilarity(picture, picture, 10, 26)).toThrow("11 x 11");
    expect(() => new TruePicture(picture, 16, 16).compare(new Uint8Array(3))).toThrow("768");
  });

  it("finds black and white 100 apart, and differences symmetric at opposite hues", () => {
    expect(ciede2000(0, 0, 0, 100, 0, 0)).toBeCloseTo(100, 4);
    expect(ciede2000(50, 20, 10, 60, -20, -10)).toBe(ciede2000(60, -20, -10, 50, 20, 10));
  });

  it("gives a distance of 15 an area of 90 %", () => {
    const truth = new Float32Array([10, 10, -20, -20]);
    const predicted = new Float32Array([25, 10, -20, -5]);
    const error = chromaError(predicted, truth, chromaBins(truth));
    expect(error.meanDistance).toBeCloseTo(15, 6);
    expect(error.area).toBeCloseTo(90, 6);
  });

  it("counts distances beyond 150 as missed", () => {
    const truth = new Float32Array([100, 100]);
    expect(chromaError(new Float32Array([-100, -100]), truth, chromaBins(truth)).area).toBe(0);
  });
});

describe("colourfulness", () => {
  it("is 0 for grey", () => {
    expect(colorfulness(paint(4, 4, (x) => [x, x, x]))).toEqual({ signed: 0, absolute: 0 });
  });

  it("sees the spread of opposite hues, which the absolute variant folds together", () => {
    // R - G is +-100, (R + G) / 2 - B is 0: standard deviation 100 signed, 0 with mean 100 absolute.
    const opposite = paint(4, 4, (x) => (x < 2 ? [150, 50, 100] : [50, 150, 100]));
    expect(colorfulness(opposite).signed).toBeCloseTo(100, 9);
    expect(colorfulness(opposite).absolute).toBeCloseTo(30, 9);
  });
});

describe("sepia index", () => {
  const planes = (pixels: readonly (readonly [number, number])[]) =>
    new Float32Array([...pixels.map(([a]) => a), ...pixels.map(([, b]) => b)]);
  const brown = planes(Array.from({ length: 8 }, () => [8, 17]));
  const varied = planes([
    [20, 10],
    [-20, 20],
    [-10, -30],
    [15, -5],
    [0, 25],
    [-25, 0],
    [10, -20],
    [10, 0],
  ]);

  it("is near 1 for a brown picture of a varied truth", () => {
    expect(sepiaIndex(brown, sepiaTone(varied))).toBeGreaterThan(0.9);
  });

  it("is 0 for a brown picture of a brown truth, for the truth itself, for grey and for blue", () => {
    expect(sepiaIndex(brown, sepiaTone(brown))).toBe(0);
    expect(sepiaIndex(varied, sepiaTone(varied))).toBe(0);
    expect(sepiaIndex(new Float32Array(16), sepiaTone(varied))).toBe(0);
    expect(sepiaIndex(planes(Array.from({ length: 8 }, () => [5, -30])), sepiaTone(varied))).toBe(
      0,
    );
  });

  it("is small for a faint tint", () => {
    expect(
      sepiaIndex(planes(Array.from({ length: 8 }, () => [0.1, 0.2])), sepiaTone(varied)),
    ).toBeLessThan(0.15);
  });
});

describe("bleeding index", () => {
  const side = 64;
  /** Lightness and chroma with a step each. */
  const bleedingOf = (lightnessAt: number | null, chromaAt: number | null, blur = 0): number => {
    const lightness = new Float32Array(side * side);
    const ab = new Float32Array(2 * side * side);
    for (let i = 0; i < side * side; i++) {
      const x = i % side;
      lightness[i] = lightnessAt === null ? 50 : x < lightnessAt ? 30 : 70;
      if (chromaAt === null) continue;
      const step = blur === 0 ? Number(x >= chromaAt) : (x - chromaAt) / blur + 0.5;
      ab[i] = 60 * Math.min(Math.max(step, 0), 1);
    }
    return bleedingIndex(ab, nearLightnessEdges(lightness, side, side), side, side);
  };

  it("is 0 without colour, and where colour ends with its object", () => {
    expect(bleedingOf(32, null)).toBe(0);
    expect(bleedingOf(32, 32)).toBe(0);
    expect(bleedingOf(32, 33)).toBe(0);
  });

  it("is 1 where colour ends away from any lightness edge", () => {
    expect(bleedingOf(32, 48)).toBe(1);
    expect(bleedingOf(null, 32)).toBe(1);
  });

  it("grows with the width of the seam", () => {
    const narrow = bleedingOf(32, 32, 8);
    const wide = bleedingOf(32, 32, 24);
    expect(narrow).toBeGreaterThan(0.1);
    expect(wide).toBeGreaterThan(narrow);
  });
});

describe("flat chroma variation", () => {
  const side = 32;
  /** Of planes of the place, under a lightness with a step at x = 16, or flat. */
  const variationOf = (
    a: (x: number, y: number) => number,
    b: (x: number, y: number) => number,
    lightness: (x: number) => number = (x) => (x < 16 ? 30 : 70),
  ): number => {
    const plane = (value: (x: number, y: number) => number) =>
      Array.from({ length: side * side }, (_, i) => value(i % side, Math.floor(i / side)));
    const near = nearLightnessEdges(Float32Array.from(plane(lightness)), side, side);
    return flatChromaVariation(Float32Array.from([...plane(a), ...plane(b)]), near, side, side);
  };
  const none = () => 0;

  it("is the slope of a* and b* together", () => {
    expect(variationOf(none, () => 40)).toBe(0);
    expect(
      variationOf(
        (x) => 3 * x,
        (_, y) => 4 * y,
      ),
    ).toBeCloseTo(5, 5);
  });

  it("hardly sees the noise of single pixels", () => {
    const noise = (x: number, y: number) => 2 * Math.sin(12.9 * x + 78.2 * y + x * y);
    // The mean Sobel slope of this noise is 0.79.
    expect(variationOf(noise, none)).toBeLessThan(0.4);
  });

  it("does not see colours that change with the lightness", () => {
    expect(variationOf((x) => (x < 16 ? -40 : 40), none)).toBe(0);
    expect(variationOf((x) => (x < 10 ? -40 : 40), none)).toBeGreaterThan(1);
  });

  it("grows with the strength and the number of patches", () => {
    const patches = (size: number, strength: number) =>
      variationOf((x, y) => (((x / size) ^ (y / size)) & 1 ? strength : 0), none);
    expect(patches(8, 20)).toBeCloseTo(2 * patches(8, 10), 4);
    expect(patches(4, 10)).toBeGreaterThan(1.3 * patches(8, 10));
  });

  it("is 0 without a flat place", () => {
    expect(
      variationOf(
        (x) => 3 * x,
        none,
        (x) => 3 * x,
      ),
    ).toBe(0);
  });
});

describe("rebalancing", () => {
  it("weighs rare colours more, with a mean weight of 1", () => {
    const ab = new Float32Array(2000);
    ab.fill(80, 990, 1000); // 10 of 1000 pixels have a* = 80
    const counts = countChroma(chromaBins(ab));
    expect([...counts.pixels]).toEqual([990, 10]);
    const pixelsOfBin = new Float64Array(CHROMA_BINS);
    for (const [i, bin] of counts.bins.entries()) pixelsOfBin[bin] = counts.pixels[i]!;
    const weights = rebalancingWeights(pixelsOfBin);
    const [common, rare] = [weights[counts.bins[0]!]!, weights[counts.bins[1]!]!];
    expect(rare / common).toBeCloseTo(99, 6);
    expect(0.99 * common + 0.01 * rare).toBeCloseTo(1, 9);
  });
});

describe("classes", () => {
  it("ranks a class among the logits, earlier ones first at a tie", () => {
    const logits = new Float32Array([1, 5, 3, 5]);
    expect([0, 1, 2, 3].map((label) => rankOfClass(logits, label))).toEqual([3, 0, 2, 1]);
    const best = bestClass(new Float32Array([Math.log(1), Math.log(3)]));
    expect(best.index).toBe(1);
    expect(best.probability).toBeCloseTo(0.75, 6);
  });
});

describe("bootstrap", () => {
  // 400 values, 0..399 in a scrambled order: mean 199.5, standard deviation 115.5.
  const values = Float64Array.from({ length: 400 }, (_, i) => (i * 171) % 400);
  const shifted = values.map((value) => value + 3);
  const [own, difference, ratio] = bootstrap(
    [values, shifted],
    [([a]) => a!, ([a, b]) => b! - a!, ([a, b]) => b! / a!],
    { resamples: 2000, seed: 7 },
  );

  it("gives a mean the interval of its standard error", () => {
    const standardError = 115.47 / Math.sqrt(400);
    expect(own!.value).toBe(199.5);
    expect(own!.low).toBeGreaterThan(199.5 - 1.96 * standardError - 1);
    expect(own!.low).toBeLessThan(199.5 - 1.96 * standardError + 1);
    expect(own!.high).toBeGreaterThan(199.5 + 1.96 * standardError - 1);
    expect(own!.high).toBeLessThan(199.5 + 1.96 * standardError + 1);
  });

  it("pairs the columns: a constant difference has no uncertainty", () => {
    expect(difference!.value).toBeCloseTo(3, 12);
    expect(difference!.high - difference!.low).toBeLessThan(1e-9);
    expect(ratio!.high - ratio!.low).toBeLessThan(0.01);
  });

  it("repeats itself for the same seed only", () => {
    const again = (seed: number) => bootstrap([values], [([a]) => a!], { resamples: 50, seed });
    expect(again(1)).toEqual(again(1));
    expect(again(1)).not.toEqual(again(2));
  });

  it("interpolates quantiles as numpy does", () => {
    expect(quantile(Float64Array.of(1, 2, 4, 8), 0.4)).toBeCloseTo(2.4, 12);
  });
});
