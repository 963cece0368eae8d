// Graph -> standard ONNX protobuf bytes (onnx.proto, IR version 9, ai.onnx opset 18).

import { create, toBinary } from "@bufbuild/protobuf";
import {
  type AttributeProto,
  AttributeProtoSchema,
  AttributeProto_AttributeType as AttributeType,
  TensorProto_DataType as ElementType,
  type ModelProto,
  ModelProtoSchema,
  type TensorProto,
  TensorProtoSchema,
  type ValueInfoProto,
  ValueInfoProtoSchema,
} from "onnx-buf";
import type { Attribute, Constant, Graph, Value } from "./graph.js";
import type { DataType } from "./session.js";

const IR_VERSION = 9n;
/** Version of the ai.onnx operator set that every operator here is written against. */
export const OPSET_VERSION = 18n;

const elementTypes: Readonly<Record<DataType, ElementType>> = {
  float32: ElementType.FLOAT,
  float16: ElementType.FLOAT16,
  int64: ElementType.INT64,
  int32: ElementType.INT32,
  int8: ElementType.INT8,
  uint8: ElementType.UINT8,
  bool: ElementType.BOOL,
};

export interface SerializeOptions {
  /** Becomes the graph's name. Default "graph". */
  readonly name?: string;
  /** Free-form text pairs stored in the model's `metadata_props`. */
  readonly metadata?: Readonly<Record<string, string>>;
}

/**
 * Serialises a graph, leaving out nodes and constants that no output depends on. Outputs get the
 * names they were declared with.
 */
export function serialize(graph: Graph, options: SerializeOptions = {}): Uint8Array {
  return toBinary(ModelProtoSchema, modelMessage(graph, options));
}

/** What {@link serialize} writes, as a protobuf message. */
export function modelMessage(graph: Graph, options: SerializeOptions = {}): ModelProto {
  const live = liveNames(graph);
  const outputs = [...graph.outputs];
  return create(ModelProtoSchema, {
    irVersion: IR_VERSION,
    producerName: "let-there-be-color",
    opsetImport: [{ domain: "", version: OPSET_VERSION }],
    metadataProps: Object.entries(options.metadata ?? {}).map(([key, value]) => ({ key, value })),
    graph: {
      name: options.name ?? "graph",
      input: graph.inputs.map((input) => valueInfo(input.name, input)),
      output: outputs.map(([name, value]) => valueInfo(name, value)),
      initializer: [
        ...[...graph.constants.values()].filter(({ value }) => live.has(value.name)),
        ...graph.defaults.values(),
      ].map(tensorProto),
      node: [
        ...graph.nodes
          .filter((node) => node.outputs.some(({ name }) => live.has(name)))
          .map((node) => ({
            opType: node.operator,
            input: node.inputs.map((input) => input?.name ?? ""),
            output: node.outputs.map((output) => output.name),
            attribute: Object.entries(node.attributes).map(attributeProto),
          })),
        // An Identity gives an output its public name, whatever made the value.
        ...outputs.map(([name, value]) => ({
          opType: "Identity",
          input: [value.name],
          output: [name],
        })),
      ],
    },
  });
}

function liveNames(graph: Graph): Set<string> {
  const live = new Set([...graph.outputs.values()].map(({ name }) => name));
  for (let index = graph.nodes.length - 1; index >= 0; index--) {
    const node = graph.nodes[index]!;
    if (!node.outputs.some(({ name }) => live.has(name))) continue;
    for (const input of node.inputs) if (input) live.add(input.name);
  }
  return live;
}

function valueInfo(name: string, value: Value): ValueInfoProto {
  return create(ValueInfoProtoSchema, {
    name,
    type: {
      value: {
        case: "tensorType",
        value: {
          elemType: elementTypes[value.type],
          shape: {
            dim: value.shape.map((length) => ({
              value:
                typeof length === "number"
                  ? { case: "dimValue" as const, value: BigInt(length) }
                  : { case: "dimParam" as const, value: length },
            })),
          },
        },
      },
    },
  });
}

function tensorProto({ value, data }: Constant): TensorProto {
  return create(TensorProtoSchema, {
    name: value.name,
    dataType: elementTypes[value.type],
    dims: value.shape.map((length) => BigInt(length)),
    // Typed arrays are little-endian on every platform that Node and browsers run on, as ONNX wants.
    rawData: new Uint8Array(data.buffer as ArrayBuffer, data.byteOffset, data.byteLength),
  });
}

function attributeProto([name, attribute]: [string, Attribute]): AttributeProto {
  if ("int" in attribute) {
    return create(AttributeProtoSchema, {
      name,
      type: AttributeType.INT,
      i: BigInt(attribute.int),
    });
  }
  if ("ints" in attribute) {
    return create(AttributeProtoSchema, {
      name,
      type: AttributeType.INTS,
      ints: attribute.ints.map(BigInt),
    });
  }
  if ("float" in attribute) {
    return create(AttributeProtoSchema, { name, type: AttributeType.FLOAT, f: attribute.float });
  }
  return create(AttributeProtoSchema, {
    name,
    type: AttributeType.STRING,
    s: new TextEncoder().encode(attribute.string),
  });
}
