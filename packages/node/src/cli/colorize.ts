// `ltbc colorize`

import {
  type ColorModel,
  MOST_ALTERNATIVES,
  READ_OUT_NAMES,
  type Scene,
} from "@let-there-be-color/core/colorize";
import { DEFAULT_WORKING_SIZE } from "@let-there-be-color/core/model";
import { UserError } from "@let-there-be-color/core/user-error";
import { Command, Option } from "commander";
import { loadColorModel } from "../color-model.js";
import { Composer } from "../image/composer.js";
import { DEFAULT_QUALITY } from "../image/encode.js";
import { OUTPUT_FORMATS } from "../image/format.js";
import type { RuntimeOptions } from "../runtime/onnx-runtime.js";
import { planJobs, STANDARD_STREAM } from "./colorize-jobs.js";
import { ColorizePipeline, type Outcome, type PipelineOptions } from "./colorize-pipeline.js";
import { withFlags } from "./flags.js";
import { Interruption } from "./interruption.js";
import { assertNoMistakenOutput } from "./mistaken-words.js";
import { numberOption } from "./number-option.js";
import { deviceOption, threadsOption } from "./runtime-option.js";
import { type Streams, streamsOf } from "./streams.js";

interface ColorizeCommandOptions extends PipelineOptions, RuntimeOptions {
  readonly output?: string;
  readonly model?: string;
  readonly alternatives: number;
  readonly uncertainty?: boolean;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

const SCENES_SHOWN = 3;

/**
 * `ltbc colorize`. Sets `process.exitCode` to 1 if some input failed; throws UserErrors for wrong
 * usage, before anything is written.
 */
export function colorizeCommand(streams: Streams = streamsOf(process)): Command {
  return new Command("colorize")
    .description("colourise photographs; `ltbc photo.jpg` alone does this, too")
    .argument(
      "<inputs...>",
      "pictures (JPEG, PNG, WebP, TIFF, AVIF, GIF), folders of them, or - for standard input",
    )
    .option(
      "-o, --output <path>",
      "file for one picture, folder for several (tree and names are kept), or - for standard output (default: beside the input, photo.jpg becomes photo.color.jpg)",
    )
    .option("-m, --model <file>", "ONNX colour model (default: the weights that come along)")
    .option(
      "-s, --size <pixels>",
      `short side at which the network looks at the picture, 16 to 4096 (default: what the model states, or else ${DEFAULT_WORKING_SIZE}); the output always has the input's size`,
      numberOption(16, 4096, true),
    )
    .addOption(
      new Option(
        "--colors <name>",
        "how decided the colours are, of models that can choose (default: natural)",
      ).choices(READ_OUT_NAMES),
    )
    .option(
      "--saturation <factor>",
      "factor on the colourfulness, 0 (grey) to 2",
      numberOption(0, 2, false),
      1,
    )
    .option("--warmth <w>", "colder -1 to 1 warmer; greys stay grey", numberOption(-1, 1, false), 0)
    .option(
      "--alternatives <n>",
      `write up to n distinct colourings, 1 to ${MOST_ALTERNATIVES}: photo.color.jpg, photo.color-2.jpg, ..`,
      numberOption(1, MOST_ALTERNATIVES, true),
      1,
    )
    .option(
      "--uncertainty",
      "also write where the network is unsure of the colours, white, as photo.uncertainty.png",
    )
    .addOption(
      new Option("--format <name>", "format to write (default: the input's)").choices(
        OUTPUT_FORMATS,
      ),
    )
    .option(
      "--quality <q>",
      "of JPEG, WebP and AVIF, 1 to 100",
      numberOption(1, 100, true),
      DEFAULT_QUALITY,
    )
    .option("--overwrite", "replace existing outputs (never an input)")
    .addOption(deviceOption())
    .addOption(threadsOption())
    .option("--json", "print one line of JSON for each input")
    .option("--quiet", "print nothing but errors")
    .action(async (inputs: string[], options: ColorizeCommandOptions, command: Command) => {
      const inFlags = (message: string) => withFlags(message, command);
      const interruption = new Interruption(() =>
        streams.stderr.line(
          "Stopping: pictures that have colour are written. Ctrl-C again ends at once.",
        ),
      );
      interruption.listen();
      try {
        const { failed, left } = await colorizeAll(inputs, options, streams, inFlags, interruption);
        if (left > 0 && interruption.exitCode !== undefined) {
          process.exitCode = interruption.exitCode;
        } else if (failed > 0) process.exitCode = 1;
      } finally {
        interruption.release();
      }
    });
}

/** Returns how many inputs failed, and how many were left when the work was stopped. */
async function colorizeAll(
  inputs: readonly string[],
  options: ColorizeCommandOptions,
  streams: Streams,
  inFlags: (message: string) => string,
  { signal }: Interruption,
): Promise<{ failed: number; left: number }> {
  const { output, format, model, device, threads, size, alternatives, uncertainty } = options;
  if (output === undefined) await assertNoMistakenOutput(inputs);
  const jobs = await planJobs(inputs, { output, format, alternatives, uncertainty });
  const toStdout = jobs.some((job) => job.output === STANDARD_STREAM);
  if (toStdout && streams.stdout.isTTY) {
    throw new UserError(
      "option-invalid",
      "Standard output is a terminal, which cannot show a picture; name a file with --output.",
    );
  }
  const composer = new Composer(threads);
  // Begun when a first picture is on its way, since it blocks this thread.
  let loading: Promise<ColorModel> | undefined;
  const load = async () => {
    const loaded = await loadColorModel(
      model,
      {
        ...(device === undefined ? {} : { device }),
        ...(threads === undefined ? {} : { threads }),
        spinning: jobs.length === 1, // with more, other pictures' work waits for the cores
      },
      { pictures: jobs.length, ...(size === undefined ? {} : { workingSize: size }) },
    );
    try {
      assertSuits(loaded, options);
    } catch (error) {
      await loaded.close();
      throw error;
    }
    return loaded;
  };
  const loadOnce = () => {
    loading ??= load();
    return loading;
  };
  const pipeline = new ColorizePipeline(loadOnce, composer, options, streams, signal);
  const report = toStdout ? streams.stderr : streams.stdout;
  const failed: Outcome[] = [];
  let done = 0;
  try {
    for await (const found of pipeline.run(jobs)) {
      const { error } = found;
      const outcome = error === undefined ? found : { ...found, error: inFlags(error) };
      if (outcome.error === undefined) done++;
      else failed.push(outcome);
      if (options.json) report.line(jsonLine(outcome));
      else if (outcome.error === undefined && !options.quiet) {
        for (const line of textLines(outcome)) report.line(line);
      }
      if (outcome.error !== undefined) streams.stderr.line(`error: ${outcome.error}`);
      for (const { message } of outcome.notices ?? []) {
        streams.stderr.line(`note: ${outcome.job.input}: ${inFlags(message)}`);
      }
    }
  } finally {
    const loaded = await loading?.catch(() => undefined); // why it failed is told by the pipeline
    await Promise.all([loaded?.close(), composer.close()]);
  }
  const left = jobs.length - done - failed.length;
  if (left > 0) {
    const why = pipeline.diskIsFull ? "The disk is full" : "Interrupted";
    const counts = `${done} of ${jobs.length} pictures are done, ${failed.length} failed, ${left} are left`;
    streams.stderr.line(`${why}: ${counts}.`);
  } else if (failed.length > 0 && jobs.length > 1) {
    streams.stderr.write("\n");
    streams.stderr.line(`${failed.length} of ${jobs.length} pictures failed, the others are done:`);
    for (const { error } of failed) streams.stderr.line(`  ${error}`);
  }
  if (options.json) await report.flushed();
  return { failed: failed.length, left };
}

/** @throws UserError if the options choose among colours and the model predicts one only */
function assertSuits(model: ColorModel, options: ColorizeCommandOptions): void {
  const { colors, alternatives, uncertainty } = options;
  if (colors !== undefined) model.assertDistributions("colors");
  if (alternatives > 1) model.assertDistributions("alternatives");
  if (uncertainty) model.assertDistributions("uncertainty");
}

function topScenes(photo: NonNullable<Outcome["photo"]>): readonly Scene[] {
  return photo.scenes.slice(0, SCENES_SHOWN);
}

function textLines({ written, photo, seconds }: Outcome): string[] {
  const scenes = topScenes(photo!).map(
    ({ name, probability }) => `${name} ${Math.round(probability * 100)} %`,
  );
  const [target, ...further] = written!.map((path) =>
    path === STANDARD_STREAM ? "standard output" : path,
  );
  const about = [`${seconds.toFixed(1)} s`, ...(scenes.length > 0 ? [scenes.join(", ")] : [])];
  return [`${target}  ${about.join("  ")}`, ...further];
}

function jsonLine(outcome: Outcome): string {
  const { job, photo, written = [], notices = [], error, code, seconds } = outcome;
  const { input, output } = job;
  const rounded = Number(seconds.toFixed(3));
  if (!photo) return JSON.stringify({ input, error, code, seconds: rounded });
  const { width, height } = photo;
  const { uncertainty } = job;
  const alternatives = written.filter((path) => path !== output && path !== uncertainty);
  return JSON.stringify({
    input,
    output,
    ...(alternatives.length > 0 ? { alternatives } : {}),
    ...(uncertainty === undefined ? {} : { uncertainty }),
    width,
    height,
    seconds: rounded,
    ...(notices.length > 0 ? { notices } : {}),
    scenes: topScenes(photo),
  });
}
