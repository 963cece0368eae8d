// What the operators compute, against values worked out by hand, and how they refuse mistakes.

import { describe, expect, test } from "vitest";
import { cpu, describeOnDevices, numbers, runGraph, tensor } from "../../testing/devices.js";
import { expectClose, randomTensor } from "../../testing/gradient-check.js";
import { gradients } from "../gradients.js";
import { Graph, type Value } from "../graph.js";
import type { TensorValue } from "../session.js";
import * as op from "./index.js";

describeOnDevices("Operators", (device) => {
  /** Runs what `build` makes of the inputs; also checks that shape and type were inferred right. */
  async function run(
    inputs: readonly TensorValue[],
    build: (...inputs: Value[]) => Value,
  ): Promise<number[]> {
    const graph = new Graph();
    const y = build(
      ...inputs.map(({ type, shape }, index) => graph.input(`x${index}`, type, shape)),
    );
    graph.output("y", y);
    const feeds = Object.fromEntries(inputs.map((input, index) => [`x${index}`, input]));
    const result = (await runGraph(device, graph, feeds)).y!;
    expect(result.shape).toEqual(y.shape);
    expect(result.type).toBe(y.type);
    return numbers(result);
  }

  const row = (...values: number[]) => tensor([values.length], values);
  const matrix = (...rows: number[][]) => tensor([rows.length, rows[0]!.length], rows.flat());
  const picture = (...rows: number[][]) =>
    tensor([1, 1, rows.length, rows[0]!.length], rows.flat());

  test("arithmetic broadcasts", async () => {
    const [a, b] = [matrix([1, 2, 3], [4, 5, 6]), tensor([2, 1], [10, 20])];
    expect(await run([a, b], (x, y) => op.add(x!, y!))).toEqual([11, 12, 13, 24, 25, 26]);
    expect(await run([a, b], (x, y) => op.subtract(x!, y!))).toEqual([-9, -8, -7, -16, -15, -14]);
    expect(await run([b, a], (x, y) => op.multiply(x!, y!))).toEqual([10, 20, 30, 80, 100, 120]);
    expect(await run([b, row(2, 4)], (x, y) => op.divide(x!, y!))).toEqual([5, 2.5, 10, 5]);
  });

  test("probabilities of large logits do not overflow", async () => {
    const logits = matrix([1000, 1000, 1000 - Math.LN2], [-1000, 0, -1000]);
    const expected = [0.4, 0.4, 0.2, 0, 1, 0];
    expectClose(await run([logits], (x) => op.softmax(x!)), expected, 1e-4, "softmax");
    const logarithms = [Math.log(0.4), Math.log(0.4), Math.log(0.2), -1000, 0, -1000];
    expectClose(await run([logits], (x) => op.logSoftmax(x!)), logarithms, 1e-4, "logSoftmax");
    const columns = await run([matrix([0, 0], [0, Math.log(3)])], (x) => op.softmax(x!, 0));
    expectClose(columns, [0.5, 0.25, 0.5, 0.75], 1e-5, "softmax along axis 0");
  });

  test("activations", async () => {
    const x = row(-2, -0.5, 0, 3);
    expect(await run([x], (a) => op.relu(a!))).toEqual([0, 0, 0, 3]);
    const bounded = await run([row(-2, 0, 0.5, 5.5, 6, 7)], (a) => op.relu6(a!));
    expect(bounded).toEqual([0, 0, 0.5, 5.5, 6, 6]);
    expectClose(await run([x], (a) => op.leakyRelu(a!, 0.1)), [-0.2, -0.05, 0, 3], 1e-6, "leaky");
    const logistic = [-2, -0.5, 0, 3].map((a) => 1 / (1 + Math.exp(-a)));
    expectClose(await run([x], (a) => op.sigmoid(a!)), logistic, 1e-5, "sigmoid");
    expectClose(await run([x], (a) => op.tanh(a!)), [-2, -0.5, 0, 3].map(Math.tanh), 1e-5, "tanh");
  });

  test("slices walk forwards and backwards", async () => {
    const x = row(0, 1, 2, 3, 4, 5, 6);
    const take = (start: number, length: number, step = 1) =>
      run([x], (a) => op.slice(a!, [{ axis: 0, start, length, step }]));
    expect(await take(2, 3)).toEqual([2, 3, 4]);
    expect(await take(0, 4, 2)).toEqual([0, 2, 4, 6]);
    expect(await take(1, 3, 2)).toEqual([1, 3, 5]);
    expect(await take(6, 7, -1)).toEqual([6, 5, 4, 3, 2, 1, 0]);
    expect(await take(4, 3, -1)).toEqual([4, 3, 2]);
    expect(await take(5, 3, -2)).toEqual([5, 3, 1]);
    expect(await take(4, 3, -2)).toEqual([4, 2, 0]);
    const flipped = await run([matrix([1, 2, 3], [4, 5, 6])], (a) => op.flip(a!, [0, 1]));
    expect(flipped).toEqual([6, 5, 4, 3, 2, 1]);
  });

  test("moving elements", async () => {
    const x = matrix([1, 2, 3], [4, 5, 6]);
    expect(await run([x], (a) => op.transpose(a!, [1, 0]))).toEqual([1, 4, 2, 5, 3, 6]);
    expect(await run([x], (a) => op.pad(a!, [1, 0], [0, 2]))).toEqual([
      0, 0, 0, 0, 0, 1, 2, 3, 0, 0, 4, 5, 6, 0, 0,
    ]);
    expect(await run([x], (a) => op.pad(a!, [-1, 0], [1, -1]))).toEqual([4, 5, 0, 0]);
    expect(await run([x], (a) => op.gather(a!, [2, 0, 2, 1], 1))).toEqual([3, 1, 3, 2, 6, 4, 6, 5]);
    expect(await run([row(7, 8)], (a) => op.expand(a!, [2, 2]))).toEqual([7, 8, 7, 8]);
    const joined = await run([x, matrix([7], [8])], (a, b) => op.concat([a!, b!], -1));
    expect(joined).toEqual([1, 2, 3, 7, 4, 5, 6, 8]);
  });

  test("pixels become channels and channels pixels", async () => {
    // Two channels of 2 x 4 pixels; by phase, then channel.
    const x = tensor([1, 2, 2, 4], [0, 1, 2, 3, 4, 5, 6, 7, 10, 11, 12, 13, 14, 15, 16, 17]);
    const deep = [0, 2, 10, 12, 1, 3, 11, 13, 4, 6, 14, 16, 5, 7, 15, 17];
    expect(await run([x], (a) => op.spaceToDepth(a!))).toEqual(deep);
    expect(await run([tensor([1, 8, 1, 2], deep)], (a) => op.depthToSpace(a!))).toEqual([
      ...(x.data as Float32Array),
    ]);
  });

  test("products", async () => {
    const [a, b] = [matrix([1, 2], [3, 4]), matrix([5, 6], [7, 8])];
    expect(await run([a, b], (x, y) => op.matMul(x!, y!))).toEqual([19, 22, 43, 50]);
    const options = { transposeA: true, transposeB: true };
    const product = await run([a, b, row(100, 200)], (x, y, c) => op.gemm(x!, y!, c!, options));
    expect(product).toEqual([5 + 18 + 100, 7 + 24 + 200, 10 + 24 + 100, 14 + 32 + 200]);
    const batch = tensor([2, 1, 2], [1, 2, 3, 4]);
    expect(await run([batch, b], (x, y) => op.matMul(x!, y!))).toEqual([19, 22, 43, 50]);
  });

  test("sums and means", async () => {
    const x = tensor([2, 2, 2], [1, 2, 3, 4, 5, 6, 7, 8]);
    expect(await run([x], (a) => op.reduceSum(a!))).toEqual([36]);
    expect(await run([x], (a) => op.reduceSum(a!, [0, 2]))).toEqual([14, 22]);
    expect(await run([x], (a) => op.reduceMean(a!, [1], { keepDimensions: true }))).toEqual([
      2, 3, 6, 7,
    ]);
    expect(await run([x], (a) => op.reduceMean(a!))).toEqual([4.5]);
    expect(
      await run([tensor([1, 2, 1, 3], [1, 2, 6, 0, 0, 1.5])], (a) => op.globalAveragePool(a!)),
    ).toEqual([3, 0.5]);
  });

  test("enlargement", async () => {
    const x = picture([0, 4], [8, 12]);
    expect(await run([x], (a) => op.resizeNearest(a!))).toEqual([
      0, 0, 4, 4, 0, 0, 4, 4, 8, 8, 12, 12, 8, 8, 12, 12,
    ]);
    // Weights 3/4 and 1/4 between pixel centres; the outermost pixels repeat.
    expect(await run([x], (a) => op.resizeBilinear(a!))).toEqual([
      0, 1, 3, 4, 2, 3, 5, 6, 6, 7, 9, 10, 8, 9, 11, 12,
    ]);
    const threefold = await run([picture([0, 3])], (a) => op.resizeBilinear(a!, 3));
    expectClose(threefold.slice(0, 6), [0, 0, 1, 2, 3, 3], 1e-5, "threefold");
  });

  test("largest elements of windows; padding never wins", async () => {
    const x = picture([-1, -2, -3], [-4, -5, -6], [-7, -8, -9]);
    expect(await run([x], (a) => op.maxPool(a!, { kernel: 2, stride: 1 }))).toEqual([
      -1, -2, -4, -5,
    ]);
    expect(await run([x], (a) => op.maxPool(a!, { kernel: 2, padding: 1 }))).toEqual([
      -1, -2, -4, -5,
    ]);
    const same = await run([x], (a) => op.maxPool(a!, { kernel: 2, padding: [0, 0, 1, 1] }));
    expect(same).toEqual([-1, -3, -7, -9]);
  });

  test("equal largest elements: the gradient goes to the first", async () => {
    const slopes = await run([picture([0, 0], [0, 0])], (x) => {
      return gradients(op.reduceSum(op.maxPool(x!, { kernel: 2 })), [x!])[0]!;
    });
    expect(slopes).toEqual([1, 0, 0, 0]);
  });

  test("no gradient at the bounds of ReLU6 and beyond, all of it just inside", async () => {
    const inside = [2 ** -100, 1, 6 - 2 ** -21];
    const slopes = await run([row(-1, 0, ...inside, 6, 7)], (x) => {
      return gradients(op.reduceSum(op.relu6(x!)), [x!])[0]!;
    });
    expect(slopes).toEqual([0, 0, 1, 1, 1, 0, 0]);
  });

  test("lookups by computed indices, and the sums of their gradients", async () => {
    const places = (...values: number[]): TensorValue => ({
      type: "int64",
      shape: [values.length],
      data: BigInt64Array.from(values, BigInt),
    });
    const indices = places(2, 0, 2);
    const rows = await run([matrix([1, 2], [3, 4], [5, 6]), indices], (x, i) =>
      op.gather(x!, i!, 0),
    );
    expect(rows).toEqual([5, 6, 1, 2, 5, 6]);
    // Many sums into few places, as threads would lose them.
    const many = Array.from({ length: 70_000 }, (_, index) => index % 7);
    const sums = await run([row(0, 0, 0, 0, 0, 0, 0), places(...many)], (x, i) => {
      return gradients(op.reduceSum(op.gather(x!, i!, 0)), [x!])[0]!;
    });
    expect(sums).toEqual(new Array(7).fill(10_000));
  });

  test("mean of windows; padding counts as zeros", async () => {
    const x = picture([1, 2, 3], [4, 5, 6], [7, 8, 9]);
    expect(await run([x], (a) => op.averagePool(a!, { kernel: 2, stride: 1 }))).toEqual([
      3, 4, 6, 7,
    ]);
    expect(await run([x], (a) => op.averagePool(a!, { kernel: 2 }))).toEqual([3]);
    const padded = await run([x], (a) => op.averagePool(a!, { kernel: 2, padding: 1 }));
    expect(padded).toEqual([0.25, 1.25, 2.75, 7]);
  });

  test("comparison, choice and conversion", async () => {
    const [a, b] = [row(1, 2, 3), row(3, 2, 1)];
    expect(await run([a, b], (x, y) => op.greater(x!, y!))).toEqual([0, 0, 1]);
    expect(await run([a, b], (x, y) => op.greaterOrEqual(x!, y!))).toEqual([0, 1, 1]);
    expect(await run([a, b], (x, y) => op.equal(x!, y!))).toEqual([0, 1, 0]);
    expect(await run([a, b], (x, y) => op.maximum(x!, y!))).toEqual([3, 2, 3]);
    expect(await run([a, b], (x, y) => op.minimum(x!, y!))).toEqual([1, 2, 1]);
    const chosen = await run([a, b], (x, y) => op.where(op.greater(x!, y!), x!, op.negate(y!)));
    expect(chosen).toEqual([-3, -2, 3]);
    expect(await run([row(1.75, -2.5)], (x) => op.cast(x!, "int32"))).toEqual([1, -2]);
    const largest = await run([matrix([1, 5, 2], [9, 5, 2])], (x) => op.argMax(x!, 1));
    expect(largest).toEqual([1, 0]);
  });

  test("dropout zeroes where the noise is below the rate and enlarges the rest", async () => {
    const noise = row(0, 0.19, 0.2, 0.99);
    const dropped = await run([row(1, 2, 4, -8), noise], (x, u) => op.dropout(x!, u!, 0.2));
    expectClose(dropped, [0, 0, 5, -10], 1e-5, "dropped");
    expect(await run([row(3), row(0)], (x, u) => op.dropout(x!, u!, 0))).toEqual([3]);
  });

  test("batch normalisation in training uses and records the statistics of the batch", async () => {
    const [batch, channels, height, width] = [2, 3, 2, 2];
    const x = randomTensor([batch, channels, height, width], 4, -3, 5);
    const graph = new Graph();
    const vector = (...values: number[]) =>
      graph.constant("float32", [channels], Float32Array.from(values));
    const { output, runningMean, runningVariance } = op.batchNormalizeTraining(
      graph.input("x", "float32", x.shape),
      {
        scale: vector(1, 2, -0.5),
        bias: vector(0, 1, 3),
        runningMean: vector(0, 1, 2),
        runningVariance: vector(1, 4, 0.25),
      },
      { epsilon: 1e-3, momentum: 0.2 },
    );
    graph.output("y", output);
    graph.output("mean", runningMean);
    graph.output("variance", runningVariance);
    const results = await runGraph(device, graph, { x });

    const of = (channel: number) =>
      numbers(x).filter((_, index) => Math.floor(index / (height * width)) % channels === channel);
    const mean = [0, 1, 2].map((c) => of(c).reduce((a, b) => a + b) / 8);
    const variance = [0, 1, 2].map((c) => of(c).reduce((a, b) => a + (b - mean[c]!) ** 2, 0) / 8);
    const [scale, bias] = [
      [1, 2, -0.5],
      [0, 1, 3],
    ];
    const expected = numbers(x).map((value, index) => {
      const c = Math.floor(index / (height * width)) % channels;
      return (scale![c]! * (value - mean[c]!)) / Math.sqrt(variance[c]! + 1e-3) + bias![c]!;
    });
    expectClose(numbers(results.y), expected, 1e-5, "output");
    const blended = (old: number[], fresh: number[]) =>
      old.map((o, c) => 0.8 * o + 0.2 * fresh[c]!);
    expectClose(numbers(results.mean), blended([0, 1, 2], mean), 1e-5, "running mean");
    expectClose(numbers(results.variance), blended([1, 4, 0.25], variance), 1e-5, "variance");
  });

  test("batch normalisation in inference uses the running statistics", async () => {
    const y = await run([tensor([1, 2, 1, 2], [1, 3, 10, 20])], (x) => {
      const vector = (a: number, b: number) =>
        x!.graph.constant("float32", [2], Float32Array.of(a, b));
      return op.batchNormalizeInference(
        x!,
        {
          scale: vector(2, 1),
          bias: vector(0, 5),
          runningMean: vector(1, 10),
          runningVariance: vector(3.99, 24.99),
        },
        { epsilon: 0.01 },
      );
    });
    expectClose(y, [0, 2, 5, 7], 1e-5, "output");
  });
});

describe("shapes known only at run time", () => {
  const graph = new Graph();
  const x = graph.input("x", "float32", ["N", 3, "H", 8]);

  test("travel through the operators", () => {
    expect(op.add(x, graph.scalar(1)).shape).toEqual(["N", 3, "H", 8]);
    expect(op.transpose(x, [1, 0, 3, 2]).shape).toEqual([3, "N", 8, "H"]);
    expect(op.resizeNearest(x).shape).toEqual(["N", 3, "2*H", 16]);
    expect(op.concat([x, x], 2).shape).toEqual(["N", 3, "H+H", 8]);
    expect(op.reduceMean(x, [2, 3]).shape).toEqual(["N", 3]);
    expect(op.pad(x, [0, 0, 1, 1], [0, 0, 1, 1]).shape).toEqual(["N", 3, "H+2", 10]);
    expect(op.matMul(x, graph.input("w", "float32", [8, "K"])).shape).toEqual(["N", 3, "H", "K"]);
  });

  test("one of them may be left open by a reshape", async () => {
    const open = new Graph();
    const y = op.reshape(open.input("x", "float32", ["N", 4]), ["N", 2, 2]);
    open.output("y", y);
    const { y: result } = await runGraph(cpu, open, { x: tensor([3, 4], new Float32Array(12)) });
    expect(result!.shape).toEqual([3, 2, 2]);
    expect(() => op.reshape(x, ["N", "H", 24])).toThrow("at most one length may be left open");
  });
});

describe("mistakes name the operator and the shapes", () => {
  const graph = new Graph();
  const a = graph.input("a", "float32", [2, 3]);
  const b = graph.input("b", "float32", [4, 3]);
  const whole = graph.input("whole", "int64", [2, 3]);

  test.each<[string, () => Value, string]>([
    ["Add", () => op.add(a, b), "Add: [2, 3] and [4, 3] do not broadcast"],
    [
      "Mul",
      () => op.multiply(a, whole),
      "Mul: expected equal element types but got float32, int64",
    ],
    ["MatMul", () => op.matMul(a, b), "MatMul: [2, 3] x [4, 3] do not fit"],
    [
      "MatMul of a vector",
      () => op.matMul(graph.scalar(1), b),
      "MatMul: expected at least two axes",
    ],
    ["Gemm", () => op.gemm(a, b), "Gemm: [2, 3] and [4, 3] do not fit"],
    ["Reshape", () => op.reshape(a, [5]), "Reshape: [2, 3] and [5] have different numbers"],
    ["Transpose", () => op.transpose(a, [0, 0]), "[0, 0] is no permutation of the axes of [2, 3]"],
    ["Concat", () => op.concat([a, b], 1), "Concat along axis 1: [2, 3] and [4, 3] do not fit"],
    ["Concat of nothing", () => op.concat([], 0), "Concat: expected at least one value"],
    [
      "Slice",
      () => op.slice(a, [{ axis: 1, start: 1, length: 3 }]),
      "Slice: 3 elements from 1 by 1 along axis 1 leave [2, 3]",
    ],
    [
      "Slice backwards",
      () => op.slice(a, [{ axis: 1, start: 1, length: 3, step: -1 }]),
      "Slice: 3 elements from 1 by -1 along axis 1 leave [2, 3]",
    ],
    ["Softmax", () => op.softmax(a, 2), "Softmax: the axis 2 is not one of a tensor of rank 2"],
    ["Gather", () => op.gather(a, [3], 1), "Gather: the index 3 is outside axis 1 of [2, 3]"],
    ["Gather by numbers", () => op.gather(a, b, 0), "Gather: expected int64 indices but received"],
    ["Where", () => op.where(a, a, a), "Where: expected a bool condition but received float32"],
    ["LeakyRelu", () => op.leakyRelu(a, 1), "LeakyRelu: expected a slope between 0 and 1"],
    ["Dropout", () => op.dropout(a, a, 1), "Dropout: expected a rate from 0 to below 1"],
    ["Resize", () => op.resizeNearest(a, 1.5), "Resize: expected a whole factor of at least 1"],
  ])("%s", (_, build, message) => {
    expect(build).toThrow(message);
  });
});
