// The jobs of `ltbc colorize`, overlapped: while the network works on one picture, others are read,
// decoded, encoded and written by libvips in threads of its own.

import { UserError } from "@let-there-be-color/core/user-error";
import type { ColorModel } from "../color-model.js";
import type { ColorPhoto } from "../color-photo.js";
import { colorizeDecoded, openInput } from "../colorize-stages.js";
import type { Composer } from "../image/composer.js";
import type { DecodedPhoto } from "../image/decode.js";
import type { OutputFormat } from "../image/format.js";
import { SharedMemory } from "../image/shared-memory.js";
import { assertWritable } from "../image/write-file.js";
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
  readonly pixelCount: number;
}

/** Pictures under way at a time: one is decoded, one in the network, one composed, one encoded. */
const LANES = 4;
/** More pixels than this are under way only if a single picture has them; about 15 bytes each. */
const MOST_PIXELS = 40e6;

/** Colourises pictures, several of them under way at a time. */
export class ColorizePipeline {
  readonly #composer: Composer;
  readonly #options: PipelineOptions;
  readonly #streams: Streams;
  readonly #memory = new SharedMemory();
  #pixelsUnderWay = 0;
  readonly #waitingForRoom: (() => void)[] = [];
  #freeLanes = LANES;
  readonly #waitingForLane: (() => void)[] = [];

  constructor(composer: Composer, options: PipelineOptions, streams: Streams) {
    this.#composer = composer;
    this.#options = options;
    this.#streams = streams;
  }

  /** Starts to decode the picture of a job. Never fails: what is wrong shows when it is finished. */
  async begin(job: Job): Promise<BegunJob> {
    await this.#takeLane();
    const start = performance.now();
    try {
      const { overwrite } = this.#options;
      const fromStdin = job.input === STANDARD_STREAM;
      if (job.output !== STANDARD_STREAM) {
        // Known before the work is done: the output is taken.
        await assertWritable(job.output, { input: fromStdin ? undefined : job.input, overwrite });
      }
      const opened = await openInput(fromStdin ? await readAll(this.#streams.stdin) : job.input);
      const { pixelCount } = opened;
      await this.#makeRoom(pixelCount);
      this.#composer.prepare(pixelCount);
      const decoding = opened.decode(this.#memory);
      decoding.catch(() => undefined); // counts when the job is finished
      return { job, start, decoding, pixelCount };
    } catch (error) {
      const decoding = Promise.reject(error);
      decoding.catch(() => undefined);
      return { job, start, decoding, pixelCount: 0 };
    }
  }

  /**
   * Does the jobs.
   *
   * @param first the first of them, begun already
   * @returns the outcomes, in the order of the jobs
   */
  async *run(jobs: readonly Job[], first: BegunJob, model: ColorModel): AsyncGenerator<Outcome> {
    const outcomes = [this.#finish(first, model)];
    for (const job of jobs.slice(1)) {
      outcomes.push(this.begin(job).then((begun) => this.#finish(begun, model)));
    }
    for (const outcome of outcomes) yield await outcome;
  }

  async #finish(begun: BegunJob, model: ColorModel): Promise<Outcome> {
    const { job, start } = begun;
    const seconds = () => (performance.now() - start) / 1000;
    const { size, saturation, format, quality, overwrite } = this.#options;
    try {
      const inputPath = job.input === STANDARD_STREAM ? undefined : job.input;
      const isBusy = () => this.#freeLanes < LANES - 1;
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
    } finally {
      this.#pixelsUnderWay -= begun.pixelCount;
      for (const tryAgain of this.#waitingForRoom.splice(0)) tryAgain();
      const next = this.#waitingForLane.shift();
      if (next) next();
      else this.#freeLanes++;
    }
  }

  /** Waits until fewer pictures than there are lanes are under way. First come, first served. */
  async #takeLane(): Promise<void> {
    if (this.#freeLanes > 0) this.#freeLanes--;
    else await new Promise<void>((go) => this.#waitingForLane.push(go));
  }

  /** Waits until a picture fits beside those under way, or is the only one. */
  async #makeRoom(pixelCount: number): Promise<void> {
    while (this.#pixelsUnderWay > 0 && this.#pixelsUnderWay + pixelCount > MOST_PIXELS) {
      await new Promise<void>((tryAgain) => this.#waitingForRoom.push(tryAgain));
    }
    this.#pixelsUnderWay += pixelCount;
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
