// What ONNX Runtime computes wrongly on some devices, found in a model before it does harm.

import { fromBinary } from "@bufbuild/protobuf";
import { type GraphProto, ModelProtoSchema, type NodeProto } from "onnx-buf";
import { UserError } from "../user-error.js";
import type { Device } from "./session.js";

/**
 * Refuses models with layers that the engine is known to compute wrongly on a device. On WebGPU
 * (ONNX Runtime 1.30) these are convolutions in one group whose input channels are a multiple of 3,
 * not of 4, and more than 3, and whose output channels are a multiple of 4; 1x1 kernels at stride 1
 * without padding are right. Kernels whose channels are computed in the model in other ways than by
 * conversion, transposition and reversal are not looked at.
 *
 * @param model a serialised ONNX model
 * @throws UserError that names the channels of the first such layer
 */
export function assertRunsOn(device: Device, model: Uint8Array): void {
  if (device !== "webgpu") return;
  const { graph } = fromBinary(ModelProtoSchema, model);
  if (!graph) return;
  const shapes = new KernelShapes(graph);
  for (const node of graph.node) {
    const [outputs, inputs] = (node.opType === "Conv" && shapes.of(node.input[1]!)) || [];
    if (outputs === undefined || inputs === undefined || !isWrongOnWebgpu(node, outputs, inputs)) {
      continue;
    }
    throw new UserError(
      "device-unavailable",
      `The model has a convolution of ${inputs} to ${outputs} channels, which comes out wrong on WebGPU: of ${inputs} input channels, a multiple of 3 but not of 4, to a multiple of 4. Use the CPU, or a network whose layers have multiples of 4 channels.`,
    );
  }
}

function isWrongOnWebgpu(node: NodeProto, outputs: number, inputs: number): boolean {
  const numbers = (name: string) =>
    (node.attribute.find((each) => each.name === name)?.ints ?? []).map(Number);
  const group = Number(node.attribute.find(({ name }) => name === "group")?.i ?? 1);
  // These are computed as products of matrices.
  const pointwise =
    numbers("kernel_shape").every((side) => side === 1) &&
    numbers("strides").every((stride) => stride === 1) &&
    numbers("pads").every((side) => side === 0);
  return (
    group === 1 &&
    !pointwise &&
    inputs > 3 &&
    inputs % 3 === 0 &&
    inputs % 4 !== 0 &&
    outputs % 4 === 0
  );
}

/** Shapes of the values that may be kernels, by name; lengths of kernels' sides may be wrong. */
class KernelShapes {
  readonly #known = new Map<string, readonly number[]>();
  readonly #producers = new Map<string, NodeProto>();

  constructor(graph: GraphProto) {
    for (const { name, type } of graph.input) {
      if (type?.value.case !== "tensorType") continue;
      const lengths = type.value.value.shape?.dim.map(({ value }) => Number(value.value)) ?? [];
      if (lengths.every(Number.isInteger)) this.#known.set(name, lengths);
    }
    for (const { name, dims } of graph.initializer) this.#known.set(name, dims.map(Number));
    for (const node of graph.node) for (const name of node.output) this.#producers.set(name, node);
  }

  of(name: string): readonly number[] | undefined {
    const known = this.#known.get(name);
    const producer = this.#producers.get(name);
    if (known || !producer) return known;
    const shape = this.#afterNode(producer);
    if (shape) this.#known.set(name, shape);
    return shape;
  }

  #afterNode({ opType, input, attribute }: NodeProto): readonly number[] | undefined {
    // Kernels are sliced along their sides only.
    if (["Cast", "Identity", "Slice"].includes(opType)) return this.of(input[0]!);
    if (opType !== "Transpose") return undefined;
    const permutation = attribute.find(({ name }) => name === "perm")?.ints.map(Number);
    const shape = this.of(input[0]!);
    return shape && permutation?.map((axis) => shape[axis]!);
  }
}
