import { optimizerDefaults } from "@let-there-be-color/core/graph";
import { type PresetName, presetNames } from "@let-there-be-color/core/network";
import type { ParameterGroup } from "@let-there-be-color/core/objective";
import { augmentationNames } from "@let-there-be-color/core/training";
import { Command, Option } from "commander";
import { readClassList, usualMinimumChroma } from "../dataset/index.js";
import { MOST_THREADS } from "../runtime/most-threads.js";
import { writtenRecord } from "../training/journal.js";
import { ProgressReporter } from "../training/progress.js";
import { readNetworkFile } from "../training/run/network-file.js";
import { presetDefaults, usualLearningRates } from "../training/run/preset-defaults.js";
import { closingLines, startUpLines } from "../training/run/summary.js";
import {
  type TrainedRun,
  type TrainOnPicturesOptions,
  trainOnPictures,
} from "../training/train-on-pictures.js";
import { Interruption } from "./interruption.js";
import {
  fraction,
  movingAverageDecay,
  nonNegativeNumber,
  numberOption,
  positiveInteger,
  positiveNumber,
  seedNumber,
  share,
  wholeNumber,
} from "./number-option.js";
import {
  parseAugmentation,
  parseLearningRateFactor,
  parsePhases,
  parseSchedule,
  parseViews,
} from "./option-values.js";
import { type Streams, streamsOf } from "./streams.js";

/** As the options of the library, but for files in place of their content, and MiB. */
interface TrainCommandOptions
  extends Omit<
    TrainOnPicturesOptions,
    "data" | "runFolder" | "network" | "classes" | "cacheBytes" | "validation"
  > {
  readonly output?: string;
  readonly network?: string;
  readonly classes?: string;
  readonly validation?: string[];
  readonly cache?: number;
  readonly json?: boolean;
}

/** `ltbc train`. Throws UserErrors for the caller to print. */
export function trainCommand(streams: Streams = streamsOf(process)): Command {
  const command = new Command("train")
    .description("train a colourisation network on your own pictures")
    .argument(
      "[dataset...]",
      "folders or zips with a folder of pictures per class (not needed with --resume)",
    );
  const paper = presetDefaults;
  const perPreset = (pick: (defaults: (typeof presetDefaults)[PresetName]) => unknown) =>
    presetNames.map((name) => `${name} ${pick(paper[name])}`).join(", ");
  const add = <T>(flags: string, description: string, parse?: (text: string) => T) => {
    const option = new Option(flags, description);
    if (parse) option.argParser(parse);
    command.addOption(option);
  };
  const choose = (flags: string, description: string, choices: readonly string[]) =>
    command.addOption(new Option(flags, description).choices(choices));

  command.optionsGroup("Data:");
  add("--validation <sources...>", "folders or zips to validate on, with the same classes");
  add(
    "--validation-fraction <share>",
    "share of the pictures to validate on if --validation is not given, 0 to 1 (default: 0.05)",
    fraction,
  );
  add("--unlabelled <sources...>", "more folders or zips, trained on without classes");
  add("--classes <file>", "file with a class name per line, in label order (default: as found)");
  add("--list <file>", "file with a line 'path label' per picture of the data set, as Places365's");
  add("--validation-list <file>", "the same for the pictures of --validation");
  add(
    "--categories <file>",
    "class names of the list's labels (default: the file beside the list)",
  );
  add(
    "--minimum-chroma <chroma>",
    `leave out pictures with less mean chroma, CIELAB units, 0 or more (default: ${usualMinimumChroma})`,
    nonNegativeNumber,
  );
  command.optionsGroup("Network and loss:");
  choose("--preset <name>", "network (default: compact)", presetNames);
  add("--network <file>", "JSON with options that replace the preset's, such as widths or skips");
  add(
    "--encoder-weights <file>",
    "safetensors file that the encoder of the preset mobilenet starts from (default: from the seed)",
  );
  add(
    "--encoder-statistics <batches>",
    "batches to estimate the encoder's normalisation from before training, 0 or more (default: 60 if it is frozen, else 0)",
    wholeNumber,
  );
  add(
    "--alpha <weight>",
    `weight of the class loss, 0 or more (default: ${perPreset(({ alpha }) => Number(alpha.toPrecision(3)))})`,
    nonNegativeNumber,
  );
  choose("--reduction <kind>", "colour loss over a picture's pixels (default: mean)", [
    "mean",
    "sum",
  ]);
  add(
    "--neighbours <n>",
    "colours that share a target where colours are classes: 1 for the nearest alone (default: 5)",
    positiveInteger,
  );
  add(
    "--rebalancing <share>",
    "how much rare colours count more where colours are classes, 0 to 1 (default: 0)",
    share,
  );
  command.optionsGroup("Course of training:");
  add(
    "--epochs <n>",
    `passes over the pictures, 1 or more (default: ${perPreset(({ epochs }) => epochs)})`,
    positiveInteger,
  );
  add(
    "--batch <n>",
    `pictures in a step, 1 or more (default: ${perPreset(({ batch }) => batch)})`,
    positiveInteger,
  );
  add(
    "--crop <pixels>",
    `side of the training crops, a multiple of 8, with a backbone of 32 (default: ${perPreset(({ crop }) => crop)})`,
    positiveInteger,
  );
  add(
    "--resize <pixels>",
    "short side that pictures are scaled to before cropping to the largest crop (default: crop x 256 / 224)",
    positiveInteger,
  );
  add(
    "--views <least-most>",
    "shares of a picture's short side that crops show, such as 0.5-1 (default: the mobilenets 0.5-1, else crops of one size)",
    parseViews,
  );
  add(
    "--augmentation <list>",
    `shares of the pictures that are changed, such as emulsion=0.4,grain=0.2, or none; of ${augmentationNames.join(", ")} (default: none but for the mobilenets)`,
    parseAugmentation,
  );
  add(
    "--hints <share>",
    "share of the pictures that hints of their colours are given for, where the network takes hints, 0 to 1 (default: 0.3)",
    share,
  );
  add(
    "--phases <list>",
    "progressive resizing: crop x epochs, optionally @batch, such as 64x4@64,128x2",
    parsePhases,
  );
  choose("--optimizer <name>", `(default: ${perPreset(({ optimizer }) => optimizer)})`, [
    "adam",
    "adamw",
    "sgd",
    "adadelta",
  ]);
  add(
    "--learning-rate <rate>",
    `after the warm-up, more than 0 (default: ${perPreset(({ learningRate }) => learningRate)}; sgd ${usualLearningRates.sgd}, adadelta ${usualLearningRates.adadelta})`,
    positiveNumber,
  );
  add(
    "--warmup <steps>",
    `steps of rising learning rate, 0 or more (default: ${perPreset(({ warmup }) => warmup)}, at most a tenth of the run)`,
    wholeNumber,
  );
  add(
    "--schedule <decay>",
    `constant, cosine, or step:<epochs>x<factor> (default: ${perPreset(({ schedule }) => schedule)})`,
    parseSchedule,
  );
  add(
    "--weight-decay <rate>",
    `0 or more (default: 0; adamw ${optimizerDefaults.adamw.weightDecay})`,
    nonNegativeNumber,
  );
  add(
    "--clip-norm <norm>",
    `largest gradient norm, 0 for no limit (default: ${perPreset(({ clipNorm }) => clipNorm)})`,
    nonNegativeNumber,
  );
  add(
    "--freeze <patterns...>",
    "parameters that stay as they are, such as low_level or 'encoder.*': beginnings of names, * for any characters (default: none)",
  );
  command.addOption(
    new Option(
      "--learning-rate-factor <pattern=factor...>",
      "factor of the learning rate of parts of the network, 0 or more, such as 'encoder.*=0.1' (default: 1; with --encoder-weights 0.03 for the encoder, 0 for its depthwise layers)",
    ).argParser((text: string, before: readonly ParameterGroup[] = []) => [
      ...before,
      parseLearningRateFactor(text),
    ]),
  );
  add(
    "--moving-average <decay>",
    "validate and export an exponential moving average of the weights; 0 for none, below 1, such as 0.999 (default: 0)",
    movingAverageDecay,
  );
  add(
    "--patience <epochs>",
    "end a phase after so many epochs without a better validation, 0 for never (default: 0)",
    wholeNumber,
  );
  add("--seed <n>", "of all random choices, 0 to 4294967295 (default: 0)", seedNumber);
  command.optionsGroup("Run:");
  add("-o, --output <folder>", "new folder for the run (default: runs/<preset>-<date>)");
  add(
    "--resume <run>",
    "continue a run folder, or one checkpoint of it (its later checkpoints are then deleted)",
  );
  add(
    "--max-minutes <minutes>",
    "save and stop after so long, more than 0 (default: no limit)",
    positiveNumber,
  );
  add(
    "--checkpoint-minutes <minutes>",
    "time between checkpoints within an epoch, more than 0 (default: 10)",
    positiveNumber,
  );
  choose("--device <name>", "(default: cpu)", ["cpu", "webgpu", "cuda"]);
  add(
    "--threads <n>",
    `CPU threads of the network, 1 to ${MOST_THREADS} here (default: all cores)`,
    numberOption(1, MOST_THREADS, true),
  );
  add(
    "--workers <n>",
    "threads that decode pictures, 1 to 256 (default: a quarter of the cores)",
    positiveInteger,
  );
  add(
    "--cache <MiB>",
    "memory for decoded pictures, which later epochs need not decode again; 0 for none (default: a quarter of what is available, at most 4096)",
    wholeNumber,
  );
  add("--json", "print one JSON line at the end; progress goes to stderr");
  return command.action((sources: string[], options: TrainCommandOptions) =>
    runTraining(sources, options, streams),
  );
}

async function runTraining(
  sources: string[],
  options: TrainCommandOptions,
  { stdout, stderr }: Streams,
): Promise<void> {
  const { output, network: networkFile, classes: classFile, cache, json, ...choices } = options;
  const { preset = "compact" } = choices;
  const reporter = new ProgressReporter(json ? stderr : stdout);
  const interruption = new Interruption(() =>
    reporter.line("Stopping after this step. Press Ctrl-C again to end without saving."),
  );
  let run: TrainedRun;
  try {
    run = await trainOnPictures(
      {
        ...choices,
        data: sources,
        ...(networkFile && { network: await readNetworkFile(networkFile, preset) }),
        ...(classFile && { classes: await readClassList(classFile) }),
        ...(output && { runFolder: output }),
        ...(cache !== undefined && { cacheBytes: cache * 2 ** 20 }),
      },
      {
        signal: interruption.signal,
        onProgress: (event) => {
          if (event.type === "prepared") {
            for (const line of startUpLines(event)) reporter.line(line);
            // Before, there is nothing to save: signals end the process.
            interruption.listen();
          } else if (event.type !== "opening") reporter.show(event);
        },
      },
    );
  } finally {
    interruption.release();
  }
  for (const line of closingLines(run)) reporter.line(line);
  if (run.reason === "interrupted") process.exitCode = interruption.exitCode;
  if (!json) return;
  stdout.line(resultLine(run));
  await stdout.flushed();
}

function resultLine(run: TrainedRun): string {
  const { totalSteps: _, configuration: __, skipped, validations, ...result } = run;
  const broken = [...skipped.broken].map(([name, reason]) => ({ name, reason }));
  return JSON.stringify({
    ...result,
    validations: validations.map(writtenRecord),
    skipped: { broken, grey: skipped.grey.size },
  });
}
