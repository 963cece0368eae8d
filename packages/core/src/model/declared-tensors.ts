// What a model file declares of its inputs and outputs. Only their few bytes are parsed, not the
// weights.

import { type LengthDelimitedField, readLengthDelimitedFields } from "./protobuf-wire.js";

/** An input or output of a model. */
export interface DeclaredTensor {
  readonly name: string;
  /** As ONNX names it, in lower case: "float", "float16", "int64", .. */
  readonly type: string;
  /** Numbers where the length is fixed, names or "?" where it is not; undefined for any rank. */
  readonly shape: readonly (number | string)[] | undefined;
}

/** Of those that have to be fed, and of what comes out. */
export interface Declared<T> {
  readonly inputs: readonly T[];
  readonly outputs: readonly T[];
}

// Field numbers of ModelProto, GraphProto, TensorProto and ValueInfoProto (onnx.proto3).
const GRAPH_FIELD = 7;
const INITIALIZER_FIELD = 5;
const INPUT_FIELD = 11;
const OUTPUT_FIELD = 12;
const TENSOR_NAME_FIELD = 8;
const VALUE_NAME_FIELD = 1;

/**
 * The names of a model's inputs and outputs.
 *
 * @param model serialised ONNX model
 * @throws RangeError if the bytes are none
 */
export function declaredNames(model: Uint8Array): Declared<string> {
  const { inputs, outputs } = declaredFields(model);
  const named = (field: LengthDelimitedField) => textIn(field, VALUE_NAME_FIELD);
  return { inputs: inputs.map(named), outputs: outputs.map(named) };
}

/**
 * Names, types and shapes of a model's inputs and outputs.
 *
 * @param model serialised ONNX model
 * @throws RangeError if the bytes are none
 */
export async function declaredTensors(model: Uint8Array): Promise<Declared<DeclaredTensor>> {
  // Loaded when it is needed: names can be read without.
  const [{ fromBinary }, { TensorProto_DataType: ElementType, ValueInfoProtoSchema }] =
    await Promise.all([import("@bufbuild/protobuf"), import("onnx-buf")]);
  const declared = ({ bytes }: LengthDelimitedField): DeclaredTensor => {
    const { name, type } = fromBinary(ValueInfoProtoSchema, bytes);
    const { value, case: kind } = type?.value ?? {};
    if (kind !== "tensorType" || !value) return { name, type: "no tensor", shape: undefined };
    return {
      name,
      type: ElementType[value.elemType]?.toLowerCase() ?? "of an unknown type",
      shape: value.shape?.dim.map(({ value: length }) =>
        length.case === "dimValue" ? Number(length.value) : length.value || "?",
      ),
    };
  };
  const { inputs, outputs } = declaredFields(model);
  return { inputs: inputs.map(declared), outputs: outputs.map(declared) };
}

function declaredFields(model: Uint8Array): Declared<LengthDelimitedField> {
  const graph = readLengthDelimitedFields(model).find(({ number }) => number === GRAPH_FIELD);
  const fields = graph ? readLengthDelimitedFields(graph.bytes) : [];
  const numbered = (wanted: number) => fields.filter(({ number }) => number === wanted);
  // Files of older versions list their weights among the inputs.
  const constants = new Set(
    numbered(INITIALIZER_FIELD).map((field) => textIn(field, TENSOR_NAME_FIELD)),
  );
  return {
    inputs: numbered(INPUT_FIELD).filter(
      (field) => !constants.has(textIn(field, VALUE_NAME_FIELD)),
    ),
    outputs: numbered(OUTPUT_FIELD),
  };
}

function textIn({ bytes }: LengthDelimitedField, wanted: number): string {
  const field = readLengthDelimitedFields(bytes).find(({ number }) => number === wanted);
  return new TextDecoder().decode(field?.bytes);
}
