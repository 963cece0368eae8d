// A model file, laid out anew for the CPU when it is loaded. The file keeps the plain form, which
// every engine and every reader understands.

import { create, toBinary } from "@bufbuild/protobuf";
import { ModelProtoSchema } from "onnx-buf";
import { modelMessage } from "../../../graph/serialize.js";
import { foldNormalization, isNormalized } from "../../../model/folding.js";
import { inferenceGraph } from "../../../model/inference-model.js";
import { readPlainModel } from "../../../model/plain-model.js";
import { inSinglePrecision } from "../../parameters.js";
import { CpuArrangement } from "./arrangement.js";

/**
 * The same network as in a model file of this project, arranged for ONNX Runtime's CPU kernels.
 * Results differ by rounding only. Models that were not written in this very form (by other
 * programs, by an earlier version, quantised ones) are returned as they are.
 *
 * @param model serialised ONNX model
 */
export function forCpu(model: Uint8Array): Uint8Array {
  const plain = readPlainModel(model);
  if (!plain) return model;
  let { config, parameters } = plain;
  if (isNormalized(config)) {
    ({ config, values: parameters } = foldNormalization(config, inSinglePrecision(parameters)));
  }
  const arranged = modelMessage(inferenceGraph(config, parameters, new CpuArrangement()));
  return toBinary(
    ModelProtoSchema,
    create(ModelProtoSchema, { ...arranged, metadataProps: plain.metadata }),
  );
}
