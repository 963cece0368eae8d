// What `ltbc colorize` does, once its words and options are read.

import type { ColorModel, Reference } from "@let-there-be-color/core/colorize";
import { UserError } from "@let-there-be-color/core/user-error";
import { loadColorModel } from "../color-model.js";
import { Composer } from "../image/composer.js";
import { ReferencePictures } from "../reference-picture.js";
import type { RuntimeOptions } from "../runtime/onnx-runtime.js";
import { planJobs, STANDARD_STREAM } from "./colorize-jobs.js";
import { jsonLine, textLines } from "./colorize-lines.js";
import {
  ColorizePipeline,
  type Outcome,
  type PipelineOptions,
  type ReadyModel,
} from "./colorize-pipeline.js";
import { type HintOptions, hintsOfPictures } from "./hints-of-pictures.js";
import { assertNoMistakenOutput } from "./mistaken-words.js";
import type { Streams } from "./streams.js";

/** The options of the command. */
export interface ColorizeCommandOptions extends PipelineOptions, RuntimeOptions, HintOptions {
  readonly output?: string;
  readonly model?: string;
  readonly alternatives: number;
  readonly uncertainty?: boolean;
  readonly reference?: string;
  readonly referenceStrength: number;
  readonly json?: boolean;
  readonly quiet?: boolean;
}

/** What became of the inputs. */
export interface Tally {
  readonly done: number;
  readonly failed: number;
  /** Not begun or not finished when the work was stopped. */
  readonly left: number;
}

/** Colourises everything, until `signal` or a full disk stops it. */
export async function colorizeAll(
  inputs: readonly string[],
  options: ColorizeCommandOptions,
  streams: Streams,
  inFlags: (message: string) => string,
  signal: AbortSignal,
): Promise<Tally> {
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
  const pipeline = new ColorizePipeline(loadOnce, composer, options, hints, streams, signal);
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
    await Promise.all([loaded?.model.close(), composer.close()]);
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
  return { done, failed: failed.length, left };
}

/** @throws UserError if the model cannot do what the options ask for */
function assertSuits(model: ColorModel, options: ColorizeCommandOptions): void {
  const { colors, alternatives, uncertainty, size } = options;
  if (colors !== undefined) model.assertDistributions("colors");
  if (alternatives > 1) model.assertDistributions("alternatives");
  if (uncertainty) model.assertDistributions("uncertainty");
  if (size !== undefined) model.assertWorkingSize(size);
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
