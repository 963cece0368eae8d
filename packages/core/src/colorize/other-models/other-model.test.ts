import { describe, expect, it, test } from "vitest";
import { lightnessOfY } from "../../color/lab.js";
import { srgbToLinear } from "../../color/srgb.js";
import {
  add,
  averagePool,
  concat,
  Graph,
  multiply,
  type Shape,
  scale,
  serialize,
  slice,
  type Value,
} from "../../graph/index.js";
import type { Runtime } from "../../graph/session.js";
import { inferenceModel } from "../../model/index.js";
import { lengthDelimitedField } from "../../model/protobuf-wire.js";
import { cpu } from "../../testing/devices.js";
import { lively, rich } from "../../testing/networks.js";
import { UserError } from "../../user-error.js";
import { ColorModel } from "../color-model.js";
import {
  checkedModelInterface,
  type ModelInterface,
  parseModelInterface,
} from "./model-interface.js";
import { needsInterface } from "./other-model.js";

const runtime: Runtime = {
  device: "cpu",
  threads: 1,
  hasBlockedConvolutions: true,
  createSession: async (model) => {
    const session = await cpu.createSession(model);
    return {
      inputNames: [],
      outputNames: [],
      run: (feeds) => session.run(feeds as Parameters<typeof session.run>[0]),
      release: () => session.release(),
    };
  },
};

/** A network that makes a* and b* of its input, by names and shapes of one's own. */
function network(shape: Shape, body: (input: Value) => Value, names = ["input", "output"]) {
  const graph = new Graph();
  graph.output(names[1]!, body(graph.input(names[0]!, "float32", shape)));
  return serialize(graph);
}

const factors = (x: Value, a: number, b: number) => concat([scale(x, a), scale(x, b)], 1);

/** Centred lightness in, a* and b* over 110 out, as inside of siggraph17. */
const centred = network(["N", 1, "H", "W"], (x) => factors(x, 0.4, -0.6), ["l", "ab_over_110"]);
const centredInterface: ModelInterface = {
  input: { name: "l", picture: "lightness", mean: 50, deviation: 100 },
  size: { workingSize: 32, multiple: 8 },
  output: { name: "ab_over_110", scale: 110 },
};

/** Grey as RGB of one size in, CIELAB units out, as DDColor. */
const rgb = network([1, 3, 32, 32], (x) => {
  const channel = (start: number) => slice(x, [{ axis: 1, start, length: 1 }]);
  return concat([scale(channel(0), 40), add(scale(channel(1), 10), scale(channel(2), 20))], 1);
});
const rgbInterface: ModelInterface = {
  input: { name: "input", picture: "srgb" },
  size: { width: 32, height: 32 },
  output: { name: "output" },
};

/** A picture of one lightness on the left, another on the right. */
function halves(width: number, height: number, left: number, right: number) {
  const lightness = Float32Array.from({ length: width * height }, (_, i) =>
    i % width < width / 2 ? left : right,
  );
  return { lightness, width, height };
}

async function colorsOf(
  model: Uint8Array,
  modelInterface: ModelInterface,
  picture: ReturnType<typeof halves>,
  workingSize?: number,
) {
  const loaded = await ColorModel.load(model, runtime, { modelInterface });
  const analysis = await loaded.analyze(picture, { workingSize });
  await loaded.close();
  const { ab, width, height } = analysis.render();
  const at = (x: number, y: number) => [0, 1].map((c) => ab[(c * height + y) * width + x]!);
  return { at, width, height, analysis, loaded };
}

function expectNear(found: readonly number[], wanted: readonly number[], tolerance = 0.01) {
  for (const [i, value] of found.entries())
    expect(Math.abs(value - wanted[i]!)).toBeLessThan(tolerance);
}

describe("a network of the shape of siggraph17", () => {
  it("gets centred lightness at a multiple of its own, and is scaled", async () => {
    const picture = halves(96, 64, 20, 90);
    const { at, width, height, analysis, loaded } = await colorsOf(
      centred,
      centredInterface,
      picture,
    );
    expect([width, height]).toEqual([48, 32]);
    expectNear(at(5, 9), [110 * 0.4 * -0.3, 110 * -0.6 * -0.3]);
    expectNear(at(40, 30), [110 * 0.4 * 0.4, 110 * -0.6 * 0.4]);
    expect(analysis.sceneLogits).toBeUndefined();
    expect(loaded.metadata).toMatchObject({ classes: [], workingSize: 32, multiple: 8 });
    const larger = await colorsOf(centred, centredInterface, picture, 64);
    expect([larger.width, larger.height]).toEqual([96, 64]);
  });

  it("may take L* as it is, in shares of white, and give a quarter of the size", async () => {
    const quarter = network(["N", 1, "H", "W"], (x) =>
      factors(averagePool(x, { kernel: 4, stride: 4, padding: 0 }), 1, 0.5),
    );
    const described: ModelInterface = {
      input: { name: "input", picture: "lightness", white: 1 },
      size: { workingSize: 32, multiple: 8 },
      output: { name: "output", scale: [100, 10], offset: [-50, 3], stride: 4 },
    };
    const { at, width, height } = await colorsOf(quarter, described, halves(64, 64, 20, 90));
    expect([width, height]).toEqual([8, 8]);
    expectNear(at(1, 4), [0.2 * 100 - 50, 0.1 * 10 + 3]);
    const plain = { ...described, input: { name: "input", picture: "lightness" } as const };
    expectNear((await colorsOf(quarter, plain, halves(64, 64, 20, 90))).at(1, 4), [1950, 103]);
  });
});

describe("a network of the shape of DDColor", () => {
  it("gets the grey of the lightness as sRGB, squeezed into its size", async () => {
    // sRGB greys of 0.25 and 0.8: linear light by IEC 61966-2-1, then L*.
    const [dark, light] = [0.25, 0.8].map((code) => lightnessOfY(srgbToLinear(code)));
    const { at, width, height, loaded } = await colorsOf(
      rgb,
      rgbInterface,
      halves(200, 90, dark!, light!),
    );
    expect([width, height]).toEqual([32, 32]);
    expectNear(at(3, 3), [40 * 0.25, 30 * 0.25]);
    expectNear(at(28, 20), [40 * 0.8, 30 * 0.8]);
    expect(loaded.metadata).toMatchObject({ classes: [], workingSize: 32 });
  });

  it("may want codes to 255, or each channel normalised", async () => {
    const code = 0.5;
    const picture = halves(64, 64, lightnessOfY(srgbToLinear(code)), 100);
    const input = { name: "input", picture: "srgb", white: 255 } as const;
    expectNear(
      (await colorsOf(rgb, { ...rgbInterface, input }, picture)).at(2, 2),
      [5100, 3825],
      1,
    );
    const [mean, deviation] = [
      [0.485, 0.456, 0.406],
      [0.229, 0.224, 0.225],
    ] as const;
    const normalized = { name: "input", picture: "srgb", mean, deviation } as const;
    const { at } = await colorsOf(rgb, { ...rgbInterface, input: normalized }, picture);
    const [r, g, b] = mean.map((each, i) => (code - each) / deviation[i]!);
    expectNear(at(2, 2), [40 * r!, 10 * g! + 20 * b!]);
  });

  it("has one size, and nothing to choose from", async () => {
    const loaded = await ColorModel.load(rgb, runtime, { modelInterface: rgbInterface });
    const picture = halves(64, 64, 20, 90);
    await expect(loaded.analyze(picture, { workingSize: 64 })).rejects.toThrow(
      /pictures of 32 x 32 pixels only but `workingSize` is 64/,
    );
    expect(() => loaded.assertWorkingSize(64)).toThrow(UserError);
    loaded.assertWorkingSize(32);
    const hints = [{ x: 1, y: 1, color: "#ff0000" }];
    await expect(loaded.analyze(picture, { hints })).rejects.toThrow(/no input "hints"/);
    expect(() => loaded.assertTakes("reference")).toThrow(/no input "reference_global"/);
    expect(loaded.readOuts).toBeUndefined();
    const analysis = await loaded.analyze(picture);
    for (const choice of [
      () => analysis.render({ colors: "vivid" }),
      () => analysis.alternatives(2),
      () => analysis.uncertainty(),
      () => loaded.assertDistributions("colors"),
    ]) {
      expect(choice).toThrow(/one colour for each place/);
    }
    await loaded.close();
  });
});

describe("a description that does not fit the file", () => {
  const twoInputs = () => {
    const graph = new Graph();
    const [l, mask] = ["l", "mask"].map((name) => graph.input(name, "float32", [1, 1, "H", "W"]));
    graph.output("ab_over_110", concat([l!, multiply(l!, mask!)], 1));
    return serialize(graph);
  };
  const halfOpen = network(["N", 3, "H", "W"], (x) => slice(x, [{ axis: 1, start: 0, length: 2 }]));
  const [input, output] = [rgbInterface.input, rgbInterface.output];

  it.each([
    [
      rgb,
      { ...rgbInterface, input: { ...input, name: "x" } },
      /says the input "x" float \[1, 3, 32, 32\] but the model has the inputs "input" float \[1, 3, 32, 32\]/,
    ],
    [
      rgb,
      { ...rgbInterface, output: { name: "y" } },
      /says the output "y" .* the outputs "output" float \[1, 2, 32, 32\]/,
    ],
    [
      rgb,
      { ...rgbInterface, input: { ...input, channels: 1 } },
      /"input" float \[1, 1, 32, 32\] but the model has "input" float \[1, 3, 32, 32\]/,
    ],
    [rgb, { ...rgbInterface, size: { width: 64, height: 32 } }, /\[1, 3, 32, 64\] but/],
    [
      rgb,
      { ...rgbInterface, size: { workingSize: 32, multiple: 8 } },
      /\[1, 3, H, W\] but the model has "input" float \[1, 3, 32, 32\]/,
    ],
    [
      rgb,
      { ...rgbInterface, output: { ...output, stride: 4 } },
      /"output" float \[1, 2, 8, 8\] but the model has "output" float \[1, 2, 32, 32\]/,
    ],
    [
      twoInputs(),
      centredInterface,
      /"l" alone but the model has also the inputs "mask" float \[1, 1, H, W\]/,
    ],
  ] as const)("is told with what both say (%#)", async (model, modelInterface, message) => {
    const load = ColorModel.load(model, runtime, { name: "x.onnx", modelInterface });
    const error = await load.catch((reason) => reason);
    expect(error).toMatchObject({ code: "model-invalid" });
    expect(error.message).toMatch(message);
    expect(error.message).toMatch(/^x\.onnx: .*docs\/other-models\.md/);
    expect(error.message).not.toContain("\n");
  });

  it("in what only a run shows is told then", async () => {
    const described = { ...rgbInterface, output: { ...output, stride: 2 } };
    const run = colorsOf(halfOpen, described, halves(64, 64, 20, 90));
    await expect(run).rejects.toThrow(/"output" as float32 \[1, 2, 16, 16\] but it gave .* 32, 32/);
    const infinite = { ...rgbInterface, output: { ...output, scale: 1e38, offset: 3e38 } };
    const overflow = colorsOf(rgb, infinite, halves(64, 64, 90, 90));
    await expect(overflow).rejects.toThrow(/not numbers/);
  });
});

test("only models of other programs need a description", async () => {
  expect(needsInterface(rgb)).toBe(true);
  expect(needsInterface(centred)).toBe(true);
  const own = inferenceModel(rich, lively(rich, 1));
  expect(needsInterface(own)).toBe(false);
  await expect(ColorModel.load(rgb, runtime)).rejects.toThrow(
    /another program needs a JSON file beside it \(docs\/other-models\.md\)/,
  );
});

test("a graph that is none is refused in one line, described or not", async () => {
  const broken = lengthDelimitedField(7, [new TextEncoder().encode("no graph")]);
  for (const modelInterface of [undefined, rgbInterface]) {
    const load = ColorModel.load(broken, runtime, { name: "x.onnx", modelInterface });
    const error = await load.catch((reason) => reason);
    expect(error).toBeInstanceOf(UserError);
    expect(error.message).toMatch(/^x\.onnx cannot be loaded/);
  }
});

describe("the form of a description", () => {
  const form = { input: rgbInterface.input, size: rgbInterface.size, output: rgbInterface.output };

  it.each([
    ["{", /no JSON/],
    ["[]", /expected object/i],
    [JSON.stringify({ ...form, inputs: 1 }), /inputs/],
    [JSON.stringify({ ...form, input: { picture: "srgb" } }), /input\.name: /],
    [
      JSON.stringify({ ...form, input: { name: "x", picture: "rgb" } }),
      /input\.picture: .*"lightness"/,
    ],
    [
      JSON.stringify({ ...form, input: { name: "x", picture: "srgb", deviation: 0 } }),
      /input\.deviation: .*0/,
    ],
    [
      JSON.stringify({ ...form, input: { name: "x", picture: "srgb", mean: [1, 2] } }),
      /input\.mean: .* 3, one for each channel, but found 2/,
    ],
    [
      JSON.stringify({ ...form, input: { name: "x", picture: "srgb", channels: 2 } }),
      /input\.channels: /,
    ],
    [JSON.stringify({ ...form, size: { width: 512 } }), /size: expected \{ width, height \} or/],
    [JSON.stringify({ ...form, size: { workingSize: 256, multiple: 0 } }), /size\.multiple: .*>=1/],
    [JSON.stringify({ ...form, output: { name: "y", scale: [1, 2, 3] } }), /output\.scale: /],
    [
      JSON.stringify({ ...form, output: { name: "y", stride: 5 } }),
      /output\.stride: .*multiples of the output's stride 5/,
    ],
  ])("%s is refused in one line", async (text, message) => {
    const error = await parseModelInterface(text, "x.json").catch((reason) => reason);
    expect(error).toBeInstanceOf(UserError);
    expect(error.message).toMatch(message);
    expect(error.message).toMatch(/^x\.json .*docs\/other-models\.md/);
    expect(error.message).not.toContain("\n");
  });

  it("is kept as it is written", async () => {
    for (const described of [centredInterface, rgbInterface])
      expect(await checkedModelInterface(described, "x")).toEqual(described);
  });
});
