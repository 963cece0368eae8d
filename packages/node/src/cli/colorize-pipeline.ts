// The jobs of `ltbc colorize`, overlapped: while the network works on one picture, others are read,
// decoded, encoded and written by libvips in threads of its own.

import { boundedPipeline, type PipelinePlace } from "@let-there-be-color/core/bounded-pipeline";
import type { ColorModel } from "@let-there-be-color/core/colorize";
import { UserError } from "@let-there-be-color/core/user-error";
import type { ColorPhoto } from "../color-photo.js";
import { colorizeDecoded, openInput } from "../colorize-stages.js";
import { assertWritable } from "../files/output-file.js";
import type { Composer } from "../image/composer.js";
import type { DecodedPhoto } from "../image/decode.js";
import type { OutputFormat } from "../image/format.js";
import { SharedMemory } from "../image/shared-memory.js";
import { type Job, STANDARD_STREAM } from "./colorize-jobs.js";
import type { Streams } from "./streams.js";

/** The options that concern a single picture. */
export interface PipelineOptions {
  readonly size?: number;
  readonly saturation: number;
  readonly format?: OutputFormat;
  readonly quality: number;
  readonly overwrite?: boolean;
}

/** What became of one job. */
export interface Outcome {
  readonly job: Job;
  /** What to tell about the picture; without its pixels, which would pile up. */
  readonly photo?: Pick<ColorPhoto, "width" | "height" | "scenes">;
  readonly error?: string;
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
  readonly #loadModel: () => Promise<ColorModel>;
  readonly #composer: Composer;
  readonly #options: PipelineOptions;
  readonly #streams: Streams;
  readonly #memory = new SharedMemory();

  /** @param loadModel called when the first picture is on its way, and for each of them */
  constructor(
    loadModel: () => Promise<ColorModel>,
    composer: Composer,
    options: PipelineOptions,
    streams: Streams,
  ) {
    this.#loadModel = loadModel;
    this.#composer = composer;
    this.#options = options;
    this.#streams = streams;
  }

  /**
   * Does the jobs.
   *
   * @returns the outcomes, in the order of the jobs
   * @throws UserError if the model cannot be loaded
   */
  run(jobs: readonly Job[]): AsyncGenerator<Outcome, void, void> {
    const colorize = async (job: Job, place: PipelinePlace) => {
      const begun = await this.#begin(job, place);
      return this.#finish(begun, await this.#loadModel(), place);
    };
    return boundedPipeline(jobs, colorize, { lanes: LANES, room: MOST_PIXELS });
  }

  /** Starts to decode the picture of a job. Never fails: what is wrong shows when it is finished. */
  async #begin(job: Job, place: PipelinePlace): Promise<BegunJob> {
    const start = performance.now();
    let decoding: Promise<DecodedPhoto>;
    try {
      const { overwrite } = this.#options;
      const fromStdin = job.input === STANDARD_STREAM;
      if (job.output !== STANDARD_STREAM) {
        // Known before the work is done: the output is taken.
        await assertWritable(job.output, { input: fromStdin ? undefined : job.input, overwrite });
      }
      const opened = await openInput(fromStdin ? await readAll(this.#streams.stdin) : job.input);
      await place.makeRoom(opened.pixelCount);
      this.#composer.prepare(opened.pixelCount);
      decoding = opened.decode(this.#memory);
    } catch (error) {
      decoding = Promise.reject(error);
    }
    decoding.catch(() => undefined); // counts when the job is finished
    return { job, start, decoding };
  }

  async #finish(begun: BegunJob, model: ColorModel, place: PipelinePlace): Promise<Outcome> {
    const { job, start } = begun;
    const seconds = () => (performance.now() - start) / 1000;
    const { size, saturation, format, quality, overwrite } = this.#options;
    try {
      const inputPath = job.input === STANDARD_STREAM ? undefined : job.input;
      const isBusy = () => place.hasCompany;
      const tools = { model, composer: this.#composer, isBusy, memory: this.#memory };
      const photo = await colorizeDecoded(await begun.decoding, inputPath, tools, {
        saturation,
        ...(size === undefined ? {} : { workingSize: size }),
      });
      if (job.output === STANDARD_STREAM) {
        await writeAll(this.#streams.stdout, await photo.toBuffer(format, { quality }));
      } else {
        await photo.toFile(job.output, { quality, ...(overwrite ? { overwrite } : {}) });
      }
      this.#memory.give(photo.pixels);
      const { width, height, scenes } = photo;
      return { job, photo: { width, height, scenes }, seconds: seconds() };
    } catch (error) {
      const message =
        error instanceof UserError ? error.message : `internal error: ${(error as Error).stack}`;
      const named = message.includes(job.input) ? message : `${job.input}: ${message}`;
      return { job, error: named, seconds: seconds() };
    }
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
