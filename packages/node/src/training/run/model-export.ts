import { type InferenceModelOptions, inferenceModel } from "@let-there-be-color/core/network";
import { writeFileDurably } from "../atomic-file.js";
import { checkpointPath, readCheckpoint } from "../checkpoint.js";
import type { EndEvent } from "../events.js";
import type { RunConfiguration } from "./configuration.js";

/**
 * Writes the run's best model (or, before the first validation, its present one) as an ONNX model
 * file for inference. Weights are stored in half precision.
 */
export async function exportBestModel(
  runFolder: string,
  configuration: RunConfiguration,
  end: EndEvent,
  path: string,
): Promise<void> {
  const step = end.best?.step ?? end.step;
  const { state } = await readCheckpoint(checkpointPath(runFolder, step));
  const { network, classes, phases, loss, optimizer } = configuration;
  const validation = end.validations.find((record) => record.step === end.best?.step);
  const options: InferenceModelOptions = {
    precision: "float16",
    classes,
    workingSize: phases.at(-1)?.resize ?? 224,
    metadata: {
      "ltbc.training": JSON.stringify({ step, phases, loss, optimizer, validation }),
    },
  };
  await writeFileDurably(path, inferenceModel(network, state, options));
}
