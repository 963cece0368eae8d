// For every operator the graph builder emits: a graph, its inputs, and what ONNX Runtime makes of
// it. Usage: node operator-cases.mjs <folder>

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as graphs from "@let-there-be-color/core/graph";
import { randomUniform } from "@let-there-be-color/core/random";
import { createRuntime } from "../../packages/node/dist/runtime/onnx-runtime.js";
import { writeSafetensors } from "../../packages/node/dist/training/safetensors.js";

const [folder] = process.argv.slice(2);
const runtime = await createRuntime({ threads: 1 });

/** Each case: shapes of the float32 inputs, and how to build the outputs from them. */
const cases = {
  Add: [
    [
      [2, 3, 4, 4],
      [3, 1, 1],
    ],
    (a, b) => graphs.add(a, b),
  ],
  Sub: [
    [
      [2, 3],
      [1, 3],
    ],
    (a, b) => graphs.subtract(a, b),
  ],
  Mul: [
    [
      [2, 3],
      [2, 1],
    ],
    (a, b) => graphs.multiply(a, b),
  ],
  Div: [
    [
      [2, 3],
      [2, 3],
    ],
    (a, b) => graphs.divide(a, graphs.add(b, b.graph.scalar(3))),
  ],
  Sqrt: [[[5]], (a) => graphs.squareRoot(graphs.add(a, a.graph.scalar(2)))],
  Abs: [[[5]], (a) => a.graph.emitOne("Abs", [a], {}, a)],
  Neg: [[[5]], (a) => graphs.negate(a)],
  Exp: [[[5]], (a) => graphs.exponential(a)],
  Log: [[[5]], (a) => graphs.logarithm(graphs.add(a, a.graph.scalar(2)))],
  // Halves are rounded to the even neighbour.
  Round: [[[9]], (a) => graphs.round(graphs.add(graphs.round(graphs.scale(a, 9)), half(a)))],
  Pow: [[[3]], (a) => a.graph.emitOne("Pow", [a.graph.scalar(0.9), a], {}, a)],
  Relu: [[[2, 7]], (a) => graphs.relu(a)],
  Clip: [[[2, 7]], (a) => graphs.relu6(graphs.scale(a, 12))],
  HardSigmoid: [[[2, 7]], hardSigmoid],
  BatchNormalization: [[[2, 3, 4, 5], [3], [3], [3]], normalize],
  LeakyRelu: [[[2, 7]], (a) => graphs.leakyRelu(a, 0.2)],
  Sigmoid: [[[2, 7]], (a) => graphs.sigmoid(a)],
  Tanh: [[[2, 7]], (a) => graphs.tanh(a)],
  Softmax: [[[2, 7, 3]], (a) => graphs.softmax(a, 1)],
  LogSoftmax: [[[2, 7]], (a) => graphs.logSoftmax(a)],
  Max: [[[2, 7], [7]], (a, b) => graphs.maximum(a, b)],
  Min: [[[2, 7], [1]], (a, b) => graphs.minimum(a, b)],
  Greater: [[[9], [9]], (a, b) => graphs.cast(graphs.greater(a, b), "float32")],
  GreaterOrEqual: [[[9], [1]], (a, b) => graphs.cast(graphs.greaterOrEqual(a, b), "float32")],
  Equal: [[[9]], (a) => graphs.cast(graphs.equal(a, graphs.relu(a)), "float32")],
  Where: [[[9], [9]], (a, b) => graphs.where(graphs.greater(a, b), a, b)],
  Cast: [[[9]], (a) => graphs.cast(graphs.cast(graphs.scale(a, 5), "int32"), "float32")],
  CastHalf: [[[9]], (a) => graphs.cast(graphs.cast(a, "float16"), "float32")],
  ArgMax: [[[4, 9]], (a) => graphs.cast(graphs.argMax(a, 1), "float32")],
  ReduceSum: [[[2, 3, 4]], (a) => graphs.reduceSum(a, [0, 2])],
  ReduceMean: [[[2, 3, 4]], (a) => graphs.reduceMean(a, [1], { keepDimensions: true })],
  ReduceMeanAll: [[[2, 3, 4]], (a) => graphs.reduceMean(a)],
  MatMul: [
    [
      [2, 3, 4],
      [4, 5],
    ],
    (a, b) => graphs.matMul(a, b),
  ],
  Gemm: [[[3, 4], [5, 4], [5]], (a, b, c) => graphs.gemm(a, b, c, { transposeB: true })],
  GemmTransposed: [
    [
      [4, 3],
      [4, 5],
    ],
    (a, b) => graphs.gemm(a, b, undefined, { transposeA: true }),
  ],
  GemmBroadcast: [
    [
      [3, 4],
      [4, 5],
      [3, 1],
    ],
    (a, b, c) => graphs.gemm(a, b, c),
  ],
  Conv: [
    [[2, 3, 8, 6], [4, 3, 3, 3], [4]],
    (x, weight, bias) => graphs.convolution(x, weight, { bias, padding: 1 }),
  ],
  ConvStrided: [
    [
      [2, 3, 8, 6],
      [4, 3, 3, 3],
    ],
    (x, weight) => graphs.convolution(x, weight, { stride: 2, padding: [1, 0, 0, 2] }),
  ],
  ConvDilated: [
    [
      [1, 2, 9, 9],
      [2, 2, 3, 3],
    ],
    (x, weight) => graphs.convolution(x, weight, { dilation: 2 }),
  ],
  ConvDepthwise: [
    [[2, 4, 8, 6], [8, 1, 3, 3], [8]],
    (x, weight, bias) =>
      graphs.convolution(x, weight, { bias, groups: 4, stride: 2, padding: [0, 0, 1, 1] }),
  ],
  ConvTransposeGrouped: [
    [
      [2, 4, 4, 5],
      [4, 3, 3, 3],
    ],
    (x, weight) => graphs.transposedConvolution(x, weight, { groups: 2, stride: 2, padding: 1 }),
  ],
  ConvTranspose: [
    [[2, 3, 4, 5], [3, 2, 3, 3], [2]],
    (x, weight, bias) =>
      graphs.transposedConvolution(x, weight, {
        bias,
        stride: 2,
        padding: 1,
        outputPadding: [1, 1],
      }),
  ],
  ConvTransposeUneven: [
    [
      [1, 2, 4, 4],
      [2, 2, 3, 3],
    ],
    (x, weight) => graphs.transposedConvolution(x, weight, { padding: [1, 0, 0, 2] }),
  ],
  AveragePool: [[[2, 3, 8, 6]], (x) => graphs.averagePool(x, { kernel: 2 })],
  AveragePoolPadded: [
    [[2, 3, 7, 7]],
    (x) => graphs.averagePool(x, { kernel: 3, stride: 2, padding: 1 }),
  ],
  MaxPool: [[[2, 3, 8, 6]], (x) => graphs.maxPool(x, { kernel: 2 })],
  MaxPoolPadded: [
    [[2, 3, 8, 6]],
    (x) => graphs.maxPool(negativeOf(x), { kernel: 3, stride: 2, padding: [0, 0, 1, 1] }),
  ],
  ResizeNearest: [[[2, 3, 4, 5]], (x) => graphs.resizeNearest(x)],
  ResizeBilinear: [[[2, 3, 4, 5]], (x) => graphs.resizeBilinear(x)],
  ResizeThreefold: [[[1, 2, 3, 4]], (x) => graphs.resizeBilinear(x, 3)],
  Reshape: [[[2, 3, 4]], (x) => graphs.reshape(x, ["N", 12])],
  Unsqueeze: [[[2, 3]], (x) => graphs.unsqueeze(x, 1)],
  Transpose: [[[2, 3, 4]], (x) => graphs.transpose(x, [2, 0, 1])],
  Concat: [
    [
      [2, 3],
      [2, 2],
    ],
    (a, b) => graphs.concat([a, b], 1),
  ],
  Slice: [[[5, 6]], (x) => graphs.slice(x, [{ axis: 1, start: 1, length: 2, step: 3 }])],
  SliceBackwards: [[[5, 6]], (x) => graphs.flip(x, [0, 1])],
  Gather: [[[5, 6]], (x) => graphs.gather(x, [4, 0, 4, 2], 1)],
  GatherComputed: [
    [
      [2, 6],
      [3, 4],
    ],
    (x, y) => graphs.gather(x, wholeNumbers(y, 6), 1),
  ],
  CrossEntropy: [
    [
      [2, 3, 5],
      [2, 3],
    ],
    (x, y) => graphs.softmaxCrossEntropy(x, wholeNumbers(y, 5)),
  ],
  CrossEntropyOfShares: [
    [
      [4, 5],
      [4, 2],
      [4, 1],
    ],
    (x, shares, y) => {
      const first = wholeNumbers(y, 3);
      const classes = graphs.concat([first, graphs.add(first, first.graph.integers([2]))], 1);
      return graphs.softmaxCrossEntropy(x, classes, { shares });
    },
  ],
  ScatterElements: [[[2, 5], [3], [2, 3]], scatter],
  DepthToSpace: [[[2, 8, 2, 3]], (x) => graphs.depthToSpace(x)],
  SpaceToDepth: [[[2, 2, 4, 6]], (x) => graphs.spaceToDepth(x)],
  Expand: [[[3, 1]], (x) => graphs.expand(x, [2, 3, 4])],
  Pad: [[[2, 3]], (x) => graphs.pad(x, [1, 0], [0, 2])],
  PadTakingAway: [[[4, 3]], (x) => graphs.pad(x, [-1, 2], [3, -1])],
  PadEdge: [[[1, 2, 3, 4]], padEdge],
  ReduceMin: [[[3, 4, 5]], smallest],
  Range: [[[5, 1]], rows],
  ShapeMod: [[[2, 5]], lengthsModulo],
  Identity: [[[3]], (x) => x],
};

function half(x) {
  return x.graph.scalar(0.5);
}

function negativeOf(x) {
  return graphs.subtract(x, x.graph.scalar(2));
}

/** From numbers between -1 and 1: int64 from 0 to below `limit`. */
function wholeNumbers(x, limit) {
  const positive = graphs.add(graphs.scale(x, limit / 2), x.graph.scalar(limit / 2));
  return graphs.cast(positive, "int64");
}

/** As gradients of lookups sum what was taken from one place. */
function scatter(x, places, updates) {
  const indices = graphs.concat(
    [0, 0].map(() => wholeNumbers(graphs.unsqueeze(places, 0), 5)),
    0,
  );
  const attributes = { axis: { int: 1 }, reduction: { string: "add" } };
  return x.graph.emitOne("ScatterElements", [x, indices, updates], attributes, x);
}

/** As the gradient of a ReLU tells where it let something through. */
function hardSigmoid(x) {
  return x.graph.emitOne("HardSigmoid", [x], { alpha: { float: 3 }, beta: { float: 0.25 } }, x);
}

function smallest(x) {
  const axes = x.graph.integers([1]);
  const declaration = { type: "float32", shape: [3, 5] };
  return x.graph.emitOne("ReduceMin", [x, axes], { keepdims: { int: 0 } }, declaration);
}

function normalize(x, slope, offset, mean) {
  const variance = graphs.exponential(mean);
  const inputs = [x, slope, offset, mean, variance];
  return x.graph.emitOne("BatchNormalization", inputs, { epsilon: { float: 1e-3 } }, x);
}

/** As pictures of any size are brought to a multiple of 8. */
function padEdge(x) {
  const pads = x.graph.integers([0, 0, 0, 0, 0, 0, 1, 2]);
  const declaration = { type: "float32", shape: [1, 2, 4, 6] };
  return x.graph.emitOne("Pad", [x, pads], { mode: { string: "edge" } }, declaration);
}

/** As the weights of the global image count its pixels. */
function rows(x) {
  const { graph } = x;
  const attributes = { start: { int: 0 }, end: { int: 1 } };
  const length = graph.emitOne("Shape", [x], attributes, { type: "int64", shape: [1] });
  const number = (value) => graph.constant("int64", [], BigInt64Array.of(value));
  const limits = [number(0n), graphs.reshape(length, []), number(1n)];
  const counted = graph.emitOne("Range", limits, {}, { type: "int64", shape: [5] });
  return graphs.multiply(x, graphs.cast(counted, "float32"));
}

function lengthsModulo(x) {
  const { graph } = x;
  const attributes = { start: { int: 0 }, end: { int: 2 } };
  const lengths = graph.emitOne("Shape", [x], attributes, { type: "int64", shape: [2] });
  const negative = graph.emitOne("Sub", [lengths, graph.integers([9])], {}, lengths);
  const rest = graph.emitOne("Mod", [negative, graph.integers([4])], {}, lengths);
  return graphs.add(x, graphs.cast(graphs.reshape(rest, [2, 1]), "float32"));
}

for (const [index, [name, [shapes, build]]] of Object.entries(cases).entries()) {
  const graph = new graphs.Graph();
  const inputs = shapes.map((shape, input) => graph.input(`input_${input}`, "float32", shape));
  graph.output("output", build(...inputs));
  const model = graphs.serialize(graph);
  const tensors = new Map(
    inputs.map(({ name, shape }, input) => {
      const length = shape.reduce((product, each) => product * each, 1);
      const values = Float32Array.from(
        { length },
        (_, element) => 2 * randomUniform(1, index, input, element) - 1,
      );
      return [name, { dtype: "F32", shape, data: values }];
    }),
  );
  const session = await runtime.createSession(model);
  const feeds = [...tensors].map(([key, { shape, data }]) => [
    key,
    { type: "float32", shape, data },
  ]);
  const { output } = await session.run(Object.fromEntries(feeds));
  await session.release();
  tensors.set("output", { dtype: "F32", shape: output.shape, data: output.data });
  await writeFile(join(folder, `${name}.onnx`), model);
  await writeSafetensors(join(folder, `${name}.safetensors`), tensors);
}
