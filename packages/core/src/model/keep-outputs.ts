// Some of a model's outputs alone. Engines compute every output of a file, and every node behind it,
// whether it is asked for or not.

import {
  concatenated,
  type LengthDelimitedField,
  lengthDelimitedField,
  readLengthDelimitedFields,
} from "./protobuf-wire.js";

// Field numbers of ModelProto, GraphProto, NodeProto, TensorProto and ValueInfoProto (onnx.proto3).
const GRAPH_FIELD = 7;
const NODE_FIELD = 1;
const INITIALIZER_FIELD = 5;
const OUTPUT_FIELD = 12;
const NODE_INPUT_FIELD = 1;
const NODE_OUTPUT_FIELD = 2;
const TENSOR_NAME_FIELD = 8;
const OUTPUT_NAME_FIELD = 1;

/**
 * The same model without the outputs of other names, and without the nodes and constants that only
 * these needed. For graphs without nested ones.
 *
 * @param model serialised ONNX model
 * @returns the bytes themselves if there is nothing to leave out
 */
export function keepOutputs(model: Uint8Array, names: readonly string[]): Uint8Array {
  const graph = readLengthDelimitedFields(model).find(({ number }) => number === GRAPH_FIELD);
  if (!graph) return model;
  const fields = readLengthDelimitedFields(graph.bytes);
  const isOther = (field: LengthDelimitedField) =>
    field.number === OUTPUT_FIELD && !names.includes(textsOf(field, OUTPUT_NAME_FIELD)[0]!);
  if (!fields.some(isOther)) return model;
  const needed = new Set(names);
  const dead = new Set<LengthDelimitedField>();
  // From the end: nodes stand behind those they depend on.
  for (const node of fields.filter(({ number }) => number === NODE_FIELD).reverse()) {
    if (textsOf(node, NODE_OUTPUT_FIELD).some((name) => needed.has(name))) {
      for (const name of textsOf(node, NODE_INPUT_FIELD)) needed.add(name);
    } else {
      dead.add(node);
    }
  }
  const isUnused = (field: LengthDelimitedField) =>
    field.number === INITIALIZER_FIELD && !needed.has(textsOf(field, TENSOR_NAME_FIELD)[0]!);
  const kept = fields
    .filter((field) => !isOther(field) && !dead.has(field) && !isUnused(field))
    .map((field) => graph.bytes.subarray(field.start, endOf(field, graph.bytes)));
  return concatenated([
    model.subarray(0, graph.start),
    lengthDelimitedField(GRAPH_FIELD, kept),
    model.subarray(endOf(graph, model)),
  ]);
}

function endOf({ bytes }: LengthDelimitedField, message: Uint8Array): number {
  return bytes.byteOffset + bytes.length - message.byteOffset;
}

function textsOf(field: LengthDelimitedField, number: number): string[] {
  return readLengthDelimitedFields(field.bytes)
    .filter((inner) => inner.number === number)
    .map(({ bytes }) => new TextDecoder().decode(bytes));
}
