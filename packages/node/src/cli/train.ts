import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type Device, optimizerDefaults } from "@let-there-be-color/core/graph";
import { type PresetName, presetNames } from "@let-there-be-color/core/network";
import { objectiveOf, type ParameterGroup } from "@let-there-be-color/core/objective";
import { augmentationNames, createTrainableNetwork } from "@let-there-be-color/core/training";
import { Command, Option } from "commander";
import { env } from "onnxruntime-node";
import { usualMinimumChroma } from "../dataset/index.js";
import { writeFileDurably } from "../files/atomic-file.js";
import { createRuntime } from "../runtime/onnx-runtime.js";
import { checkpointPath, readCheckpoint } from "../training/checkpoint.js";
import type { EndEvent } from "../training/events.js";
import { writtenRecord } from "../training/journal.js";
import { ProgressReporter } from "../training/progress.js";
import { planOf } from "../training/run/configuration.js";
import { RunData } from "../training/run/data.js";
import { exportedModel } from "../training/run/model-export.js";
import { prepareNewRun, prepareResumedRun, type RunOptions } from "../training/run/prepare.js";
import { presetDefaults, usualLearningRates } from "../training/run/preset-defaults.js";
import { startingState } from "../training/run/starting-state.js";
import { closingLines, startUpLines } from "../training/run/summary.js";
import { train } from "../training/trainer.js";
import {
  fraction,
  movingAverageDecay,
  nonNegativeNumber,
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

interface TrainCommandOptions extends RunOptions {
  readonly resume?: string;
  readonly device?: Exclude<Device, "wasm">;
  readonly threads?: number;
  readonly workers?: number;
  readonly cache?: number;
  readonly maxMinutes?: number;
  readonly checkpointMinutes?: number;
  readonly json?: boolean;
}

/** `ltbc train`. Throws UserErrors for the caller to print. */
export function trainCommand(): Command {
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
    "shares of a picture's short side that crops show, such as 0.5-1 (default: mobilenet 0.5-1, else crops of one size)",
    parseViews,
  );
  add(
    "--augmentation <list>",
    `shares of the pictures that are changed, such as emulsion=0.4,grain=0.2, or none; of ${augmentationNames.join(", ")} (default: none but for mobilenet)`,
    parseAugmentation,
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
    "CPU threads of the network, 1 or more (default: all cores)",
    positiveInteger,
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
  return command.action(async (sources: string[], options: TrainCommandOptions) => {
    checkUsage(command, sources, options);
    await runTraining(sources, options);
  });
}

function checkUsage(command: Command, sources: string[], options: TrainCommandOptions): void {
  const refuse = (message: string) => command.error(`error: ${message}`, { exitCode: 2 });
  const { resume, output, classes, network, encoderWeights } = options;
  const { validation = [], validationFraction } = options;
  if (!resume && sources.length === 0) {
    refuse(
      "Expected a data set (a folder or zip with a folder of pictures per class) or --resume.",
    );
  }
  if (resume && output) refuse("--resume continues in its own run folder: leave out --output.");
  if (resume && network) refuse("--resume keeps the network of its run: leave out --network.");
  if (resume && encoderWeights) {
    refuse("--resume keeps the weights of its run: leave out --encoder-weights.");
  }
  if (resume && classes) refuse("--resume keeps the classes of its run: leave out --classes.");
  if (resume && validationFraction !== undefined) {
    refuse("--resume keeps the validation set of its run: leave out --validation-fraction.");
  }
  if (validation.length > 0 && validationFraction !== undefined) {
    refuse("Give either --validation or --validation-fraction.");
  }
  if (options.list && sources.length !== 1) refuse("--list belongs to exactly one data set.");
  if (options.validationList && validation.length !== 1) {
    refuse("--validation-list belongs to exactly one source of --validation.");
  }
}

async function runTraining(sources: string[], options: TrainCommandOptions): Promise<void> {
  const {
    device = "cpu",
    threads,
    workers,
    cache,
    checkpointMinutes = 10,
    maxMinutes,
    json,
  } = options;
  const prepared = options.resume
    ? await prepareResumedRun(options.resume, sources, options)
    : await prepareNewRun(sources, options);
  const { runFolder, configuration, datasets } = prepared;
  const plan = planOf(configuration, datasets.training.items.length);
  const runtime = await createRuntime({ device, ...(threads === undefined ? {} : { threads }) });
  const data = new RunData(datasets, configuration, {
    workers,
    cacheBytes: cache === undefined ? undefined : cache * 2 ** 20,
  });
  const reporter = new ProgressReporter(json ? process.stderr : process.stdout);
  const place = { device, threads: runtime.threads, runFolder, checkpointMinutes };
  for (const remark of prepared.remarks) reporter.line(remark);
  for (const line of startUpLines(configuration, plan, datasets, place)) reporter.line(line);

  const stop = stopOnSignals(reporter);
  const { network, optimizer, clipNorm, parameterGroups, movingAverage, seed, patience } =
    configuration;
  const objective = objectiveOf(configuration.objective, network);
  let end: EndEvent | undefined;
  try {
    const events = train({
      runFolder,
      phases: plan,
      openData: (phase) => data.openPhase(phase),
      createNetwork: async (phase, state) => {
        const { crop, batchSize } = phase;
        const size = { batchSize, height: crop, width: crop };
        const choices = {
          ...{ network, objective: configuration.objective, optimizer, clipNorm, seed },
          ...{ parameterGroups, movingAverage },
          ...(configuration.augmentation ? { augmentation: configuration.augmentation } : {}),
        };
        const start =
          state ?? (await startingState(runtime, configuration, prepared.given, phase, data));
        return createTrainableNetwork(runtime, { ...choices, ...size }, start);
      },
      learningRate: configuration.learningRate,
      objective,
      seed,
      patience,
      checkpointMinutes,
      signal: stop.signal,
      versions: await versions(),
      configuration,
      ...(maxMinutes === undefined ? {} : { maxMinutes }),
      ...(prepared.resume ? { resume: prepared.resume } : {}),
    });
    for await (const event of events) {
      reporter.show(event);
      if (event.type === "end") end = event;
    }
  } finally {
    stop.release();
  }
  if (!end) throw new Error("Training ended without its last event");
  const modelPath = join(runFolder, "model.onnx");
  const exported = await readCheckpoint(checkpointPath(runFolder, end.best?.step ?? end.step));
  await writeFileDurably(modelPath, exportedModel(exported));
  for (const line of closingLines(end, data.skipped, objective, { runFolder, modelPath }))
    reporter.line(line);
  if (json) {
    const { reason, step, best, validations, checkpoint, seconds } = end;
    const broken = [...data.skipped.broken].map(([name, why]) => ({ name, reason: why }));
    const skipped = { broken, grey: data.skipped.grey.size };
    const result = {
      runFolder,
      reason,
      step,
      best,
      validations: validations.map(writtenRecord),
      checkpoint,
      seconds,
      modelPath,
      skipped,
    };
    process.stdout.write(`${JSON.stringify(result)}\n`);
  }
}

/** The first SIGINT or SIGTERM asks for a clean stop, the second ends the process. */
function stopOnSignals(reporter: ProgressReporter): { signal: AbortSignal; release: () => void } {
  const controller = new AbortController();
  const onSignal = (signal: NodeJS.Signals) => {
    if (controller.signal.aborted) process.exit(signal === "SIGINT" ? 130 : 143);
    reporter.line("Stopping after this step. Press Ctrl-C again to end without saving.");
    controller.abort();
  };
  process.on("SIGINT", onSignal).on("SIGTERM", onSignal);
  const release = () => {
    process.off("SIGINT", onSignal).off("SIGTERM", onSignal);
  };
  return { signal: controller.signal, release };
}

async function versions(): Promise<Record<string, string>> {
  const manifest = join(dirname(import.meta.dirname), "..", "package.json");
  const { version } = JSON.parse(await readFile(manifest, "utf8")) as { version: string };
  const onnxruntime = env.versions.node ?? env.versions.common;
  return { "let-there-be-color": version, node: process.versions.node, onnxruntime };
}
