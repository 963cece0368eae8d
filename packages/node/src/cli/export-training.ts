import { networkPreset, type PresetName, presetNames } from "@let-there-be-color/core/network";
import { Argument, Command, InvalidArgumentError, Option } from "commander";
import { readClassList } from "../dataset/index.js";
import type { TrainingChoices } from "../training/run/configuration.js";
import { readEncoderWeights } from "../training/run/encoder-weights.js";
import { readNetworkFile } from "../training/run/network-file.js";
import { writeTrainingExport } from "../training/training-export.js";
import { wholeNumber } from "./number-option.js";
import { type Streams, streamsOf } from "./streams.js";
import { trainCommand } from "./train.js";

/** Options of `ltbc train` that mean the same here. */
const sharedOptions: ReadonlySet<string> = new Set([
  "minimumChroma",
  "network",
  "alpha",
  "reduction",
  "neighbours",
  "rebalancing",
  "encoderWeights",
  "encoderStatistics",
  "epochs",
  "batch",
  "crop",
  "resize",
  "views",
  "augmentation",
  "hints",
  "phases",
  "optimizer",
  "learningRate",
  "warmup",
  "schedule",
  "weightDecay",
  "clipNorm",
  "freeze",
  "learningRateFactor",
  "movingAverage",
  "patience",
  "seed",
]);

interface ExportTrainingOptions extends Omit<TrainingChoices, "preset" | "network"> {
  readonly output: string;
  readonly overwrite?: boolean;
  readonly network?: string;
  readonly encoderWeights?: string;
  readonly pictures?: readonly string[];
  readonly classes?: string;
  readonly classCount?: number;
}

/** `ltbc export-training`. Throws UserErrors for the caller to print. */
export function exportTrainingCommand(streams: Streams = streamsOf(process)): Command {
  const command = new Command("export-training")
    .description(
      "write a network with its starting weights, loss, optimizer and schedule for training on a cluster (docs/cluster.md)",
    )
    .addArgument(new Argument("<preset>", "network").choices(presetNames))
    .requiredOption(
      "-o, --output <file.onnx>",
      "the training graph; that of the evaluation and a JSON with all choices are written beside it",
    )
    .option("--overwrite", "replace existing files")
    .addOption(
      new Option("--classes <file>", "file with a class name per line, in label order").conflicts(
        "classCount",
      ),
    )
    .addOption(
      new Option(
        "--class-count <n>",
        `number of classes of the data set, 0 for none (default: ${presetNames.map((name) => `${name} ${networkPreset(name).classes}`).join(", ")})`,
      ).argParser(classCount),
    );
  command.addOption(
    new Option(
      "--pictures <sources...>",
      "folders or zips that a network which starts from what pictures show (mobilenet) looks at: the pictures of the run",
    ),
  );
  for (const option of trainCommand().options) {
    if (sharedOptions.has(option.attributeName())) command.addOption(option);
  }
  return command.action(async (preset: PresetName, options: ExportTrainingOptions) => {
    const {
      output,
      overwrite = false,
      network: networkFile,
      encoderWeights,
      pictures,
      ...others
    } = options;
    const { classes: classFile, classCount, ...choices } = others;
    const network = networkFile === undefined ? {} : await readNetworkFile(networkFile, preset);
    const encoder =
      encoderWeights === undefined
        ? undefined
        : await readEncoderWeights(encoderWeights, networkPreset(preset, network));
    const classes =
      classFile === undefined
        ? (classCount ?? networkPreset(preset).classes)
        : await readClassList(classFile);
    const written = await writeTrainingExport(output, {
      choices: { ...choices, preset, network },
      classes,
      overwrite,
      inputs: [networkFile, classFile, encoderWeights].filter((file) => file !== undefined),
      ...(encoder ? { encoder } : {}),
      ...(pictures ? { pictures } : {}),
    });
    for (const path of written) streams.stdout.line(path);
  });
}

function classCount(text: string): number {
  const count = wholeNumber(text);
  if (count !== 1) return count;
  throw new InvalidArgumentError("Expected 0, or 2 or more.");
}
