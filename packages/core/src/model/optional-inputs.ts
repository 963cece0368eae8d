// Inputs that may be left out (hints, numbers of a read-out). A model file stores a value for each as an
// initializer of the input's name, so that any ONNX tool gets colours from lightness alone. Engines
// treat such inputs differently: onnxruntime-node ignores what is fed to them, onnxruntime-web refuses
// it. So they become required ones when we load a model, and their values are fed unless others are
// given.

import type { TensorProto } from "onnx-buf";
import type { DataType, TensorArray, TensorValue } from "../graph/session.js";
import { readLengthDelimitedFields } from "./protobuf-wire.js";

/** A model all of whose inputs have to be fed. */
export interface RequiredInputs {
  /** Serialised ONNX model. */
  readonly model: Uint8Array;
  /** What the inputs that could be left out stood at, by name. */
  readonly defaults: Readonly<Record<string, TensorValue>>;
}

// Field numbers of ModelProto, GraphProto, TensorProto and ValueInfoProto (onnx.proto3).
const GRAPH_FIELD = 7;
const INITIALIZER_FIELD = 5;
const INPUT_FIELD = 11;
const TENSOR_NAME_FIELD = 8;
const INPUT_NAME_FIELD = 1;

/**
 * Makes every input of a model a required one.
 *
 * @param model serialised ONNX model
 * @returns the bytes themselves if no input has a value of its own
 */
export async function requireOptionalInputs(model: Uint8Array): Promise<RequiredInputs> {
  const optional = optionalInputs(model);
  if (optional.size === 0) return { model, defaults: {} };
  // Loaded when it is needed: most models have no such inputs.
  const [{ fromBinary, toBinary }, { ModelProtoSchema }] = await Promise.all([
    import("@bufbuild/protobuf"),
    import("onnx-buf"),
  ]);
  const message = fromBinary(ModelProtoSchema, model);
  const graph = message.graph!;
  const defaults = graph.initializer
    .filter(({ name }) => optional.has(name))
    .map((tensor) => [tensor.name, tensorValue(tensor)] as const);
  graph.initializer = graph.initializer.filter(({ name }) => !optional.has(name));
  return { model: toBinary(ModelProtoSchema, message), defaults: Object.fromEntries(defaults) };
}

/** Names that both an input and an initializer have. */
function optionalInputs(model: Uint8Array): Set<string> {
  const graph = readLengthDelimitedFields(model).find(({ number }) => number === GRAPH_FIELD);
  if (!graph) return new Set();
  const fields = readLengthDelimitedFields(graph.bytes);
  const names = (field: number, nameField: number) =>
    fields
      .filter(({ number }) => number === field)
      .map(({ bytes }) => {
        const name = readLengthDelimitedFields(bytes).find(({ number }) => number === nameField);
        return new TextDecoder().decode(name?.bytes);
      });
  const inputs = new Set(names(INPUT_FIELD, INPUT_NAME_FIELD));
  return new Set(names(INITIALIZER_FIELD, TENSOR_NAME_FIELD).filter((name) => inputs.has(name)));
}

/** By ONNX's codes of element types: what a default may be made of. */
const elementTypes: Readonly<
  Record<number, readonly [DataType, new (buffer: ArrayBuffer) => TensorArray]>
> = {
  1: ["float32", Float32Array],
  6: ["int32", Int32Array],
  7: ["int64", BigInt64Array],
};

function tensorValue({ name, dims, dataType, rawData }: TensorProto): TensorValue {
  const known = elementTypes[dataType];
  const shape = dims.map(Number);
  const count = shape.reduce((product, length) => product * length, 1);
  if (!known) throw new RangeError(`The default of the input ${name} has an unknown element type`);
  const [type, Elements] = known;
  // A copy: typed arrays begin at multiples of their elements' size, tensors in a file anywhere.
  const data = new Elements(new Uint8Array(rawData).buffer);
  if (data.length !== count) {
    throw new RangeError(`The default of the input ${name} does not have ${count} raw elements`);
  }
  return { type, shape, data };
}
