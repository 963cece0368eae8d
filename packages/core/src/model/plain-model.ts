// A model file of this project, read back.

import { fromBinary } from "@bufbuild/protobuf";
import {
  TensorProto_DataType as ElementType,
  type GraphProto,
  type ModelProto,
  ModelProtoSchema,
  type TensorProto,
} from "onnx-buf";
import { modelMessage } from "../graph/serialize.js";
import type { NetworkConfig } from "../network/config.js";
import { parameterSpecifications } from "../network/parameter-list.js";
import type { StoredParameters } from "../network/parameters.js";
import { inferenceGraph } from "./inference-model.js";
import { computeTheSame } from "./same-function.js";

/** What a model file holds. */
export interface PlainModel {
  readonly config: NetworkConfig;
  readonly parameters: StoredParameters;
  readonly metadata: ModelProto["metadataProps"];
}

/**
 * Reads the network and its parameters out of a model file, if the file's graph does exactly what
 * `inferenceModel` of this version writes; undefined for any other model.
 *
 * @param model serialised ONNX model
 */
export function readPlainModel(model: Uint8Array): PlainModel | undefined {
  const { graph, metadataProps: metadata } = fromBinary(ModelProtoSchema, model);
  const stated = metadata.find(({ key }) => key === "ltbc.network")?.value;
  if (stated === undefined || !graph) return undefined;
  try {
    const config = JSON.parse(stated) as NetworkConfig;
    const parameters = storedParameters(config, graph);
    const plain = modelMessage(inferenceGraph(config, parameters)).graph!;
    return computeTheSame(graph, plain, parameters) ? { config, parameters, metadata } : undefined;
  } catch {
    // A configuration that this version cannot build, or other parameters than it asks for.
    return undefined;
  }
}

function storedParameters(config: NetworkConfig, graph: GraphProto): StoredParameters {
  const names = new Set(parameterSpecifications(config).map(({ name }) => name));
  return new Map(
    graph.initializer.flatMap((tensor) => {
      const data = names.has(tensor.name) ? elements(tensor) : undefined;
      return data ? [[tensor.name, { shape: tensor.dims.map(Number), data }] as const] : [];
    }),
  );
}

function elements({ dataType, rawData }: TensorProto): Float32Array | Uint16Array | undefined {
  if (dataType !== ElementType.FLOAT && dataType !== ElementType.FLOAT16) return undefined;
  // Typed arrays begin at multiples of their elements' size; tensors in a file begin anywhere.
  const { buffer } = new Uint8Array(rawData);
  return dataType === ElementType.FLOAT ? new Float32Array(buffer) : new Uint16Array(buffer);
}
