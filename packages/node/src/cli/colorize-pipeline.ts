// The jobs of `ltbc colorize`, overlapped: while the network works on one picture, others are read,
// decoded, encoded and written by libvips in threads of its own.

import { dirname } from "node:path";
import { addAbortSignal, Readable } from "node:stream";
import { boundedPipeline, type PipelinePlace } from "@let-there-be-color/core/bounded-pipeline";
import type { ColorModel, Hint, Reference, RenderOptions } from "@let-there-be-color/core/colorize";
import type { Notice } from "@let-there-be-color/core/notice";
import { UserError, type UserErrorCode } from "@let-there-be-color/core/user-error";
import type { AnalyzedPhoto } from "../analyzed-photo.js";
import { analyzeDecoded, openInput } from "../colorize-stages.js";
import type { ComposedPhoto, PhotoFacts } from "../composed-photo.js";
import { assertWritable, isDiskFull } from "../files/output-file.js";
import { OutputFolders } from "../files/output-folder.js";
import type { Composer } from "../image/composer.js";
import type { DecodedPhoto } from "../image/decode.js";
import type { OutputFormat } from "../image/format.js";
import type { Rotation } from "../image/rotate.js";
import { SharedMemory } from "../image/shared-memory.js";
import { type Job, outputsOf, STANDARD_STREAM } from "./colorize-jobs.js";
import type { Streams } from "./streams.js";

/** The options that concern a single picture. */
export interface PipelineOptions extends RenderOptions {
  readonly size?: number;
  readonly format?: OutputFormat;
  readonly quality?: number;
  /** Whether files say that a network made their colours. */
  readonly provenance: boolean;
  readonly overwrite?: boolean;
  readonly rotate?: Rotation;
}

/** What a picture is shown to. */
export interface ReadyModel {
  readonly model: ColorModel;
  /** Of all pictures. */
  readonly reference: Reference | undefined;
}

/** What became of one job. */
export interface Outcome {
  readonly job: Job;
  /** What to tell about the picture; without its pixels, which would pile up. */
  readonly photo?: Pick<PhotoFacts, "width" | "height" | "scenes">;
  /** Everything that was written for it, the picture first. */
  readonly written?: readonly string[];
  readonly notices?: readonly Notice[];
  readonly error?: string;
  /** Of the UserError, or "internal" for a mistake of this program. */
  readonly code?: UserErrorCode | "internal";
  readonly seconds: number;
}

/** A job whose picture is being decoded, or has failed already. */
interface BegunJob {
  readonly job: Job;
  readonly start: number;
  readonly decoding: Promise<DecodedPhoto>;
}

/** Pictures under way at a time: one is decoded, one in the network, one composed, one encoded. */
const LANES = 4;
/** More pixels than this are under way only if a single picture has them; about 15 bytes each. */
const MOST_PIXELS = 40e6;

/** Colourises pictures, several of them under way at a time. */
export class ColorizePipeline {
  readonly #loadModel: () => Promise<ReadyModel>;
  readonly #composer: Composer;
  readonly #options: PipelineOptions;
  readonly #hints: ReadonlyMap<string, readonly Hint[]>;
  readonly #streams: Streams;
  readonly #folders = new OutputFolders();
  /** Ends the work: no further picture begins, those under way that are not in colour yet are left. */
  readonly #stop = new AbortController();
  #diskIsFull = false;
  readonly #memory = new SharedMemory();

  /**
   * @param loadModel called when the first picture is on its way, and for each of them
   * @param hints of the pictures that have some, by their input paths
   * @param signal ends the work
   */
  constructor(
    loadModel: () => Promise<ReadyModel>,
    composer: Composer,
    options: PipelineOptions,
    hints: ReadonlyMap<string, readonly Hint[]>,
    streams: Streams,
    signal: AbortSignal,
  ) {
    signal.addEventListener("abort", () => this.#stop.abort(signal.reason), { once: true });
    this.#loadModel = loadModel;
    this.#composer = composer;
    this.#options = options;
    this.#hints = hints;
    this.#streams = streams;
  }

  /** Whether the work was ended by a full disk. */
  get diskIsFull(): boolean {
    return this.#diskIsFull;
  }

  /**
   * Does the jobs, until it is stopped by the signal or a full disk.
   *
   * @returns the outcomes, in the order of the jobs; none of those that were left
   * @throws UserError if the model cannot be loaded
   */
  async *run(jobs: readonly Job[]): AsyncGenerator<Outcome, void, void> {
    const { signal } = this.#stop;
    const colorize = async (job: Job, place: PipelinePlace) => {
      if (signal.aborted) return undefined;
      const begun = await this.#begin(job, place);
      if (signal.aborted) return undefined;
      return this.#finish(begun, await this.#loadModel(), place);
    };
    const outcomes = boundedPipeline(jobs, colorize, { lanes: LANES, room: MOST_PIXELS });
    for await (const outcome of outcomes) if (outcome) yield outcome;
  }

  /** Starts to decode the picture of a job. Never fails: what is wrong shows when it is finished. */
  async #begin(job: Job, place: PipelinePlace): Promise<BegunJob> {
    const start = performance.now();
    let decoding: Promise<DecodedPhoto>;
    try {
      const { overwrite } = this.#options;
      const fromStdin = job.input === STANDARD_STREAM;
      if (job.output !== STANDARD_STREAM) {
        // Known before the work is done: an output is taken.
        const input = fromStdin ? undefined : job.input;
        for (const output of outputsOf(job)) await assertWritable(output, { input, overwrite });
        await this.#folders.prepare(dirname(job.output)); // that of all its outputs
      }
      const { stdin } = this.#streams;
      const opened = await openInput(
        fromStdin ? await readAll(stdin, this.#stop.signal) : job.input,
      );
      await place.makeRoom(opened.pixelCount);
      this.#composer.prepare(opened.pixelCount);
      decoding = opened.decode(this.#memory);
    } catch (error) {
      decoding = Promise.reject(error);
    }
    decoding.catch(() => undefined); // counts when the job is finished
    return { job, start, decoding };
  }

  /** @returns undefined if the work was stopped before the picture was in colour */
  async #finish(
    begun: BegunJob,
    ready: ReadyModel,
    place: PipelinePlace,
  ): Promise<Outcome | undefined> {
    const { signal } = this.#stop;
    const { job, start } = begun;
    const { model, reference } = ready;
    const seconds = () => (performance.now() - start) / 1000;
    try {
      const inputPath = job.input === STANDARD_STREAM ? undefined : job.input;
      const isBusy = () => place.hasCompany;
      const tools = { model, composer: this.#composer, isBusy, memory: this.#memory };
      const decoded = await begun.decoding;
      const { size, rotate } = this.#options;
      const hints = this.#hints.get(job.input);
      const look = { workingSize: size, rotate, hints, reference };
      const analyzed = await analyzeDecoded(decoded, inputPath, tools, look, { signal });
      const { width, height } = analyzed.size;
      const { written, notices } = await this.#writeAll(job, analyzed);
      return {
        job,
        photo: { width, height, scenes: analyzed.scenes },
        written,
        notices,
        seconds: seconds(),
      };
    } catch (error) {
      if (signal.aborted && (error === signal.reason || isDiskFull(error))) return undefined;
      if (isDiskFull(error)) {
        this.#diskIsFull = true;
        this.#stop.abort();
      }
      const message =
        error instanceof UserError ? error.message : `internal error: ${(error as Error).stack}`;
      const named = message.includes(job.input) ? message : `${job.input}: ${message}`;
      const code = error instanceof UserError ? error.code : "internal";
      return { job, error: named, code, seconds: seconds() };
    }
  }

  /**
   * Writes everything that is wanted of a picture, one after the other: no two colourings are in memory.
   *
   * @returns what was written, and what their formats could not keep or the network did not see
   */
  async #writeAll(
    job: Job,
    analyzed: AnalyzedPhoto,
  ): Promise<{ written: string[]; notices: readonly Notice[] }> {
    const { overwrite = false } = this.#options;
    const outputs = [job.output, ...job.alternatives];
    const written: string[] = [];
    let notices: readonly Notice[] = []; // of the first colouring
    const colorings = analyzed.alternatives(outputs.length, this.#options);
    for (const [i, chroma] of colorings.entries()) {
      const photo = await analyzed.compose(chroma, this.#options);
      if (i === colorings.length - 1) analyzed.release();
      const notKept = await this.#write(photo, outputs[i]!);
      if (i === 0) notices = [...photo.facts.notices, ...notKept];
      written.push(outputs[i]!);
    }
    if (job.uncertainty !== undefined) {
      await analyzed.uncertainty().toFile(job.uncertainty, { overwrite });
      written.push(job.uncertainty);
    }
    const { length } = colorings;
    return { written, notices: [...notices, ...fewerAlternatives(length, outputs.length)] };
  }

  async #write(photo: ComposedPhoto, output: string): Promise<readonly Notice[]> {
    const { format, quality, provenance, overwrite = false } = this.#options;
    const encoding = { provenance, ...(quality === undefined ? {} : { quality }) };
    if (output === STANDARD_STREAM) {
      const { bytes, notices } = await photo.encode(format, encoding);
      await this.#streams.stdout.writeFile(bytes);
      this.#memory.give(photo.facts.pixels);
      return notices;
    }
    const notices = await photo.toFile(output, { ...encoding, overwrite });
    this.#memory.give(photo.facts.pixels);
    return notices;
  }
}

async function readAll(stream: Streams["stdin"], signal: AbortSignal): Promise<Buffer> {
  // What still waits for input would keep the process alive.
  if (stream instanceof Readable) addAbortSignal(signal, stream);
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk as Uint8Array));
  return Buffer.concat(chunks);
}

function fewerAlternatives(found: number, wanted: number): Notice[] {
  if (found === wanted) return [];
  const likely = found === 1 ? "one likely colouring only" : `${found} likely colourings only`;
  const message = `the network sees ${likely}, not ${wanted}.`;
  return [{ code: "fewer-alternatives", message }];
}
