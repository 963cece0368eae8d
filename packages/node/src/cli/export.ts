import { stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { inferenceModel } from "@let-there-be-color/core/network";
import { UserError } from "@let-there-be-color/core/user-error";
import { Command, Option } from "commander";
import { writeFileDurably } from "../training/atomic-file.js";
import { type Checkpoint, checkpointPath, readCheckpoint } from "../training/checkpoint.js";
import type { RunConfiguration } from "../training/run/configuration.js";
import { openCheckpoint } from "../training/run-folder.js";

interface ExportOptions {
  readonly output?: string;
  readonly precision: "float16" | "float32";
  readonly newest?: boolean;
}

/** `ltbc export`. Throws UserErrors for the caller to print. */
export function exportCommand(): Command {
  return new Command("export")
    .description("write the model of a training run as an .onnx file that ltbc colourises with")
    .argument("<run>", "run folder (its best model), or one checkpoint of it")
    .option("-o, --output <file.onnx>", "model file (default: model.onnx in the run folder)")
    .addOption(
      new Option("--precision <type>", "how the weights are stored")
        .choices(["float16", "float32"])
        .default("float16"),
    )
    .option("--newest", "take the newest checkpoint of the run folder, not the best")
    .action(async (run: string, options: ExportOptions) => {
      const { checkpoint, runFolder } = await chooseCheckpoint(run, options.newest ?? false);
      const path = options.output ?? join(runFolder, "model.onnx");
      const model = modelOf(checkpoint, options.precision);
      await writeFileDurably(path, model).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== "ENOENT") throw error;
        throw new UserError(`There is no folder ${dirname(path)} to write the model to.`);
      });
      const { step } = checkpoint.progress;
      process.stdout.write(`${path}: the model of step ${step} of ${runFolder}\n`);
    });
}

async function chooseCheckpoint(
  path: string,
  newest: boolean,
): Promise<{ checkpoint: Checkpoint; runFolder: string }> {
  const { checkpoint, runFolder } = await openCheckpoint(path);
  const { best, step } = checkpoint.progress;
  const wholeRun = await stat(path).then((found) => found.isDirectory());
  if (newest || !wholeRun || !best || best.step === step) return { checkpoint, runFolder };
  return { checkpoint: await readCheckpoint(checkpointPath(runFolder, best.step)), runFolder };
}

function modelOf(
  { path, progress, state }: Checkpoint,
  precision: "float16" | "float32",
): Uint8Array {
  const configuration = progress.configuration as RunConfiguration | null;
  if (!configuration?.network) {
    throw new UserError(
      `${path} was not written by ltbc train: it does not say which network it belongs to.`,
    );
  }
  const { network, classes, phases, loss, optimizer } = configuration;
  // The best checkpoint is saved right after its own validation.
  const validation = progress.validations.find((record) => record.step === progress.step);
  return inferenceModel(network, state, {
    precision,
    classes,
    workingSize: phases.at(-1)?.resize ?? 224,
    metadata: {
      "ltbc.training": JSON.stringify({ step: progress.step, phases, loss, optimizer, validation }),
    },
  });
}
