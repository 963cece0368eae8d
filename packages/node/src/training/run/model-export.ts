import { stat } from "node:fs/promises";
import { basename } from "node:path";
import {
  DEFAULT_WORKING_SIZE,
  inferenceModel,
  SMALLEST_WORKING_SIZE,
} from "@let-there-be-color/core/model";
import type { NetworkConfig } from "@let-there-be-color/core/network";
import type { ReadOuts } from "@let-there-be-color/core/objective";
import { averagedParameters } from "@let-there-be-color/core/training";
import { UserError } from "@let-there-be-color/core/user-error";
import { type Checkpoint, checkpointPath, readCheckpoint } from "../checkpoint.js";
import { recordedConfiguration } from "../earlier-formats.js";
import { writtenRecord } from "../journal.js";
import { openCheckpoint } from "../run-folder.js";

export interface ModelExportOptions {
  /** How the weights are stored. Default "float16". */
  readonly precision?: "float16" | "float32";
  /** Short side in pixels to colourise at. Default: what the last phase scaled its pictures to. */
  readonly workingSize?: number;
  /** Says what the model was trained on; the names of the data sources, if left out. */
  readonly trainingData?: string;
  /** Licence of the weights; not stated, if left out. */
  readonly licence?: string;
  /** For networks that predict distributions over colours; those of training, if left out. */
  readonly readOuts?: ReadOuts;
}

/**
 * A checkpoint as an ONNX model file for inference: the network with its weights, and in
 * `metadata_props` class names, working size, how it was trained and on what.
 * @throws UserError if the checkpoint does not say which network it belongs to
 */
export function exportedModel(
  { path, progress, state }: Checkpoint,
  options: ModelExportOptions = {},
): Uint8Array {
  const configuration = recordedConfiguration(progress);
  if (!configuration) {
    throw new UserError(
      "checkpoint-invalid",
      `${path} was not written by a training run on pictures: it does not say which network it belongs to.`,
    );
  }
  const { network, classes, phases, objective, optimizer, movingAverage, data, encoderOrigin } =
    configuration;
  const { step } = progress;
  // The best checkpoint is saved right after its own validation.
  const validation = progress.validations.find((record) => record.step === step);
  const sources = [...(data?.sources ?? []), ...(data?.unlabelled ?? [])];
  const {
    precision = "float16",
    workingSize = Math.max(phases.at(-1)?.resize ?? DEFAULT_WORKING_SIZE, SMALLEST_WORKING_SIZE),
    trainingData = sources.map((each) => basename(each)).join(", "),
  } = options;
  const training = {
    ...{ step, phases, objective, optimizer },
    ...(movingAverage > 0 ? { movingAverage } : {}),
    ...(validation ? { validation: writtenRecord(validation) } : {}),
  };
  return inferenceModel(withReadOuts(network, options.readOuts), averagedParameters(state), {
    precision,
    classes,
    workingSize,
    metadata: {
      "ltbc.training": JSON.stringify(training),
      "ltbc.trainingData": trainingData,
      ...(encoderOrigin ? { "ltbc.encoderWeights": JSON.stringify(encoderOrigin) } : {}),
      ...(options.licence === undefined ? {} : { "ltbc.licence": options.licence }),
    },
  });
}

function withReadOuts(network: NetworkConfig, readOuts: ReadOuts | undefined): NetworkConfig {
  if (!readOuts) return network;
  const { head, name } = network;
  if (head.type !== "quantized") {
    throw new UserError(
      "option-invalid",
      `Read-outs are for networks that predict distributions over colours, and ${name} predicts one colour; leave them out.`,
    );
  }
  return { ...network, head: { ...head, readOuts } };
}

/** A model taken out of a run. */
export interface RunModel {
  /** Bytes of the ONNX file. */
  readonly model: Uint8Array;
  readonly runFolder: string;
  /** Step of its checkpoint. */
  readonly step: number;
}

/**
 * The best model of a training run, or of one checkpoint, as an ONNX file.
 *
 * @param path a run folder or one checkpoint of it
 * @param options `newest` takes the newest checkpoint of the folder in place of the best
 * @throws UserError if there is no usable checkpoint
 */
export async function modelOfRun(
  path: string,
  { newest = false, ...options }: ModelExportOptions & { readonly newest?: boolean } = {},
): Promise<RunModel> {
  const { checkpoint, runFolder } = await openCheckpoint(path);
  const { best, step } = checkpoint.progress;
  const wholeRun = await stat(path).then((found) => found.isDirectory());
  const chosen =
    newest || !wholeRun || !best || best.step === step
      ? checkpoint
      : await readCheckpoint(checkpointPath(runFolder, best.step));
  return { model: exportedModel(chosen, options), runFolder, step: chosen.progress.step };
}
