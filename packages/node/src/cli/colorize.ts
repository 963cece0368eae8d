// `ltbc colorize`

import type { Scene } from "@let-there-be-color/core/colorize";
import { UserError } from "@let-there-be-color/core/user-error";
import { Command, Option } from "commander";
import type { ColorPhoto } from "../color-photo.js";
import { Colorizer } from "../colorizer.js";
import { DEFAULT_QUALITY } from "../image/encode.js";
import { OUTPUT_FORMATS, type OutputFormat } from "../image/format.js";
import { assertWritable } from "../image/write-file.js";
import type { RuntimeOptions } from "../runtime/onnx-runtime.js";
import { type Job, planJobs, STANDARD_STREAM } from "./colorize-jobs.js";
import { numberOption } from "./number-option.js";
import { deviceOption, threadsOption } from "./runtime-option.js";
import type { Streams } from "./streams.js";

interface ColorizeCommandOptions extends RuntimeOptions {
  readonly output?: string;
  readonly model?: string;
  readonly size?: number;
  readonly saturation: number;
  readonly format?: OutputFormat;
  readonly quality: number;
  readonly overwrite?: boolean;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** What became of one job. */
interface Outcome {
  readonly job: Job;
  readonly photo?: ColorPhoto;
  readonly error?: string;
  readonly seconds: number;
}

const SCENES_SHOWN = 3;

/**
 * `ltbc colorize`. Sets `process.exitCode` to 1 if some input failed; throws UserErrors for wrong
 * usage, before anything is written.
 */
export function colorizeCommand(streams: Streams = process): Command {
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
    .option("-m, --model <file>", "ONNX colour model (default: the compact weights included)")
    .option(
      "-s, --size <pixels>",
      "short side at which the network looks at the picture, 16 to 4096 (default: what the model states, or else 224); the output always has the input's size",
      numberOption(16, 4096, true),
    )
    .option(
      "--saturation <factor>",
      "factor on the colourfulness, 0 (grey) to 2",
      numberOption(0, 2, false),
      1,
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
    .action(async (inputs: string[], options: ColorizeCommandOptions) => {
      const failures = await colorizeAll(inputs, options, streams);
      if (failures > 0) process.exitCode = 1;
    });
}

/** Returns how many inputs failed. */
async function colorizeAll(
  inputs: readonly string[],
  options: ColorizeCommandOptions,
  streams: Streams,
): Promise<number> {
  const { output, format, model, device, threads } = options;
  const jobs = await planJobs(inputs, { output, format });
  const toStdout = jobs.some((job) => job.output === STANDARD_STREAM);
  if (toStdout && streams.stdout.isTTY) {
    throw new UserError(
      "Standard output is a terminal, which cannot show a picture; name a file with --output.",
    );
  }
  const colorizer = await Colorizer.load({
    ...(model === undefined ? {} : { model }),
    ...(device === undefined ? {} : { device }),
    ...(threads === undefined ? {} : { threads }),
  });
  const report = toStdout ? streams.stderr : streams.stdout;
  const failed: Outcome[] = [];
  try {
    // One picture ahead: the next is read and decoded while the network works on this one.
    let next = run(colorizer, jobs[0]!, options, streams);
    for (let i = 0; i < jobs.length; i++) {
      const current = next;
      const following = jobs[i + 1];
      if (following) next = run(colorizer, following, options, streams);
      const outcome = await current;
      if (outcome.error !== undefined) failed.push(outcome);
      if (options.json) report.write(`${jsonLine(outcome)}\n`);
      else if (outcome.error === undefined && !options.quiet) report.write(textLine(outcome));
      if (outcome.error !== undefined) streams.stderr.write(`error: ${outcome.error}\n`);
    }
  } finally {
    await colorizer.close();
  }
  if (failed.length > 0 && jobs.length > 1) {
    streams.stderr.write(
      `\n${failed.length} of ${jobs.length} pictures failed, the others are done:\n${failed.map(({ error }) => `  ${error}\n`).join("")}`,
    );
  }
  return failed.length;
}

async function run(
  colorizer: Colorizer,
  job: Job,
  options: ColorizeCommandOptions,
  streams: Streams,
): Promise<Outcome> {
  const start = performance.now();
  const seconds = () => (performance.now() - start) / 1000;
  const { size, saturation, format, quality, overwrite } = options;
  try {
    const fromStdin = job.input === STANDARD_STREAM;
    if (job.output !== STANDARD_STREAM) {
      // Known before the work is done: the output is taken.
      await assertWritable(job.output, { input: fromStdin ? undefined : job.input, overwrite });
    }
    const photo = await colorizer.colorize(fromStdin ? await readAll(streams.stdin) : job.input, {
      saturation,
      ...(size === undefined ? {} : { workingSize: size }),
    });
    if (job.output === STANDARD_STREAM) {
      await writeAll(streams.stdout, await photo.toBuffer(format, { quality }));
    } else {
      await photo.toFile(job.output, { quality, ...(overwrite ? { overwrite } : {}) });
    }
    return { job, photo, seconds: seconds() };
  } catch (error) {
    const message =
      error instanceof UserError ? error.message : `internal error: ${(error as Error).stack}`;
    const named = message.includes(job.input) ? message : `${job.input}: ${message}`;
    return { job, error: named, seconds: seconds() };
  }
}

async function readAll(stream: Streams["stdin"]): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk as Uint8Array));
  return Buffer.concat(chunks);
}

function writeAll(stream: NodeJS.WritableStream, bytes: Buffer): Promise<void> {
  return new Promise((done, failed) => {
    stream.write(bytes, (error) => (error ? failed(error) : done()));
  });
}

function topScenes(photo: ColorPhoto): readonly Scene[] {
  return photo.scenes.slice(0, SCENES_SHOWN);
}

function textLine({ job, photo, seconds }: Outcome): string {
  const scenes = topScenes(photo!).map(
    ({ name, probability }) => `${name} ${Math.round(probability * 100)} %`,
  );
  const target = job.output === STANDARD_STREAM ? "standard output" : job.output;
  const about = [`${seconds.toFixed(1)} s`, ...(scenes.length > 0 ? [scenes.join(", ")] : [])];
  return `${target}  ${about.join("  ")}\n`;
}

function jsonLine({ job, photo, error, seconds }: Outcome): string {
  const { input, output } = job;
  const rounded = Number(seconds.toFixed(3));
  if (!photo) return JSON.stringify({ input, error, seconds: rounded });
  const { width, height } = photo;
  return JSON.stringify({
    input,
    output,
    width,
    height,
    seconds: rounded,
    scenes: topScenes(photo),
  });
}
