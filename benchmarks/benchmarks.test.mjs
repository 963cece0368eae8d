import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { convolution, Graph, gemm, matMul, reshape } from "@let-there-be-color/core/graph";
import { networkPreset } from "@let-there-be-color/core/network";
import { expect, it } from "vitest";
import { countMultiplications, forwardOperations, trainingOperations } from "./flops.mjs";
import { withSection } from "./report.mjs";
import { relativeDifference } from "./samples.mjs";
import { spread } from "./statistics.mjs";

it("counts the multiplications of products with parameters", () => {
  const graph = new Graph();
  const picture = graph.input("picture", "float32", [2, 1, 8, 8]);
  const first = graph.input("first", "float32", [4, 1, 3, 3]);
  const second = graph.input("second", "float32", [6, 4, 3, 3]);
  const matrix = graph.input("matrix", "float32", [5, 96]);
  const square = graph.input("square", "float32", [5, 5]);
  const shrunk = convolution(picture, first, { stride: 2, padding: 1 }); // [2, 4, 4, 4]
  const small = convolution(shrunk, second, { padding: 1 }); // [2, 6, 4, 4]
  const hidden = gemm(reshape(small, [2, 96]), matrix, undefined, { transposeB: true }); // [2, 5]
  graph.output("y", matMul(hidden, square));
  // The picture's resizing is no work with parameters.
  graph.output("z", matMul(picture, graph.constant("float32", [8, 8], new Float32Array(64))));
  const onThePicture = 2 * 4 * 4 * 4 * 9;
  expect(countMultiplications(graph, picture)).toEqual({
    all: onThePicture + 2 * 6 * 4 * 4 * 4 * 9 + 2 * 5 * 96 + 2 * 5 * 5,
    onThePicture,
  });
});

it("counts the operations of a whole network", () => {
  // jacob-darcet2021 at 224: [outputs, inputs, side of the output map], 3x3 kernels.
  const convolutions = [
    ...[
      [64, 1, 112],
      [128, 64, 112],
      [128, 128, 56],
      [256, 128, 56],
      [256, 256, 28],
      [512, 256, 28],
    ],
    ...[
      [512, 512, 28],
      [256, 512, 28],
    ],
    ...[
      [512, 512, 14],
      [512, 512, 14],
      [512, 512, 7],
      [512, 512, 7],
    ],
    ...[
      [128, 256, 28],
      [64, 128, 56],
      [64, 64, 56],
      [32, 64, 112],
      [2, 32, 112],
    ],
  ];
  const fusion = 256 * 256 * 28 ** 2 + 256 * 256;
  const connected = 1024 * 25088 + 512 * 1024 + 256 * 512 + 400 * 512 + 365 * 400;
  const multiplications = convolutions.reduce(
    (sum, [outputs, inputs, side]) => sum + outputs * inputs * side ** 2 * 9,
    fusion + connected,
  );
  const network = networkPreset("jacob-darcet2021");
  const size = { batch: 3, height: 224, width: 224 };
  expect(forwardOperations(network, size)).toBe(2 * 3 * multiplications);
  expect(trainingOperations(network, size)).toBe(2 * 3 * (3 * multiplications - 64 * 112 ** 2 * 9));
});

it("tells the median and the range", () => {
  expect(spread([3, 1, 2])).toMatchObject({ median: 2, min: 1, max: 3 });
  expect(spread([4, 1, 2, 9])).toMatchObject({ median: 3, min: 1, max: 9 });
});

it("compares results by their spread", () => {
  expect(relativeDifference([1, 3], [1, 3.5])).toBe(0.5);
  expect(relativeDifference([1, 3], [Number.NaN, 3])).toBeNaN();
});

it("replaces a section of a document and nothing else", () => {
  const text = "a\n<!-- x -->\nold\n<!-- end of x -->\nb";
  const replaced = withSection(text, "x", "new");
  expect(replaced).toBe("a\n<!-- x -->\n\nnew\n\n<!-- end of x -->\nb");
  expect(withSection(replaced, "x", "new")).toBe(replaced);
  expect(() => withSection(text, "y", "new")).toThrow("<!-- y -->");
});

it("writes a result with all that a figure depends on", async () => {
  const folder = await mkdtemp(join(tmpdir(), "ltbc-benchmark-test-"));
  try {
    const script = fileURLToPath(new URL("bench.mjs", import.meta.url));
    const words = ["train-step", "--quick", "--cases", "compact@32x4", "--contenders", ""];
    const { stdout } = await promisify(execFile)(process.execPath, [
      script,
      ...words,
      ...["--output", folder],
    ]);
    expect(stdout).toMatch(/compact@32x4.* ours \|/s);
    const result = JSON.parse(await readFile(join(folder, "train-step.json"), "utf8"));
    expect(result).toMatchObject({
      benchmark: "train-step",
      quick: true,
      missing: [],
      machine: { processor: expect.any(String), cores: expect.any(Number) },
      versions: { node: process.version, "onnxruntime-node": expect.stringMatching(/^\d+\.\d+/) },
      commit: { hash: expect.any(String), dirty: expect.any(Boolean) },
      cases: [{ network: "compact", side: 32, batchSize: 4, ratios: {} }],
    });
    expect(Date.parse(result.date)).toBeGreaterThan(0);
    const [{ contenders, limit, gigaOperations }] = result.cases;
    const names = contenders.map(({ name }) => name).sort();
    expect(names).toEqual(["ours", "ours, tuned malloc"]);
    const { seconds, gigaflops, shareOfLimit } = contenders[0];
    expect(seconds.samples.length).toBeGreaterThan(1);
    expect(seconds.min).toBeLessThanOrEqual(seconds.median);
    expect(gigaflops).toBeCloseTo(gigaOperations / seconds.median, 1);
    expect(shareOfLimit).toBeCloseTo(gigaflops / limit.gigaflops, 2);
  } finally {
    await rm(folder, { recursive: true });
  }
}, 120_000);
