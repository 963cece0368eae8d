// A model file, laid out anew for the CPU when it is loaded. The file keeps the plain form, which
// every engine and every reader understands.

import { fromBinary, toBinary } from "@bufbuild/protobuf";
import {
  TensorProto_DataType as ElementType,
  type GraphProto,
  ModelProtoSchema,
  type TensorProto,
} from "onnx-buf";
import { modelMessage } from "../../graph/serialize.js";
import type { NetworkConfig } from "../config.js";
import { inferenceGraph, parameterSpecifications } from "../inference-model.js";
import type { StoredParameters } from "../parameters.js";
import { CpuArrangement } from "./arrangement.js";
import { computeTheSame } from "./same-function.js";

/**
 * The same network as in a model file of this project, arranged for ONNX Runtime's CPU kernels.
 * Results differ by rounding only. Models that were not written in this very form (by other
 * programs, or an earlier version) are returned as they are.
 *
 * @param model serialised ONNX model
 */
export function forCpu(model: Uint8Array): Uint8Array {
  const message = fromBinary(ModelProtoSchema, model);
  const stated = message.metadataProps.find(({ key }) => key === "ltbc.network")?.value;
  if (stated === undefined || !message.graph) return model;
  let config: NetworkConfig;
  let parameters: StoredParameters;
  let plain: GraphProto;
  try {
    config = JSON.parse(stated) as NetworkConfig;
    parameters = storedParameters(config, message.graph);
    plain = modelMessage(inferenceGraph(config, parameters)).graph!;
  } catch {
    // A configuration that this version cannot build, or other parameters than it asks for.
    return model;
  }
  if (!computeTheSame(message.graph, plain, parameters)) return model;
  const arranged = modelMessage(inferenceGraph(config, parameters, new CpuArrangement()));
  return toBinary(ModelProtoSchema, { ...arranged, metadataProps: message.metadataProps });
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
