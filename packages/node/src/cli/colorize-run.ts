// What `ltbc colorize` does, once its words and options are read.

import { setTimeout as sleep } from "node:timers/promises";
import { UserError } from "@let-there-be-color/core/user-error";
import { Arrivals } from "../archive/arrivals.js";
import { bytesInWords, spaceNeeded } from "../archive/disk-space.js";
import { lookAt, STANDARD_STREAM, type Words } from "../archive/inputs.js";
import { sha256OfFile } from "../archive/journal.js";
import { namesOutputFile } from "../archive/output-names.js";
import { makePlan, type Plan, type PlanOptions } from "../archive/plan.js";
import { assertReportName } from "../archive/report.js";
import { lockFolders } from "../archive/run-locks.js";
import { settingsOf } from "../archive/settings.js";
import { interfaceFiles } from "../color-model.js";
import { describeHolder, type FolderLock } from "../files/folder-lock.js";
import { Composer } from "../image/composer.js";
import { PACKAGE_VERSION } from "../package-version.js";
import { ProgressBar } from "../printing/progress-bar.js";
import { printPlan } from "./colorize-dry-run.js";
import { LazyModel, modelIdentity } from "./colorize-model.js";
import { type ColorizeCommandOptions, pictureOptions } from "./colorize-options.js";
import { ColorizePipeline, type PipelineTools } from "./colorize-pipeline.js";
import { Teller } from "./colorize-teller.js";
import { type HintsOfPictures, hintsOfPictures } from "./hints-of-pictures.js";
import { assertNoMistakenOutput } from "./mistaken-words.js";
import type { Streams } from "./streams.js";

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
  if (options.output === undefined) await assertNoMistakenOutput(inputs);
  if (options.report !== undefined) assertReportName(options.report);
  const words = await lookAt(inputs);
  const place = await placeOf(words, options, streams);
  if (options.watch) assertCanWatch(words);
  const run = new Run(words, place, options, streams, inFlags, signal);
  return run.go();
}

/** Where the outputs go: one file, or a folder, or beside the inputs. */
type Place = Pick<PlanOptions, "file" | "folder">;

async function placeOf(
  words: Words,
  { output, format }: ColorizeCommandOptions,
  { stdout }: Streams,
): Promise<Place> {
  const { isSinglePicture } = words;
  const isFile = output !== undefined && isSinglePicture && (await namesOutputFile(output, format));
  if (output === STANDARD_STREAM && !isFile) {
    throw new UserError(
      "option-invalid",
      "Standard output takes one picture only; name a folder with --output.",
    );
  }
  const fromStdin = words.words.some(({ path }) => path === STANDARD_STREAM);
  const toStdout = output === STANDARD_STREAM || (fromStdin && output === undefined);
  if (toStdout && stdout.isTTY) {
    throw new UserError(
      "option-invalid",
      "Standard output is a terminal, which cannot show a picture; name a file with --output.",
    );
  }
  return isFile ? { file: output } : { folder: output };
}

function assertCanWatch({ words }: Words): void {
  if (words.some(({ type }) => type !== "picture")) return;
  throw new UserError("option-invalid", "Expected a folder to `watch`, or a pattern in quotes.");
}

/** One call of the command. */
class Run {
  readonly #words: Words;
  readonly #place: Place;
  readonly #options: ColorizeCommandOptions;
  readonly #streams: Streams;
  readonly #signal: AbortSignal;
  readonly #teller: Teller;
  #hints: HintsOfPictures = new Map();

  constructor(
    words: Words,
    place: Place,
    options: ColorizeCommandOptions,
    streams: Streams,
    inFlags: (message: string) => string,
    signal: AbortSignal,
  ) {
    this.#words = words;
    this.#place = place;
    this.#options = options;
    this.#streams = streams;
    this.#signal = signal;
    const isPiped = place.file === STANDARD_STREAM || words.words.some(({ path }) => path === "-");
    const lines = isPiped && place.folder === undefined ? streams.stderr : streams.stdout;
    this.#teller = new Teller(options, lines, streams.stderr, inFlags);
  }

  async go(): Promise<Tally> {
    const { model, dryRun, watch } = this.#options;
    const identity = { model: await modelIdentity(model), version: PACKAGE_VERSION };
    const planOptions = await this.#planOptions(identity.model);
    if (dryRun) {
      const plan = await makePlan(this.#words, planOptions);
      for (const refused of plan.refused) await this.#teller.refused(refused);
      await printPlan(plan, this.#streams, this.#options);
      return { done: 0, failed: plan.refused.length, left: 0 };
    }
    const { plan, lock } = await this.#lockedPlan(planOptions);
    try {
      await this.#teller.begin();
      await this.#teller.plan(plan);
      await this.#warnOfSpace(plan);
      return await this.#colorize(plan, planOptions, identity, watch ?? false);
    } catch (error) {
      await this.#teller.discard();
      throw error;
    } finally {
      await lock.release();
    }
  }

  async #planOptions(model: PlanOptions["model"]): Promise<PlanOptions> {
    const { format, alternatives, uncertainty, overwrite, dryRun, watch } = this.#options;
    const { reference, model: modelFile } = this.#options;
    // What is missing is told when the model is loaded.
    const hashOf = (path: string) => sha256OfFile(path).catch(() => undefined);
    const descriptions = modelFile === undefined ? [] : interfaceFiles(modelFile).map(hashOf);
    const ofAll = {
      ...pictureOptions(this.#options),
      reference: reference && (await hashOf(reference)),
      modelInterface: (await Promise.all(descriptions)).find((hash) => hash !== undefined),
    };
    return {
      ...this.#place,
      ...{ format, alternatives, uncertainty, overwrite, dryRun, model },
      mayBeEmpty: watch,
      settings: async (inputs) => {
        this.#hints = await hintsOfPictures(this.#options, inputs, watch);
        return (input) => settingsOf({ ...ofAll, hints: this.#hints.get(input) });
      },
      listLeftOut: this.#options.report !== undefined,
    };
  }

  /** A plan that no other run makes stale. */
  async #lockedPlan(options: PlanOptions): Promise<{ plan: Plan; lock: FolderLock }> {
    const plan = await makePlan(this.#words, options);
    const lock = await lockFolders(plan.journals.folders, this.#signal, (folder, holder) =>
      this.#streams.stderr.line(
        `Waiting: another run works on ${folder} (${describeHolder(holder)}).`,
      ),
    );
    try {
      const isStale = await plan.journals.areOutdated();
      return { plan: isStale ? await makePlan(this.#words, options) : plan, lock };
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  async #warnOfSpace({ jobs }: Plan): Promise<void> {
    for (const { folder, needed, free } of await spaceNeeded(jobs, this.#options.format)) {
      if (needed < free) continue;
      this.#teller.note(
        `The disk of ${folder} may become full: about ${bytesInWords(needed)} are needed, ${bytesInWords(free)} are free.`,
      );
    }
  }

  async #colorize(
    plan: Plan,
    planOptions: PlanOptions,
    identity: PipelineTools["identity"],
    watch: boolean,
  ): Promise<Tally> {
    const composer = new Composer(this.#options.threads);
    const expected = watch ? Number.POSITIVE_INFINITY : plan.jobs.length;
    const model = new LazyModel(this.#options, expected, () => this.#hints.size > 0);
    const pipeline = new ColorizePipeline({
      ...{ composer, identity, options: this.#options, streams: this.#streams },
      loadModel: () => model.load(),
      hintsOf: (input) => this.#hints.get(input),
      signal: this.#signal,
    });
    try {
      if (!watch) await this.#work(pipeline, plan.jobs);
      else await this.#watch(pipeline, plan, planOptions);
    } finally {
      await Promise.all([model.close(), composer.close()]);
    }
    return this.#teller.end(pipeline.diskIsFull ? "The disk is full" : "Interrupted");
  }

  async #work(pipeline: ColorizePipeline, jobs: Plan["jobs"]): Promise<void> {
    const bar = new ProgressBar(this.#streams.stderr, this.#options.quiet ? 0 : jobs.length);
    bar.draw();
    const reached = new Set<string>();
    for await (const outcome of pipeline.run(jobs)) {
      bar.clear();
      reached.add(outcome.job.input);
      await this.#teller.outcome(outcome);
      bar.advance();
    }
    bar.clear();
    for (const { input } of jobs) if (!reached.has(input)) await this.#teller.notReached(input);
  }

  /** Works on what is there and on what comes, until it is interrupted or the disk is full. */
  async #watch(pipeline: ColorizePipeline, first: Plan, options: PlanOptions): Promise<void> {
    const arrivals = new Arrivals();
    arrivals.untold(first.refused);
    const watched = this.#words.words.map(({ path }) => path).join(", ");
    this.#teller.note(`New pictures in ${watched} are colourised as they come; Ctrl-C ends it.`);
    let plan = first;
    while (!this.#signal.aborted && !pipeline.diskIsFull) {
      const complete = arrivals.complete(plan.jobs);
      if (complete.length > 0) await this.#work(pipeline, complete);
      if (this.#signal.aborted || pipeline.diskIsFull) return;
      const start = performance.now();
      plan = await makePlan(this.#words, { ...options, listLeftOut: false });
      for (const refused of arrivals.untold(plan.refused)) await this.#teller.refused(refused);
      const pause = Arrivals.pauseAfter(performance.now() - start);
      await sleep(pause, undefined, { signal: this.#signal }).catch(() => undefined);
    }
  }
}
