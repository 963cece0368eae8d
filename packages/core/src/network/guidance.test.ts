import { describe, expect, test } from "vitest";
import { Graph } from "../graph/graph.js";
import type { TensorValue } from "../graph/session.js";
import { inferenceModel } from "../model/inference-model.js";
import { requireOptionalInputs } from "../model/optional-inputs.js";
import { cpu, numbers, runGraph, tensor } from "../testing/devices.js";
import { expectClose, randomTensor } from "../testing/gradient-check.js";
import { backbone, lively } from "../testing/networks.js";
import type { BackboneNetworkConfig } from "./config.js";
import { hintsOfScales } from "./guidance.js";
import { forCpu } from "./index.js";

const guided: BackboneNetworkConfig = { ...backbone, hints: true, reference: true };

describe("hints at several scales", () => {
  test("say whether there is one, and the mean colour of those there are", async () => {
    const hints = new Float32Array(3 * 16);
    const give = (x: number, y: number, a: number, b: number) => {
      for (const [channel, value] of [1, a, b].entries()) hints[channel * 16 + y * 4 + x] = value;
    };
    give(0, 0, 50, -20);
    give(1, 1, 30, 0);
    give(3, 2, -10, 10);
    const graph = new Graph();
    const scales = hintsOfScales(graph.input("hints", "float32", [1, 3, 4, 4]), 2);
    for (const [index, scale] of scales.entries()) graph.output(`scale ${index}`, scale);
    const results = await runGraph(cpu, graph, { hints: tensor([1, 3, 4, 4], hints) });
    const half = numbers(results["scale 1"]);
    // Presence, a*, b* of 2 x 2 fields.
    expectClose(half, [1, 0, 0, 1, 0.4, 0, 0, -0.1, -0.1, 0, 0, 0.1], 1e-6, "half");
    expectClose(numbers(results["scale 2"]), [1, 0.7 / 3, -0.1 / 3], 1e-6, "quarter");
  });
});

describe("a guided model file", () => {
  const values = lively(guided, 3);
  const lightness = randomTensor([1, 1, 64, 96], 8, 0, 100);
  const run = async (model: Uint8Array, feeds: Readonly<Record<string, TensorValue>>) => {
    const session = await cpu.createSession(model);
    const results = await session.run(feeds);
    await session.release();
    return results;
  };

  test("needs nothing but lightness, and then is the network without guidance", async () => {
    const model = inferenceModel(guided, values, { precision: "float32" });
    const own = new Map([...values].filter(([name]) => !name.includes("hints")));
    const plain = inferenceModel({ ...guided, hints: false, reference: false }, own, {
      precision: "float32",
    });
    const [free, expected] = [
      await run(model, { luminance: lightness }),
      await run(plain, { luminance: lightness }),
    ];
    expectClose(numbers(free.ab), numbers(expected.ab), 1e-5, "ab");
    expect(expected.global).toBeUndefined();
    expect(free.global!.shape).toEqual([1, guided.global.hidden.at(-1)]);
  });

  test.each(["plain", "arranged for the CPU"])("takes hints: %s", async (form) => {
    const file = inferenceModel(guided, values, { precision: "float32" });
    const { model, defaults } = await requireOptionalInputs(form === "plain" ? file : forCpu(file));
    expect(Object.keys(defaults).sort()).toEqual(["hints", "reference_global", "reference_share"]);
    const hints = new Float32Array(3 * 64 * 96);
    for (const [channel, value] of [1, 40, 30].entries()) {
      hints[channel * 64 * 96 + 8 * 96 + 8] = value;
    }
    const free = numbers((await run(model, { ...defaults, luminance: lightness })).ab);
    const given = { ...defaults, hints: tensor([1, 3, 64, 96], hints), luminance: lightness };
    const hinted = numbers((await run(model, given)).ab);
    const change = (x: number, y: number) => Math.abs(hinted[y * 96 + x]! - free[y * 96 + x]!);
    expect(change(8, 8)).toBeGreaterThan(1e-3);
    // Too far for a hint to reach through this network.
    expect(change(94, 62)).toBeLessThan(1e-5);
  });

  test("takes the global features of another picture", async () => {
    const { model, defaults } = await requireOptionalInputs(inferenceModel(guided, values));
    const own = await run(model, { ...defaults, luminance: lightness });
    const ab = numbers(own.ab);
    const other = randomTensor(own.global!.shape, 9, 0, 3);
    const refer = async (global: TensorValue, share: number) =>
      numbers(
        (
          await run(model, {
            ...defaults,
            luminance: lightness,
            reference_global: global,
            reference_share: tensor([1, 1], [share]),
          })
        ).ab,
      );
    expectClose(await refer(own.global!, 1), ab, 1e-5, "its own features");
    expectClose(await refer(other, 0), ab, 1e-5, "none of the other's");
    const changed = await refer(other, 1);
    expect(Math.max(...changed.map((each, i) => Math.abs(each - ab[i]!)))).toBeGreaterThan(1e-3);
  });
});
