// `ltbc colorize`

import {
  type ColorModel,
  MOST_ALTERNATIVES,
  READ_OUT_NAMES,
  type Reference,
  type Scene,
} from "@let-there-be-color/core/colorize";
import { DEFAULT_WORKING_SIZE } from "@let-there-be-color/core/model";
import { UserError } from "@let-there-be-color/core/user-error";
import { Command, Option } from "commander";
import { loadColorModel } from "../color-model.js";
import { Composer } from "../image/composer.js";
import { DEFAULT_QUALITY } from "../image/encode.js";
import { OUTPUT_FORMATS } from "../image/format.js";
import { ReferencePictures } from "../reference-picture.js";
import type { RuntimeOptions } from "../runtime/onnx-runtime.js";
import { planJobs, STANDARD_STREAM } from "./colorize-jobs.js";
import {
  ColorizePipeline,
  type Outcome,
  type PipelineOptions,
  type ReadyModel,
} from "./colorize-pipeline.js";
import { withFlags } from "./flags.js";
import { addHint, type HintOptions, hintsOfPictures } from "./hints-of-pictures.js";
import { assertNoMistakenOutput } from "./mistaken-words.js";
import { numberOption, share } from "./number-option.js";
import { parseRotation } from "./option-values.js";
import { deviceOption, threadsOption } from "./runtime-option.js";
import { type Streams, streamsOf } from "./streams.js";

interface ColorizeCommandOptions extends PipelineOptions, RuntimeOptions, HintOptions {
  readonly output?: string;
  readonly model?: string;
  readonly alternatives: number;
  readonly uncertainty?: boolean;
  readonly reference?: string;
  readonly referenceStrength: number;
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
    .option(
      "--hint <x,y,color>",
      "colour of the thing at a place of the picture, such as 120,80,#2e5d34 (pixels of the upright picture), or with a radius in pixels 120,80,#2e5d34,15; may be repeated",
      addHint,
    )
    .option(
      "--hints <file>",
      'JSON file of hints: [{"x": 120, "y": 80, "color": "#2e5d34", "radius": 15}, ..], or such lists by picture: {"photo.jpg": [..], ..}',
    )
    .option(
      "--reference <picture>",
      "a picture whose kind of scene lends its colours: the network takes its global features in place of the picture's own",
    )
    .option("--reference-strength <share>", "share of the reference, 0 (none) to 1", share, 1)
    .option(
      "--rotate <degrees>",
      "turn the pictures clockwise by 90, 180 or 270 degrees, for scans that lie on their side",
      parseRotation,
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
      const failures = await colorizeAll(inputs, options, streams, inFlags);
      if (failures > 0) process.exitCode = 1;
    });
}

/** Returns how many inputs failed. */
async function colorizeAll(
  inputs: readonly string[],
  options: ColorizeCommandOptions,
  streams: Streams,
  inFlags: (message: string) => string,
): Promise<number> {
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
  const hints = await hintsOfPictures(
    options,
    jobs.map(({ input }) => input),
  );
  const composer = new Composer(threads);
  // Begun when a first picture is on its way, since it blocks this thread.
  let loading: Promise<ReadyModel> | undefined;
  const load = async (): Promise<ReadyModel> => {
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
      if (hints.size > 0) loaded.assertTakes("hints");
      return { model: loaded, reference: await referenceFor(loaded, options) };
    } catch (error) {
      await loaded.close();
      throw error;
    }
  };
  const loadOnce = () => {
    loading ??= load();
    return loading;
  };
  const pipeline = new ColorizePipeline(loadOnce, composer, options, hints, streams);
  const report = toStdout ? streams.stderr : streams.stdout;
  const failed: Outcome[] = [];
  try {
    for await (const found of pipeline.run(jobs)) {
      const { error } = found;
      const outcome = error === undefined ? found : { ...found, error: inFlags(error) };
      if (outcome.error !== undefined) failed.push(outcome);
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
    await Promise.all([loaded?.model.close(), composer.close()]);
  }
  if (failed.length > 0 && jobs.length > 1) {
    streams.stderr.write("\n");
    streams.stderr.line(`${failed.length} of ${jobs.length} pictures failed, the others are done:`);
    for (const { error } of failed) streams.stderr.line(`  ${error}`);
  }
  if (options.json) await report.flushed();
  return failed.length;
}

/** @throws UserError if the options choose among colours and the model predicts one only */
function assertSuits(model: ColorModel, options: ColorizeCommandOptions): void {
  const { colors, alternatives, uncertainty } = options;
  if (colors !== undefined) model.assertDistributions("colors");
  if (alternatives > 1) model.assertDistributions("alternatives");
  if (uncertainty) model.assertDistributions("uncertainty");
}

/** @throws UserError if the model takes no reference, or the picture is missing or broken */
async function referenceFor(
  model: ColorModel,
  { reference, referenceStrength }: ColorizeCommandOptions,
): Promise<Reference | undefined> {
  if (reference === undefined) return undefined;
  const globalFeatures = await new ReferencePictures(model).globalFeatures(reference);
  return { globalFeatures, share: referenceStrength };
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
