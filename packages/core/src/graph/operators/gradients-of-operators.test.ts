// The gradient rule of every operator but the convolutions against finite differences.

import { test } from "vitest";
import { describeOnDevices, tensor } from "../../testing/devices.js";
import { expectGradients, randomTensor } from "../../testing/gradient-check.js";
import type { Value } from "../graph.js";
import type { TensorValue } from "../session.js";
import * as op from "./index.js";

type Build = (...inputs: Value[]) => Value;
/** Title, input shapes (uniform in -1..1) or tensors, what is built. */
type Case = readonly [string, readonly (readonly number[] | TensorValue)[], Build];

/** Values at least 0.1 away from 0, where kinks and poles are. */
function awayFromZero(shape: readonly number[], seed: number): TensorValue {
  const { data } = randomTensor(shape, seed);
  return {
    type: "float32",
    shape,
    data: (data as Float32Array).map((x) => x + 0.2 * Math.sign(x)),
  };
}

/** Values so far apart that a step of the differences does not change their order. */
function distinct(shape: readonly number[]): TensorValue {
  const length = shape.reduce((product, each) => product * each, 1);
  return tensor(
    shape,
    // A prime shares no factor with the lengths used here, so that it visits every place once.
    Array.from({ length }, (_, index) => ((index * 7919) % length) / 10 - 2),
  );
}

const positive = (shape: readonly number[], seed: number) => randomTensor(shape, seed, 0.5, 2);

const arithmetic: Case[] = [
  [
    "Add",
    [
      [2, 3],
      [2, 3],
    ],
    (a, b) => op.add(a!, b!),
  ],
  ["Add, missing leading axes", [[4, 2, 3], [3]], (a, b) => op.add(a!, b!)],
  [
    "Add, axes of length 1 on both sides",
    [
      [2, 1, 3],
      [1, 4, 1],
    ],
    (a, b) => op.add(a!, b!),
  ],
  ["Add, scalar", [[], [2, 3]], (a, b) => op.add(a!, b!)],
  [
    "Sub, broadcast left",
    [
      [3, 1],
      [2, 3, 2],
    ],
    (a, b) => op.subtract(a!, b!),
  ],
  [
    "Sub, broadcast right",
    [
      [2, 3, 2],
      [1, 3, 1],
    ],
    (a, b) => op.subtract(a!, b!),
  ],
  [
    "Mul",
    [
      [2, 3],
      [2, 3],
    ],
    (a, b) => op.multiply(a!, b!),
  ],
  ["Mul by itself", [[2, 3]], (a) => op.multiply(a!, a!)],
  [
    "Mul, channels",
    [
      [2, 3, 2, 2],
      [1, 3, 1, 1],
    ],
    (a, b) => op.multiply(a!, b!),
  ],
  ["Mul, scalar", [[2, 3], []], (a, b) => op.multiply(a!, b!)],
  ["Div", [[2, 3], positive([2, 3], 5)], (a, b) => op.divide(a!, b!)],
  ["Div, broadcast divisor", [[2, 3], positive([3], 5)], (a, b) => op.divide(a!, b!)],
  ["Div, broadcast dividend", [[2, 1], positive([2, 4], 5)], (a, b) => op.divide(a!, b!)],
  ["Neg", [[2, 3]], (a) => op.negate(a!)],
  ["scale", [[2, 3]], (a) => op.scale(a!, -2.5)],
  ["Sqrt", [positive([2, 3], 5)], (a) => op.squareRoot(a!)],
  ["Exp", [[2, 3]], (a) => op.exponential(a!)],
  ["Log", [positive([2, 3], 5)], (a) => op.logarithm(a!)],
];

const activation: Case[] = [
  ["Relu", [awayFromZero([3, 5], 1)], (x) => op.relu(x!)],
  ["ReLU6", [tensor([2, 4], [-20, -1, -0.1, 0.1, 3, 5.9, 6.1, 50])], (x) => op.relu6(x!)],
  ["LeakyRelu", [awayFromZero([3, 5], 1)], (x) => op.leakyRelu(x!, 0.2)],
  ["Sigmoid", [randomTensor([3, 5], 1, -4, 4)], (x) => op.sigmoid(x!)],
  ["Tanh", [randomTensor([3, 5], 1, -2, 2)], (x) => op.tanh(x!)],
  ["Softmax", [[3, 5]], (x) => op.softmax(x!)],
  ["Softmax, another axis", [[2, 3, 4]], (x) => op.softmax(x!, 1)],
  ["LogSoftmax", [randomTensor([3, 5], 1, -4, 4)], (x) => op.logSoftmax(x!)],
  ["LogSoftmax, another axis", [[2, 3, 2]], (x) => op.logSoftmax(x!, -2)],
];

const matrix: Case[] = [
  [
    "MatMul",
    [
      [2, 3],
      [3, 4],
    ],
    (a, b) => op.matMul(a!, b!),
  ],
  [
    "MatMul, batched",
    [
      [2, 3, 2, 4],
      [2, 3, 4, 2],
    ],
    (a, b) => op.matMul(a!, b!),
  ],
  [
    "MatMul, one matrix for a batch",
    [
      [2, 3, 4],
      [4, 2],
    ],
    (a, b) => op.matMul(a!, b!),
  ],
  [
    "MatMul, a batch for one matrix",
    [
      [2, 3],
      [2, 2, 3, 2],
    ],
    (a, b) => op.matMul(a!, b!),
  ],
  [
    "MatMul, broadcast both",
    [
      [2, 1, 2, 3],
      [1, 3, 3, 2],
    ],
    (a, b) => op.matMul(a!, b!),
  ],
  ...[false, true].flatMap((transposeA) =>
    [false, true].map((transposeB): Case => {
      const shapes = [transposeA ? [3, 2] : [2, 3], transposeB ? [4, 3] : [3, 4], [4]];
      const title = `Gemm, transposeA ${transposeA}, transposeB ${transposeB}`;
      return [title, shapes, (a, b, c) => op.gemm(a!, b!, c!, { transposeA, transposeB })];
    }),
  ),
  [
    "Gemm without c",
    [
      [2, 3],
      [3, 2],
    ],
    (a, b) => op.gemm(a!, b!),
  ],
  [
    "Gemm, c as a column",
    [
      [2, 3],
      [3, 2],
      [2, 1],
    ],
    (a, b, c) => op.gemm(a!, b!, c!),
  ],
  [
    "Gemm, c in full",
    [
      [2, 3],
      [3, 2],
      [2, 2],
    ],
    (a, b, c) => op.gemm(a!, b!, c!),
  ],
];

const reduction: Case[] = [
  ["ReduceSum, all", [[2, 3, 2]], (x) => op.reduceSum(x!)],
  ["ReduceSum, one axis", [[2, 3, 2]], (x) => op.reduceSum(x!, [1])],
  ["ReduceSum, kept", [[2, 3, 2]], (x) => op.reduceSum(x!, [0, -1], { keepDimensions: true })],
  ["ReduceSum, no axis", [[2, 3]], (x) => op.reduceSum(x!, [])],
  ["ReduceSum, scalar", [[]], (x) => op.reduceSum(x!)],
  ["ReduceMean, all", [[2, 3, 2]], (x) => op.reduceMean(x!)],
  ["ReduceMean, one axis", [[2, 3, 2]], (x) => op.reduceMean(x!, [-1])],
  ["ReduceMean, kept", [[2, 3, 2]], (x) => op.reduceMean(x!, [0, 2], { keepDimensions: true })],
];

const whole = ({ graph }: Value, shape: readonly number[], values: readonly number[]) =>
  graph.constant("int64", shape, BigInt64Array.from(values, BigInt));

const layout: Case[] = [
  ["Reshape", [[2, 3, 4]], (x) => op.reshape(x!, [4, 6])],
  ["Transpose", [[2, 3, 4]], (x) => op.transpose(x!, [2, 0, 1])],
  [
    "Concat",
    [
      [2, 3],
      [2, 1],
      [2, 4],
    ],
    (a, b, c) => op.concat([a!, b!, c!], 1),
  ],
  ["Concat of one value twice", [[2, 3]], (a) => op.concat([a!, a!], 0)],
  ["Slice", [[5, 6]], (x) => op.slice(x!, [{ axis: 1, start: 2, length: 3 }])],
  [
    "Slice, two axes, steps",
    [[7, 8]],
    (x) =>
      op.slice(x!, [
        { axis: 0, start: 1, length: 3, step: 2 },
        { axis: -1, start: 0, length: 3, step: 3 },
      ]),
  ],
  [
    "Slice, step to the last element",
    [[7]],
    (x) => op.slice(x!, [{ axis: 0, start: 0, length: 3, step: 3 }]),
  ],
  ["Slice, backwards", [[6, 2]], (x) => op.slice(x!, [{ axis: 0, start: 4, length: 3, step: -1 }])],
  [
    "Slice, backwards by 2",
    [[8]],
    (x) => op.slice(x!, [{ axis: 0, start: 6, length: 4, step: -2 }]),
  ],
  [
    "Slice, backwards by 3",
    [[8]],
    (x) => op.slice(x!, [{ axis: 0, start: 7, length: 2, step: -3 }]),
  ],
  ["Flip", [[3, 4]], (x) => op.flip(x!, [0, 1])],
  ["Gather, a list", [[4, 3]], (x) => op.gather(x!, [2, 0, 2], 0)],
  ["Gather, computed", [[4, 3]], (x) => op.gather(x!, whole(x!, [5], [3, 0, 3, 3, 1]), 0)],
  [
    "Gather, another axis, many indices",
    [[2, 4, 2]],
    (x) => op.gather(x!, whole(x!, [2, 3], [3, 0, 3, 1, 1, 3]), 1),
  ],
  ["Gather, last axis, one index", [[2, 3]], (x) => op.gather(x!, whole(x!, [], [2]), -1)],
  [
    "Gather from a table of numbers",
    [[6]],
    (x) => op.gather(x!, whole(x!, [2, 4], [0, 5, 5, 2, 2, 2, 1, 0]), 0),
  ],
  ["Expand", [[2, 1, 3]], (x) => op.expand(x!, [2, 4, 3])],
  ["Expand, more axes", [[3]], (x) => op.expand(x!, [2, 4, 3])],
  ["Pad", [[2, 3]], (x) => op.pad(x!, [1, 0], [2, 3])],
  ["Pad, elements taken away", [[4, 3]], (x) => op.pad(x!, [-1, 2], [3, -1])],
  ["Pad, nothing", [[2, 3]], (x) => op.pad(x!, [0, 0], [0, 0])],
];

const resizing: Case[] = [
  ["Resize, nearest", [[2, 2, 2, 3]], (x) => op.resizeNearest(x!)],
  ["Resize, nearest, threefold", [[1, 2, 3, 2]], (x) => op.resizeNearest(x!, 3)],
  ["Resize, nearest, onefold", [[1, 2, 3, 2]], (x) => op.resizeNearest(x!, 1)],
  ["Resize, bilinear", [[2, 2, 2, 3]], (x) => op.resizeBilinear(x!)],
  ["Resize, bilinear, threefold", [[1, 2, 3, 4]], (x) => op.resizeBilinear(x!, 3)],
  ["Resize, bilinear, one pixel", [[1, 2, 1, 1]], (x) => op.resizeBilinear(x!)],
  ["AveragePool", [[2, 2, 4, 6]], (x) => op.averagePool(x!, { kernel: 2 })],
  ["AveragePool, remainder", [[1, 2, 5, 7]], (x) => op.averagePool(x!, { kernel: 2 })],
  ["AveragePool, overlapping", [[2, 2, 5, 6]], (x) => op.averagePool(x!, { kernel: 3, stride: 1 })],
  [
    "AveragePool, overlapping, padded",
    [[1, 2, 6, 5]],
    (x) => op.averagePool(x!, { kernel: 3, stride: 2, padding: 1 }),
  ],
  ["AveragePool, gaps", [[1, 1, 7, 8]], (x) => op.averagePool(x!, { kernel: 2, stride: 3 })],
  ["MaxPool", [distinct([2, 2, 4, 6])], (x) => op.maxPool(x!, { kernel: 2 })],
  [
    "MaxPool, overlapping, padded",
    [distinct([2, 3, 6, 5])],
    (x) => op.maxPool(x!, { kernel: 3, stride: 2, padding: 1 }),
  ],
  [
    "MaxPool, padding on two sides, a remainder",
    [distinct([1, 2, 6, 9])],
    (x) => op.maxPool(x!, { kernel: 3, stride: 2, padding: [0, 0, 1, 0] }),
  ],
  ["Unsqueeze", [[2, 3]], (x) => op.unsqueeze(x!, 1)],
  ["DepthToSpace", [[2, 8, 2, 3]], (x) => op.depthToSpace(x!)],
  ["SpaceToDepth", [[2, 2, 4, 6]], (x) => op.spaceToDepth(x!)],
  ["global average pool", [[2, 3, 2, 4]], (x) => op.globalAveragePool(x!)],
];

const noise = randomTensor([3, 4], 9, 0, 1);
const condition = (graph: Value["graph"], shape: readonly number[]) => {
  const { data } = randomTensor(shape, 21);
  return op.greater(graph.constant("float32", shape, data), graph.scalar(0));
};

const composed: Case[] = [
  [
    "batch normalisation, training",
    [[3, 2, 2, 3], [2], [2]],
    (x, scale, bias) => batchNormalize(x!, scale!, bias!, "training"),
  ],
  [
    "batch normalisation of vectors, training",
    [[5, 3], [3], [3]],
    (x, scale, bias) => batchNormalize(x!, scale!, bias!, "training"),
  ],
  [
    "batch normalisation, inference",
    [[2, 2, 2, 3], [2], [2]],
    (x, scale, bias) => batchNormalize(x!, scale!, bias!, "inference"),
  ],
  [
    "Dropout",
    [[3, 4]],
    (x) => op.dropout(x!, x!.graph.constant("float32", noise.shape, noise.data), 0.4),
  ],
  [
    "Where",
    [
      [2, 3],
      [2, 3],
    ],
    (a, b) => op.where(condition(a!.graph, [2, 3]), a!, b!),
  ],
  ["Where, broadcast", [[3], [2, 1]], (a, b) => op.where(condition(a!.graph, [4, 2, 3]), a!, b!)],
  [
    "a value used three times",
    [[2, 3]],
    (x) => op.add(op.multiply(op.tanh(x!), x!), op.reduceSum(op.exponential(x!))),
  ],
];

function batchNormalize(x: Value, scale: Value, bias: Value, mode: "training" | "inference") {
  const { graph } = x;
  const channels = scale.shape[0] as number;
  const constant = (start: number) =>
    graph.constant(
      "float32",
      [channels],
      Float32Array.from({ length: channels }, (_, i) => start + i / 4),
    );
  const parameters = { scale, bias, runningMean: constant(-0.3), runningVariance: constant(0.7) };
  if (mode === "inference") return op.batchNormalizeInference(x, parameters);
  return op.batchNormalizeTraining(x, parameters).output;
}

const groups = { arithmetic, activation, matrix, reduction, layout, resizing, composed };

describeOnDevices("Gradients", (device) => {
  for (const [group, cases] of Object.entries(groups)) {
    test.each(cases)(`${group}: %s`, async (_, inputs, build) => {
      const tensors = inputs.map((input, index) =>
        "data" in input ? input : randomTensor(input, index + 1),
      );
      await expectGradients(device, tensors, build);
    });
  }
});
