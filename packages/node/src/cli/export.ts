import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { checkReadOuts, type ReadOuts } from "@let-there-be-color/core/objective";
import { UserError } from "@let-there-be-color/core/user-error";
import { Command, Option } from "commander";
import { openDataset } from "../dataset/index.js";
import { flushFolder } from "../files/atomic-file.js";
import { assertWritable, writeWhole } from "../files/output-file.js";
import { prepareOutputFolder } from "../files/output-folder.js";
import { modelOfRun } from "../training/run/model-export.js";
import { runFolderOf } from "../training/run-folder.js";
import { numberOption } from "./number-option.js";
import { type Streams, streamsOf } from "./streams.js";

interface ExportOptions {
  readonly output?: string;
  readonly overwrite?: boolean;
  readonly precision: "float16" | "float32";
  readonly newest?: boolean;
  readonly workingSize?: number;
  readonly trainingData?: string;
  readonly licence?: string;
  readonly readOuts?: string;
  readonly int8?: boolean;
  readonly calibration?: string[];
  readonly calibrationPictures?: number;
}

/** `ltbc export`. Throws UserErrors for the caller to print. */
export function exportCommand(streams: Streams = streamsOf(process)): Command {
  return new Command("export")
    .description("write the model of a training run as an .onnx file that ltbc colourises with")
    .argument(
      "<run>",
      "run folder (its best model), one checkpoint of it, or a model file to quantise",
    )
    .option(
      "-o, --output <file.onnx>",
      "model file (default: model.onnx in the run folder; -int8 behind the name for --int8)",
    )
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
    .option(
      "--read-outs <file.json>",
      "how faithful, natural and vivid are taken from distributions over colours, stored in the model (default: those of training)",
    )
    .option("--overwrite", "replace an existing file (never the model that is quantised)")
    .option("--newest", "take the newest checkpoint of the run folder, not the best")
    .option(
      "--int8",
      "compute in 8 bits: about half the time on CPUs with AVX-512 VNNI and half the size; check the quality by ltbc evaluate --compare",
    )
    .option(
      "--calibration <paths...>",
      "folders or zips of photographs that show --int8 which values occur",
    )
    .option(
      "--calibration-pictures <n>",
      "how many of them to use at most (default: 200)",
      numberOption(16, 100_000, true),
    )
    .action((source: string, options: ExportOptions) => exportModel(source, options, streams));
}

async function exportModel(
  source: string,
  options: ExportOptions,
  { stdout, stderr }: Streams,
): Promise<void> {
  const { int8 = false, calibration } = options;
  if (int8 !== (calibration !== undefined)) {
    throw new UserError(
      "option-invalid",
      int8
        ? "--int8 needs photographs to see which values occur: add --calibration <folder or zip>."
        : "--calibration is for --int8 only.",
    );
  }
  if (isModelFile(source) && !int8) {
    throw new UserError(
      "option-invalid",
      `${source} is a model already; ltbc export takes it with --int8 only, to quantise it.`,
    );
  }
  const path = options.output ?? (await usualOutput(source, int8));
  // A run's own model.onnx is written by training, too.
  const isOfRun = options.output === undefined && !int8;
  const overwrite = options.overwrite || isOfRun;
  await assertModelOutput(path, source, overwrite);
  const { model, description } = await sourceModel(source, options);
  let bytes = model;
  if (calibration) {
    const { quantizeModel } = await import("../quantization/quantize.js");
    const photographs = await openDataset(
      calibration.map((each) => ({ path: each, labelled: false })),
    );
    const limit = options.calibrationPictures;
    bytes = await quantizeModel(
      model,
      { photographs, ...(limit === undefined ? {} : { limit }) },
      {
        onProgress: (progress) => {
          if (progress.type !== "unreadable") return;
          stderr.line(`left out: ${progress.name}: ${progress.reason}`);
        },
      },
    );
  }
  await writeWhole(path, bytes, { overwrite });
  await flushFolder(dirname(path));
  stdout.line(`${path}: ${description}${int8 ? " in 8 bits" : ""}`);
}

/** Where a model is written if nothing is said. */
async function usualOutput(source: string, int8: boolean): Promise<string> {
  const plain = isModelFile(source) ? source : join(await runFolderOf(source), "model.onnx");
  return int8 ? plain.replace(/\.onnx$/, "-int8.onnx") : plain;
}

/**
 * Before the work: whether its result may be written.
 *
 * @throws UserError if it may not
 */
async function assertModelOutput(path: string, source: string, overwrite: boolean): Promise<void> {
  if (!isModelFile(path)) {
    throw new UserError(
      "option-invalid",
      `Expected the name of a model, ending in .onnx, as \`output\` but received ${path}.`,
    );
  }
  const input = isModelFile(source) ? source : undefined;
  await assertWritable(path, { input, overwrite });
  await prepareOutputFolder(dirname(path));
}

function isModelFile(path: string): boolean {
  return path.endsWith(".onnx");
}

interface SourceModel {
  readonly model: Uint8Array;
  readonly description: string;
}

async function sourceModel(source: string, options: ExportOptions): Promise<SourceModel> {
  if (!isModelFile(source)) {
    const { readOuts: file, ...others } = options;
    const readOuts = file === undefined ? {} : { readOuts: await readReadOuts(file) };
    const { model, runFolder, step } = await modelOfRun(source, { ...others, ...readOuts });
    return { model, description: `the model of step ${step} of ${runFolder}` };
  }
  const model = await readFile(source).catch((error: NodeJS.ErrnoException) => {
    throw new UserError(
      "input-missing",
      `The model ${source} cannot be read (${error.code}); check the path.`,
      { cause: error },
    );
  });
  return { model, description: `the model of ${source}` };
}

/** @throws UserError if the file is missing or does not hold the three read-outs */
async function readReadOuts(path: string): Promise<ReadOuts> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(path, "utf8"));
  } catch (error) {
    throw new UserError(
      "option-invalid",
      `Expected a JSON file with the read-outs faithful, natural and vivid: ${(error as Error).message}.`,
      { cause: error },
    );
  }
  return checkReadOuts(value);
}
