import { describe, expect, it } from "vitest";
import { ChromaUpsampler } from "../color/index.js";
import type { Runtime } from "../graph/session.js";
import { inferenceModel, readModelMetadata } from "../model/index.js";
import type { NetworkConfig } from "../network/index.js";
import {
  ColorDistributions,
  type QuantizedHead,
  quantizedColors,
  type ReadOut,
} from "../objective/index.js";
import { cpu, numbers } from "../testing/devices.js";
import { randomTensor } from "../testing/gradient-check.js";
import { backbone, lively, quantized, rich } from "../testing/networks.js";
import { UserError } from "../user-error.js";
import { type AnalyzeOptions, ColorModel } from "./index.js";

// Weights that make the distributions differ from place to place.
const values = new Map(lively(quantized, 3));
const output = values.get("colorization.output.weight")!;
values.set("colorization.output.weight", { ...output, data: output.data.map((w) => 12 * w) });
const file = inferenceModel(quantized, values, { precision: "float32" });
const { prior, readOuts } = quantizedColors(
  quantized.head as QuantizedHead,
  readModelMetadata(file).properties,
);

/** The CPU, with what passes between a colour model and its engine. */
function observed() {
  const seen = { runs: 0, outputs: [] as string[] };
  const runtime: Runtime = {
    device: "cpu",
    threads: 1,
    hasBlockedConvolutions: false,
    async createSession(model) {
      const session = await cpu.createSession(model);
      seen.outputs = Object.keys(session.outputs);
      return {
        inputNames: ["luminance"],
        outputNames: seen.outputs,
        run: (feeds) => {
          seen.runs++;
          return session.run(feeds as Parameters<typeof session.run>[0]);
        },
        release: () => session.release(),
      };
    },
  };
  return { runtime, seen };
}

function lightnessPicture(width: number, height: number) {
  const { data } = randomTensor([height, width], 8, 0, 100);
  return { lightness: data as Float32Array, width, height };
}

async function outputsOf(model: Uint8Array, picture: ReturnType<typeof lightnessPicture>) {
  const session = await cpu.createSession(model);
  const shape = [1, 1, picture.height, picture.width];
  const outputs = await session.run({
    luminance: { type: "float32", shape, data: picture.lightness },
  });
  await session.release();
  return outputs;
}

const greatest = (first: ArrayLike<number>, second: ArrayLike<number>) =>
  Array.from(first, (value, i) => Math.abs(value - second[i]!)).reduce((a, b) => Math.max(a, b));

describe("a model with distributions", () => {
  it("runs once, without the file's own colours, and is read in any way", async () => {
    const { runtime, seen } = observed();
    const model = await ColorModel.load(file, runtime);
    expect(seen.outputs).toEqual(["ab_logits", "scene_logits"]);
    expect(Object.keys(model.readOuts!)).toEqual(["faithful", "natural", "vivid"]);
    const picture = lightnessPicture(32, 24);
    const analysis = await model.analyze(picture, { workingSize: 24 });
    const { ab_logits, scene_logits } = await outputsOf(file, picture);
    const own = new ColorDistributions(ab_logits!.data as Float32Array, 8, 6, prior);
    for (const colors of ["faithful", "vivid", "natural"] as const) {
      const { ab, width, height } = analysis.render({ colors });
      expect([width, height]).toEqual([8, 6]);
      expect(greatest(ab, own.read(readOuts[colors]))).toBeLessThan(1e-4);
    }
    expect(greatest(analysis.sceneLogits!, numbers(scene_logits))).toBeLessThan(1e-5);
    expect(greatest(analysis.uncertainty().values, own.entropy)).toBeLessThan(1e-5);
    const [first, ...others] = analysis.alternatives(4);
    expect(first).toEqual(analysis.render());
    for (const other of others) expect(greatest(other.ab, first!.ab)).toBeGreaterThan(2);
    expect(seen.runs).toBe(1);
    await model.close();
  });

  it("reads by default what the file gives other tools", async () => {
    const { runtime } = observed();
    const model = await ColorModel.load(file, runtime);
    const picture = lightnessPicture(32, 24);
    const {
      ab: small,
      width,
      height,
    } = (await model.analyze(picture, { workingSize: 24 })).render();
    const enlarged = new Float32Array(2 * 24 * 32);
    // The file knows no other size than that of its input, and enlarges bilinearly.
    const upsampler = new ChromaUpsampler({ ab: small, width, height }, 32, 24);
    upsampler.rows(0, 24, picture.lightness, enlarged);
    const { ab } = await outputsOf(file, picture);
    expect(greatest(enlarged, numbers(ab))).toBeLessThan(0.02);
    expect(Math.max(...numbers(ab).map(Math.abs))).toBeGreaterThan(5);
    await model.close();
  });

  it("cuts off what the network has added to the picture", async () => {
    // The network pads to multiples of 8, and the file says that 4 would do.
    const padding = inferenceModel(quantized, values, {
      precision: "float32",
      metadata: { "ltbc.multiple": "4" },
    });
    const { runtime } = observed();
    const model = await ColorModel.load(padding, runtime);
    const picture = lightnessPicture(28, 20);
    const { ab, width, height } = (await model.analyze(picture, { workingSize: 20 })).render({
      colors: "faithful",
    });
    expect([width, height]).toEqual([7, 5]);
    const logits = (await outputsOf(padding, picture)).ab_logits!;
    expect(logits.shape).toEqual([1, 6, 8, 23]);
    const all = new ColorDistributions(logits.data as Float32Array, 8, 6, prior);
    const whole = all.read(readOuts.faithful);
    const inside = ab.map((_, i) => {
      const [plane, y, x] = [Math.floor(i / 35), Math.floor(i / 7) % 5, i % 7];
      return whole[plane * 48 + y * 8 + x]!;
    });
    expect(greatest(ab, inside)).toBeLessThan(1e-4);
    await model.close();
    const odd = inferenceModel(quantized, values, { metadata: { "ltbc.multiple": "6" } });
    await expect(ColorModel.load(odd, runtime)).rejects.toThrow(/ltbc\.multiple/);
  });

  it("smooths by the lightness of each place", async () => {
    const { runtime } = observed();
    const model = await ColorModel.load(file, runtime);
    const picture = lightnessPicture(32, 24);
    const smooth: ReadOut = {
      ...readOuts.faithful,
      smoothing: { from: 0, to: 0.5, reach: 0.2, lightness: 10 },
    };
    const { ab } = (await model.analyze(picture, { workingSize: 24 })).render({ colors: smooth });
    const means = Float32Array.from({ length: 48 }, (_, i) => {
      let sum = 0;
      for (let p = 0; p < 16; p++) {
        const [x, y] = [4 * (i % 8) + (p % 4), 4 * Math.floor(i / 8) + (p >> 2)];
        sum += picture.lightness[y * 32 + x]!;
      }
      return sum / 16;
    });
    const logits = (await outputsOf(file, picture)).ab_logits!.data as Float32Array;
    const wanted = new ColorDistributions(logits, 8, 6, prior, means).read(smooth);
    expect(greatest(ab, wanted)).toBeLessThan(1e-3);
    await model.close();
  });

  it("is refused if its prior is missing or its numbers are none", async () => {
    const { runtime } = observed();
    const withoutPrior = inferenceModel(quantized, values, { metadata: { "ltbc.prior": "" } });
    const broken = await ColorModel.load(withoutPrior, runtime, { name: "x.onnx" }).catch((e) => e);
    expect(broken).toMatchObject({ code: "model-invalid" });
    expect(broken.message).toMatch(/^x\.onnx: .*ltbc\.prior/);
    const diverged = new Map(values);
    const { shape, data } = values.get("colorization.output.bias")!;
    diverged.set("colorization.output.bias", { shape, data: data.map(() => Number.NaN) });
    const model = await ColorModel.load(inferenceModel(quantized, diverged), runtime);
    await expect(model.analyze(lightnessPicture(16, 16), { workingSize: 16 })).rejects.toThrow(
      /not numbers/,
    );
    await model.close();
  });
});

describe("a model that predicts one colour", () => {
  const regression: NetworkConfig = rich;

  it("works as ever, and has nothing to choose from", async () => {
    const { runtime, seen } = observed();
    const single = inferenceModel(regression, lively(regression, 1), { precision: "float32" });
    const model = await ColorModel.load(single, runtime);
    expect(seen.outputs).toEqual(["ab", "scene_logits"]);
    expect(model.readOuts).toBeUndefined();
    const picture = lightnessPicture(32, 24);
    const analysis = await model.analyze(picture, { workingSize: 24 });
    const { ab } = await outputsOf(single, picture);
    expect(greatest(analysis.render().ab, numbers(ab))).toBeLessThan(1e-5);
    const twice = analysis.render({ saturation: 2 }).ab;
    expect(
      greatest(
        twice,
        numbers(ab).map((v) => 2 * v),
      ),
    ).toBeLessThan(1e-4);
    expect(analysis.alternatives(1)).toEqual([analysis.render()]);
    for (const choice of [
      () => analysis.render({ colors: "natural" }),
      () => analysis.alternatives(2),
      () => analysis.uncertainty(),
      () => model.assertDistributions("colors"),
    ]) {
      expect(choice).toThrow(UserError);
      expect(choice).toThrow(/one colour for each place/);
    }
    await model.close();
  });
});

describe("a model that takes hints and a reference", () => {
  const guided: NetworkConfig = {
    ...backbone,
    head: { type: "quantized", spacing: 40, stride: 4 },
    hints: true,
    reference: true,
  };
  const guidedValues = new Map(lively(guided, 5));
  const last = guidedValues.get("colorization.output.weight")!;
  guidedValues.set("colorization.output.weight", { ...last, data: last.data.map((w) => 12 * w) });
  const guidedFile = inferenceModel(guided, guidedValues, { precision: "float32" });
  const picture = lightnessPicture(96, 64);
  const abOf = async (model: ColorModel, options: AnalyzeOptions) =>
    (await model.analyze(picture, { workingSize: 64, ...options })).render().ab;

  it("is coloured otherwise where a hint lies, and not far from it", async () => {
    const model = await ColorModel.load(guidedFile, observed().runtime);
    const free = await abOf(model, {});
    const hinted = await abOf(model, { hints: [{ x: 8, y: 8, color: "#ff8000", radius: 6 }] });
    const change = (x: number, y: number) => Math.abs(hinted[y * 24 + x]! - free[y * 24 + x]!);
    expect(change(2, 2)).toBeGreaterThan(1e-2);
    expect(change(23, 15)).toBeLessThan(1e-5);
    expect(await abOf(model, { hints: [] })).toEqual(free);
    await expect(abOf(model, { hints: [{ x: 96, y: 0, color: "#ff8000" }] })).rejects.toThrow(
      /96 x 64/,
    );
    await model.close();
  });

  it("takes the global features of another picture, by a share", async () => {
    const model = await ColorModel.load(guidedFile, observed().runtime);
    const own = await model.analyze(picture, { workingSize: 64 });
    const { data } = randomTensor([64, 64], 5, 60, 100);
    const light = { lightness: data as Float32Array, width: 64, height: 64 };
    const { globalFeatures } = await model.analyze(light, { workingSize: 64 });
    const refer = (share: number, features = globalFeatures!) =>
      abOf(model, { reference: { globalFeatures: features, share } });
    const free = own.render().ab;
    expect(greatest(await refer(0), free)).toBeLessThan(1e-5);
    expect(greatest(await refer(1, own.globalFeatures), free)).toBeLessThan(1e-4);
    const half = greatest(await refer(0.5), free);
    expect(half).toBeGreaterThan(1e-3);
    expect(greatest(await refer(1), free)).toBeGreaterThan(half);
    await expect(refer(1, new Float32Array(5))).rejects.toThrow(/6 global features .* 5/);
    await model.close();
  });

  it("is asked for where another has no such inputs", async () => {
    const model = await ColorModel.load(file, observed().runtime);
    const hints = [{ x: 8, y: 8, color: "#ff8000" }];
    const globalFeatures = new Float32Array(6);
    await expect(abOf(model, { hints })).rejects.toThrow(/no input "hints"; leave the hints out/);
    await expect(abOf(model, { reference: { globalFeatures } })).rejects.toThrow(
      /no input "reference_global"; leave the reference out/,
    );
    expect(() => model.assertTakes("hints")).toThrow(UserError);
    await model.close();
  });
});
