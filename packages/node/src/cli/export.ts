import { stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { UserError } from "@let-there-be-color/core/user-error";
import { Command, Option } from "commander";
import { writeFileDurably } from "../training/atomic-file.js";
import { type Checkpoint, checkpointPath, readCheckpoint } from "../training/checkpoint.js";
import { exportedModel } from "../training/run/model-export.js";
import { openCheckpoint } from "../training/run-folder.js";
import { numberOption } from "./number-option.js";

interface ExportOptions {
  readonly output?: string;
  readonly precision: "float16" | "float32";
  readonly newest?: boolean;
  readonly workingSize?: number;
  readonly trainingData?: string;
  readonly licence?: string;
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
    .addOption(
      new Option(
        "--working-size <pixels>",
        "short side to colourise at, 16 to 4096, stored in the model (default: that of training)",
      ).argParser(numberOption(16, 4096, true)),
    )
    .option("--training-data <text>", "stored in the model (default: the names of the sources)")
    .option("--licence <text>", "of the weights, stored in the model (default: none stated)")
    .option("--newest", "take the newest checkpoint of the run folder, not the best")
    .action(async (run: string, options: ExportOptions) => {
      const { checkpoint, runFolder } = await chooseCheckpoint(run, options.newest ?? false);
      const path = options.output ?? join(runFolder, "model.onnx");
      const model = exportedModel(checkpoint, options);
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
