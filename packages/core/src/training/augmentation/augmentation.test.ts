import { describe, expect, test } from "vitest";
import { rgbToLab } from "../../color/index.js";
import { Graph, type Value } from "../../graph/graph.js";
import type { TensorValue } from "../../graph/session.js";
import {
  cpu,
  describeOnDevices,
  numbers,
  runGraph,
  type TestDevice,
  tensor,
} from "../../testing/devices.js";
import { randomTensor } from "../../testing/gradient-check.js";
import { type AugmentationOptions, augment, augmentationNames } from "./augmentation.js";
import { simulatedHints } from "./hints.js";

const [count, height, width] = [6, 24, 16];
const pixels = height * width;

/** Noise inputs of a graph, fed with uniform numbers, or with given ones by name. */
class NoiseInputs {
  readonly feeds: Record<string, TensorValue> = {};
  constructor(
    readonly graph: Graph,
    readonly given: Readonly<Record<string, (index: number) => number>> = {},
    readonly seed = 5,
  ) {}

  readonly draw = (name: string, shape: Value["shape"]): Value => {
    const lengths = shape as readonly number[];
    const give = this.given[name];
    const random = randomTensor(lengths, this.seed + Object.keys(this.feeds).length, 0, 1);
    this.feeds[name] = give
      ? tensor(
          lengths,
          Array.from(random.data as Float32Array, (_, index) => give(index)),
        )
      : random;
    return this.graph.input(name, "float32", shape);
  };
}

const lightness = randomTensor([count, 1, height, width], 1, 5, 95);
const ab = randomTensor([count, 2, height, width], 2, -40, 40);

async function augmented(
  options: AugmentationOptions,
  picture = { lightness, ab },
  given: Readonly<Record<string, (index: number) => number>> = {},
  device: TestDevice = cpu,
) {
  const graph = new Graph();
  const noise = new NoiseInputs(graph, given);
  const result = augment(
    {
      lightness: graph.input("lightness", "float32", picture.lightness.shape),
      ab: graph.input("ab", "float32", picture.ab.shape),
    },
    options,
    noise.draw,
  );
  graph.output("out/lightness", result.lightness);
  graph.output("out/ab", result.ab);
  const outputs = await runGraph(device, graph, { ...picture, ...noise.feeds });
  return { lightness: numbers(outputs["out/lightness"]), ab: numbers(outputs["out/ab"]) };
}

const original = { lightness: numbers(lightness), ab: numbers(ab) };

function ofPicture(values: readonly number[], picture: number): readonly number[] {
  const length = values.length / count;
  return values.slice(picture * length, (picture + 1) * length);
}

describe.each(augmentationNames)("%s", (name) => {
  test("changes about the given share of the pictures, and no others", async () => {
    const chosen = [0.1, 0.9, 0.2, 0.8, 0.3, 0.7];
    const given = {
      [`augmentation.${name}`]: (index: number) => {
        const numbersPerPicture = {
          emulsion: 5,
          vignette: 2,
          blur: 2,
          tone: 5,
          grain: 3,
          border: 7,
          jpeg: 2,
        };
        const place = index % numbersPerPicture[name];
        return place === 0 ? chosen[Math.floor(index / numbersPerPicture[name])]! : 0.7;
      },
    };
    const result = await augmented({ [name]: 0.5 }, undefined, given);
    for (let picture = 0; picture < count; picture++) {
      const before = ofPicture(original.lightness, picture);
      const difference = ofPicture(result.lightness, picture).map((value, index) =>
        Math.abs(value - before[index]!),
      );
      const largest = Math.max(...difference);
      if (picture % 2 === 0) expect(largest, `picture ${picture}`).toBeGreaterThan(0.5);
      else expect(largest, `picture ${picture}`).toBeLessThan(1e-4);
    }
    if (name !== "border") expect(result.ab).toEqual(original.ab);
  });

  test("stays a lightness", async () => {
    const result = await augmented({ [name]: 1 });
    for (const value of result.lightness) {
      expect(value).toBeGreaterThanOrEqual(-1e-3);
      expect(value).toBeLessThanOrEqual(100.5);
    }
  });
});

describe("emulsion", () => {
  /** Red, green, blue, grey as sRGB. */
  const colors = [
    [220, 30, 40],
    [40, 180, 60],
    [30, 60, 210],
    [128, 128, 128],
  ] as const;
  const lab = new Float32Array(3 * colors.length);
  rgbToLab(Uint8Array.from(colors.flat()), colors.length, lab.subarray(0, 4), lab.subarray(4));
  const picture = {
    lightness: tensor([1, 1, 1, 4], lab.subarray(0, 4)),
    ab: tensor([1, 2, 1, 4], lab.subarray(4)),
  };
  const kinds = { "blue-sensitive": 0.1, orthochromatic: 0.5, panchromatic: 0.9 };
  const shades = async (kind: keyof typeof kinds) => {
    const draws = [0, kinds[kind], 0.5, 0.5, 0.5];
    const given = { "augmentation.emulsion": (index: number) => draws[index]! };
    const result = await augmented({ emulsion: 1 }, picture, given);
    const [red, green, blue, gray] = result.lightness as [number, number, number, number];
    return { red, green, blue, gray };
  };

  test.each(Object.keys(kinds) as (keyof typeof kinds)[])("%s keeps greys", async (kind) => {
    expect((await shades(kind)).gray).toBeCloseTo(lab[3]!, 2);
  });

  test("sees red as nearly black on blue-sensitive plates, and blue as light", async () => {
    const { red, green, blue } = await shades("blue-sensitive");
    expect(red).toBeLessThan(25);
    expect(blue).toBeGreaterThan(70);
    expect(green).toBeLessThan(blue);
  });

  test("is the L* of the weighted mean of linear channels", async () => {
    // Middle of the panchromatic ranges: weights 0.4, 0.5, 0.225 over their sum.
    const linear = (code: number) =>
      code / 255 <= 0.04045 ? code / 255 / 12.92 : ((code / 255 + 0.055) / 1.055) ** 2.4;
    const [r, g, b] = colors[0].map(linear) as [number, number, number];
    const mean = (0.4 * r + 0.5 * g + 0.225 * b) / 1.125;
    expect((await shades("panchromatic")).red).toBeCloseTo(116 * Math.cbrt(mean) - 16, 1);
  });
});

test("blur keeps a flat picture flat up to its edges", async () => {
  const flat = tensor([count, 1, height, width], new Array(count * pixels).fill(42));
  const result = await augmented({ blur: 1 }, { lightness: flat, ab });
  for (const value of result.lightness) expect(value).toBeCloseTo(42, 3);
});

test("grain has the strength that was drawn, fine or coarse", async () => {
  const flat = tensor([count, 1, height, width], new Array(count * pixels).fill(50));
  for (const coarse of [0, 0.999]) {
    const draws = [0, 0.5, coarse];
    const given = { "augmentation.grain": (index: number) => draws[index % 3]! };
    const result = await augmented({ grain: 1 }, { lightness: flat, ab }, given);
    const squares = result.lightness.map((value) => (value - 50) ** 2);
    const deviation = Math.sqrt(squares.reduce((a, b) => a + b) / squares.length);
    expect(deviation, `coarse ${coarse}`).toBeGreaterThan(4.5 * 0.85);
    // At the edges of so small a picture, coarse grain is stronger.
    expect(deviation, `coarse ${coarse}`).toBeLessThan(4.5 * 1.25);
  }
});

test("jpeg rounds the coefficients of blocks, no pixel far away", async () => {
  // A ramp: smooth, so that compression changes it little; and constant over a block row.
  const ramp = tensor(
    [1, 1, 8, 16],
    Array.from({ length: 128 }, (_, index) => 20 + 3 * (index % 16)),
  );
  const given = { "augmentation.jpeg": (index: number) => [0, 1][index]! };
  const chroma = tensor([1, 2, 8, 16], new Float32Array(256));
  const result = await augmented({ jpeg: 1 }, { lightness: ramp, ab: chroma }, given);
  // Independent: the mean of each block is a multiple of its first step over 8.
  const step = ((16 * 100) / 255) * Math.exp(0.5);
  for (const block of [0, 1]) {
    const values = result.lightness.filter((_, index) => Math.floor((index % 16) / 8) === block);
    const coefficient = (values.reduce((a, b) => a + b) / 64) * 8;
    expect(Math.abs(coefficient / step - Math.round(coefficient / step))).toBeLessThan(1e-3);
  }
  const errors = result.lightness.map((value, index) => value - (20 + 3 * (index % 16)));
  expect(Math.max(...errors.map(Math.abs))).toBeGreaterThan(0.2);
  expect(Math.max(...errors.map(Math.abs))).toBeLessThan(9);
});

test("a border is neutral, and the picture inside untouched", async () => {
  // Insets of 12, 0, 12 and 0 % of the length: top, bottom, left, right.
  const draws = [0, 0.999, 0.1, 0.999, 0.1, 0.1, 0.5];
  const given = { "augmentation.border": (index: number) => draws[index % 7]! };
  const result = await augmented({ border: 1 }, undefined, given);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const index = y * width + x;
      const outside = (y + 0.5) / height < 0.1198 || (x + 0.5) / width < 0.1198;
      expect(result.lightness[index]).toBeCloseTo(outside ? 7 : original.lightness[index]!, 3);
      expect(result.ab[index]).toBeCloseTo(outside ? 0 : original.ab[index]!, 4);
    }
  }
});

describeOnDevices("all augmentations together", (device) => {
  test("give finite pictures, the same for the same numbers", async () => {
    const all = Object.fromEntries(augmentationNames.map((name) => [name, 0.5]));
    const one = await augmented(all, undefined, {}, device);
    const other = await augmented(all, undefined, {}, device);
    expect(one.lightness.every(Number.isFinite)).toBe(true);
    expect(one).toEqual(other);
    expect(one.lightness).not.toEqual(original.lightness);
  });
});

describe("simulated hints", () => {
  async function hints(share: number, given: Readonly<Record<string, (index: number) => number>>) {
    const graph = new Graph();
    const noise = new NoiseInputs(graph, given);
    const input = graph.input("ab", "float32", ab.shape);
    graph.output("hints", simulatedHints(input, { share }, noise.draw));
    return numbers((await runGraph(cpu, graph, { ab, ...noise.feeds })).hints);
  }
  const plane = (values: readonly number[], picture: number, channel: number) =>
    values.slice((3 * picture + channel) * pixels, (3 * picture + channel + 1) * pixels);

  test("one point in the middle has the mean colour of its patch", async () => {
    // Chosen; more than one point would need a number below 7/8.
    const values = await hints(1, {
      "augmentation.hints.number": (index) => (index % 2 === 0 ? 0.5 : 0.99),
      // All places in the middle (sum of three numbers 1.5), patches of 3 x 3.
      "augmentation.hints.place": (index) => (Math.floor(index / 16) % 7 === 6 ? 0.3 : 0.5),
    });
    const mask = plane(values, 0, 0);
    const covered = mask.flatMap((value, index) => (value === 1 ? [index] : []));
    expect(covered).toHaveLength(9);
    expect(mask.reduce((a, b) => a + b)).toBe(9);
    for (const channel of [0, 1]) {
      const truth = covered.map((index) => original.ab[channel * pixels + index]!);
      const mean = truth.reduce((a, b) => a + b) / 9;
      const painted = plane(values, 0, channel + 1);
      for (const index of covered) expect(painted[index]).toBeCloseTo(mean, 3);
      expect(painted.filter((value) => value !== 0)).toHaveLength(9);
    }
  });

  test("the others have none", async () => {
    const chosen = [0.1, 0.9, 0.9, 0.9, 0.9, 0.9];
    const values = await hints(0.3, {
      "augmentation.hints.number": (index) => (index % 2 === 0 ? chosen[index / 2]! : 0.1),
    });
    const amounts = chosen.map((_, picture) => plane(values, picture, 0).reduce((a, b) => a + b));
    expect(amounts[0]).toBeGreaterThan(8);
    expect(amounts.slice(1)).toEqual([0, 0, 0, 0, 0]);
  });
});
