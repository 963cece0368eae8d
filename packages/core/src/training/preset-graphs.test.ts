// What training computes, pinned: the graph of a step and of an evaluation of every preset, and the
// values it starts from. A change of these hashes means that runs no longer repeat those of earlier
// versions. Where that is meant, or only the order of nodes has changed: compare the losses of 20 steps
// of every preset between two worktrees on one machine, then put in the hashes that this test reports.

import { createHash, type Hash } from "node:crypto";
import { fromBinary } from "@bufbuild/protobuf";
import { ModelProtoSchema, type NodeProto } from "onnx-buf";
import { describe, expect, test } from "vitest";

import {
  initialValues,
  networkPreset,
  type ParameterSpecification,
  type PresetName,
  parameterSpecifications,
  presetNames,
} from "../network/index.js";
import { evaluationGraph, type TrainingGraphOptions, trainingGraph } from "./training-graph.js";

const crops: Readonly<Record<PresetName, number>> = {
  iizuka2016: 224,
  "jacob-darcet2021": 224,
  compact: 128,
  mobilenet: 128,
  "mobilenet-edgetpu": 128,
};

/** The first 64 bits of each hash. */
const expected: Readonly<Record<PresetName, Readonly<Record<string, string>>>> = {
  iizuka2016: {
    "step, direct": "0f7b0403ebdd5a57",
    "step, winograd": "acb834065756e4f3",
    evaluation: "3ca7fb9ddcee0351",
    "starting values": "480e267d9679523f",
  },
  "jacob-darcet2021": {
    "step, direct": "7dadb79a98835540",
    "step, winograd": "8c6b3bc712c9dd91",
    evaluation: "a9e887220a782200",
    "starting values": "9fed2dbba1637048",
  },
  compact: {
    "step, direct": "d42fd088612d0478",
    "step, winograd": "8343824264c7cb04",
    evaluation: "c802a17b719f161a",
    "starting values": "f2e962a2ce0f1328",
  },
  mobilenet: {
    "step, direct": "db51bebed9dfde86",
    "step, winograd": "2b3a776b3088b944",
    evaluation: "7c1041c85cc82b6b",
    "starting values": "1dea8cc8f5a853e1",
  },
  "mobilenet-edgetpu": {
    "step, direct": "e1289c89c5c7d49b",
    "step, winograd": "056d513f1d693528",
    evaluation: "ae6bc8ab96906394",
    "starting values": "7af05ed804a2b1bc",
  },
};

/**
 * Hash of a model's nodes in their order with attributes and shapes, inputs, constants and outputs.
 * Values are told apart by the order in which they appear: made-up names do not count.
 */
function canonicalHash(model: Uint8Array): string {
  const { graph } = fromBinary(ModelProtoSchema, model);
  const hash = createHash("sha256");
  const numbers = new Map<string, number>([["", -1]]);
  const number = (name: string) => {
    if (!numbers.has(name)) numbers.set(name, numbers.size);
    return numbers.get(name)!;
  };
  for (const { name, type } of graph!.input) {
    const { value } = type!;
    if (value.case !== "tensorType") throw new TypeError(`${name} is no tensor`);
    const shape = value.value.shape!.dim.map((dimension) => String(dimension.value.value));
    hash.update(`input ${name} ${number(name)} ${value.value.elemType} ${shape}\n`);
  }
  const constants = new Map(graph!.initializer.map((each) => [each.name, each]));
  for (const node of graph!.node) {
    for (const name of node.input) {
      const constant = constants.get(name);
      if (!constant || numbers.has(name)) continue;
      hash.update(`constant ${number(name)} ${constant.dataType} ${constant.dims}\n`);
      hash.update(constant.rawData);
    }
    hashNode(hash, node, number);
  }
  for (const { name } of graph!.output) hash.update(`output ${name} ${number(name)}\n`);
  return hash.digest("hex").slice(0, 16);
}

function hashNode(hash: Hash, node: NodeProto, number: (name: string) => number): void {
  const attributes = node.attribute
    .map(({ name, i, ints, f, s }) => `${name}=${i},${ints},${f},${new TextDecoder().decode(s)}`)
    .sort();
  const [inputs, outputs] = [node.input.map(number), node.output.map(number)];
  hash.update(`${node.opType} ${inputs} ${attributes.join(" ")} ${outputs}\n`);
}

/** Names, shapes and the first thousand values of each parameter, in their order. */
function startingHash(specifications: readonly ParameterSpecification[]): string {
  const hash = createHash("sha256");
  // A value depends on its own index only, not on how many there are.
  const first = specifications.map((specification) => {
    const length = specification.shape.reduce((product, each) => product * each, 1);
    return { ...specification, shape: [Math.min(length, 1000)] };
  });
  const values = initialValues(first, 7);
  for (const { name, shape, trainable } of specifications) {
    hash.update(`${name} ${shape} ${trainable}\n`);
    const { data } = values.get(name)!;
    hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  }
  return hash.digest("hex").slice(0, 16);
}

const hybrid = { type: "hybrid", alpha: 0.01, reduction: "mean" } as const;
const quantizedChroma = {
  type: "quantized-chroma",
  ...{ alpha: 0.1, neighbours: 5, rebalancing: 0, minimumChroma: 2 },
} as const;

describe.each(presetNames)("%s", (preset) => {
  const network = networkPreset(preset);
  const options: TrainingGraphOptions = {
    network,
    objective: network.head.type === "quantized" ? quantizedChroma : hybrid,
    optimizer: { type: "adam" },
    clipNorm: 1,
    ...{ batchSize: 2, height: crops[preset], width: crops[preset] },
  };
  const hashes: Readonly<Record<string, () => string>> = {
    "step, direct": () => canonicalHash(trainingGraph(options).model),
    "step, winograd": () =>
      canonicalHash(trainingGraph({ ...options, convolutions: "winograd" }).model),
    evaluation: () => canonicalHash(evaluationGraph({ ...options, convolutions: "winograd" })),
    "starting values": () => startingHash(parameterSpecifications(network)),
  };
  test.each(Object.keys(hashes))("%s", (what) => {
    expect(hashes[what]!()).toBe(expected[preset][what]);
  });
});
