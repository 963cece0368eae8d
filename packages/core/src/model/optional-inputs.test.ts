import { describe, expect, test } from "vitest";
import { lightnessOfSrgbGray } from "../color/gray-picture.js";
import { ColorModel } from "../colorize/index.js";
import { Graph, GraphError } from "../graph/graph.js";
import { add, concat, multiply } from "../graph/operators/index.js";
import { serialize } from "../graph/serialize.js";
import type { Runtime, TensorValue } from "../graph/session.js";
import { cpu, numbers, tensor } from "../testing/devices.js";
import { requireOptionalInputs } from "./optional-inputs.js";

/** a* is the lightness times an optional gain, b* an optional map, which may be one number. */
function model(): Uint8Array {
  const graph = new Graph();
  const lightness = graph.input("luminance", "float32", ["N", 1, "H", "W"]);
  const gain = graph.optionalInput("gain", "float32", [1], Float32Array.of(0.5));
  const map = graph.optionalInput("map", "float32", [1, 1, 1, 1], Float32Array.of(7), [
    "N",
    1,
    "h",
    "w",
  ]);
  const b = add(multiply(lightness, graph.scalar(0)), { ...map, shape: [1, 1, 1, 1] });
  graph.output("ab", concat([multiply(lightness, gain), b], 1));
  return serialize(graph);
}

const lightness = tensor([1, 1, 1, 2], [10, 20]);

async function run(bytes: Uint8Array, feeds: Record<string, TensorValue>) {
  const session = await cpu.createSession(bytes);
  const { ab } = await session.run(feeds);
  await session.release();
  return numbers(ab);
}

describe("inputs that may be left out", () => {
  test("have their values in the file, so that any tool needs the lightness alone", async () => {
    expect(await run(model(), { luminance: lightness })).toEqual([5, 10, 7, 7]);
  });

  test("are obeyed when they have been made required ones", async () => {
    const required = await requireOptionalInputs(model());
    expect(required.defaults).toEqual({ gain: tensor([1], [0.5]), map: tensor([1, 1, 1, 1], [7]) });
    const { defaults } = required;
    expect(await run(required.model, { ...defaults, luminance: lightness })).toEqual([5, 10, 7, 7]);
    const given = { ...defaults, luminance: lightness, gain: tensor([1], [2]) };
    expect(await run(required.model, given)).toEqual([20, 40, 7, 7]);
    const map = tensor([1, 1, 1, 2], [-1, 1]);
    expect(await run(required.model, { ...defaults, luminance: lightness, map })).toEqual([
      5, 10, -1, 1,
    ]);
    await expect(run(required.model, { luminance: lightness })).rejects.toThrow(/gain.*is missing/);
  });

  test("leave a model without any as it is", async () => {
    const graph = new Graph();
    graph.output("y", add(graph.input("x", "float32", [1]), graph.scalar(1)));
    const bytes = serialize(graph);
    expect(await requireOptionalInputs(bytes)).toEqual({ model: bytes, defaults: {} });
  });

  test("need a value of their own shape", () => {
    const graph = new Graph();
    expect(() => graph.optionalInput("x", "float32", [2], Float32Array.of(1))).toThrow(GraphError);
  });

  test("are fed by a loaded colour model", async () => {
    const runtime = {
      hasBlockedConvolutions: false,
      createSession: async (bytes: Uint8Array) => {
        const session = await cpu.createSession(bytes);
        return {
          run: session.run.bind(session),
          release: session.release.bind(session),
          inputNames: ["luminance", "gain", "map"],
          outputNames: ["ab"],
        };
      },
    } as unknown as Runtime;
    const loaded = await ColorModel.load(model(), runtime);
    const codes = new Uint8Array(16 * 16).fill(255);
    const picture = { codes, width: 16, height: 16, lightness: lightnessOfSrgbGray(8) };
    const { ab } = (await loaded.analyze(picture, { workingSize: 16 })).render();
    expect(ab[0]).toBeCloseTo(50, 3);
    expect(ab[256]).toBe(7);
    await loaded.close();
  });
});
