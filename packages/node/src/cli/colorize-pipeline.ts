// The jobs of `ltbc colorize`, overlapped: while the network works on one picture, others are read,
// decoded, encoded and written by libvips in threads of its own.

import { dirname, resolve } from "node:path";
import { addAbortSignal, Readable } from "node:stream";
import { boundedPipeline, type PipelinePlace } from "@let-there-be-color/core/bounded-pipeline";
import type { ColorModel, Hint, Reference, RenderOptions } from "@let-there-be-color/core/colorize";
import type { Notice } from "@let-there-be-color/core/notice";
import { UserError, type UserErrorCode } from "@let-there-be-color/core/user-error";
import type { AnalyzedPhoto } from "../analyzed-photo.js";
import { STANDARD_STREAM } from "../archive/inputs.js";
import type { DoneEntry, ModelIdentity } from "../archive/journal.js";
import { outputsOf } from "../archive/output-names.js";
import { carriesOwnMark } from "../archive/own-mark.js";
import type { Job } from "../archive/plan.js";
import type { SkipReason } from "../archive/skip-reason.js";
import { type FileState, fileOf, statOf } from "../archive/walk.js";
import { analyzeDecoded, isInColor, openInput } from "../colorize-stages.js";
import type { ComposedPhoto, PhotoFacts } from "../composed-photo.js";
import {
  assertWritable,
  isDiskFull,
  sha256Of,
  type WrittenFile,
  writeWhole,
} from "../files/output-file.js";
import { OutputFolders } from "../files/output-folder.js";
import type { Composer } from "../image/composer.js";
import type { DecodedPhoto, OpenPage } from "../image/decode.js";
import { formatOfFileName, type OutputFormat } from "../image/format.js";
import { readInputFile } from "../image/read-file.js";
import type { Rotation } from "../image/rotate.js";
import { SharedMemory } from "../image/shared-memory.js";
import { PageFiles } from "./page-files.js";
import type { Streams } from "./streams.js";

/** The options that concern a single picture. */
export interface PipelineOptions extends RenderOptions {
  readonly size?: number;
  readonly format?: OutputFormat;
  readonly quality?: number;
  /** Whether files say that a network made their colours. */
  readonly provenance: boolean;
  readonly rotate?: Rotation;
  readonly maxPixels?: number;
  readonly restoreLevels?: boolean;
  /** Leaves photographs in colour as they are; of several pages the first decides. */
  readonly skipColor?: boolean;
}

/** What a picture is shown to. */
export interface ReadyModel {
  readonly model: ColorModel;
  /** Of all pictures. */
  readonly reference: Reference | undefined;
}

/** What becomes of pictures depends on this beside their own. */
export interface PipelineTools {
  /** Called when the first picture is on its way, and for each of them. */
  readonly loadModel: () => Promise<ReadyModel>;
  readonly composer: Composer;
  readonly options: PipelineOptions;
  /** The hints of a picture, by its input path. */
  readonly hintsOf: (input: string) => readonly Hint[] | undefined;
  /** For the journal. */
  readonly identity: { readonly model: ModelIdentity; readonly version: string };
  readonly streams: Streams;
  /** Ends the work. */
  readonly signal: AbortSignal;
}

/** What became of one job. */
export interface Outcome {
  readonly job: Job;
  /** What to tell about the picture; without its pixels, which would pile up. */
  readonly photo?: Pick<PhotoFacts, "width" | "height" | "scenes">;
  /** Everything that was written for it, the picture first, and what it was made from. */
  readonly entry?: DoneEntry;
  readonly notices?: readonly Notice[];
  /** Why it was left as it is, if it was. */
  readonly skipped?: SkipReason;
  readonly error?: string;
  /** Of the UserError, or "internal" for a mistake of this program. */
  readonly code?: UserErrorCode | "internal";
  readonly seconds: number;
}

/** A job whose picture is being decoded, or has failed already. */
interface BegunJob {
  readonly job: Job;
  readonly start: number;
  readonly source: Promise<Source>;
}

/** A picture that is read. */
type Source =
  | {
      readonly file: FileState & { readonly sha256: string };
      readonly decoding: Promise<DecodedPhoto>;
      /** Behind the first one, if the output takes several. */
      readonly furtherPages: readonly OpenPage[];
    }
  | { readonly skipped: SkipReason };

/** Pictures under way at a time: one is decoded, one in the network, one composed, one encoded. */
const LANES = 4;
/** More pixels than this are under way only if a single picture has them; about 15 bytes each. */
const MOST_PIXELS = 40e6;

/** Colourises pictures, several of them under way at a time. */
export class ColorizePipeline {
  readonly #tools: PipelineTools;
  readonly #folders = new OutputFolders();
  /** Ends the work: no further picture begins, those under way that are not in colour yet are left. */
  readonly #stop = new AbortController();
  #diskIsFull = false;
  readonly #memory = new SharedMemory();

  constructor(tools: PipelineTools) {
    const { signal } = tools;
    this.#tools = tools;
    if (signal.aborted) this.#stop.abort(signal.reason);
    signal.addEventListener("abort", () => this.#stop.abort(signal.reason), { once: true });
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
  async *run(jobs: Iterable<Job>): AsyncGenerator<Outcome, void, void> {
    const { signal } = this.#stop;
    const colorize = async (job: Job, place: PipelinePlace) => {
      if (signal.aborted) return undefined;
      const begun = await this.#begin(job, place);
      if (signal.aborted) return undefined;
      return this.#finish(begun, await this.#tools.loadModel(), place);
    };
    const outcomes = boundedPipeline(jobs, colorize, { lanes: LANES, room: MOST_PIXELS });
    for await (const outcome of outcomes) if (outcome) yield outcome;
  }

  /** Starts to decode the picture of a job. Never fails: what is wrong shows when it is finished. */
  async #begin(job: Job, place: PipelinePlace): Promise<BegunJob> {
    const start = performance.now();
    const source = this.#open(job, place);
    await source.catch(() => undefined); // counts when the job is finished
    return { job, start, source };
  }

  async #open(job: Job, place: PipelinePlace): Promise<Source> {
    const fromStdin = job.input === STANDARD_STREAM;
    if (job.output !== STANDARD_STREAM) {
      // Known before the work is done: an output is taken.
      const input = fromStdin ? undefined : job.input;
      const overwrite = job.replace;
      for (const output of outputsOf(job)) await assertWritable(output, { input, overwrite });
      await this.#folders.prepare(dirname(job.output)); // that of all its outputs
    }
    const { streams, composer, options } = this.#tools;
    const status = fromStdin ? undefined : await statOf(job.input).catch(() => undefined);
    const bytes = fromStdin
      ? await readAll(streams.stdin, this.#stop.signal)
      : await readInputFile(job.input);
    if (!job.evenOwn && carriesOwnMark(bytes)) return { skipped: "own-output" };
    const { maxPixels } = options;
    const opened = await openInput(bytes, fromStdin ? undefined : job.input, { maxPixels });
    const [firstPage, ...furtherPages] = this.#isTiff(job) ? opened.pages : [opened];
    const pages = [firstPage!, ...furtherPages];
    const pixelCount = Math.max(...pages.map((page) => page.pixelCount));
    await place.makeRoom(pixelCount);
    composer.prepare(pixelCount);
    const decoding = firstPage!.decode(this.#memory);
    decoding.catch(() => undefined); // counts when the job is finished
    const sha256 = sha256Of(bytes);
    const modified = status ? fileOf(status).modified : 0;
    return { file: { size: bytes.length, modified, sha256 }, decoding, furtherPages };
  }

  /** Whether all pages of a TIFF go into the output. */
  #isTiff({ output }: Job): boolean {
    const { format = "tiff" } = this.#tools.options;
    return (output === STANDARD_STREAM ? format : formatOfFileName(output)) === "tiff";
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
      const { composer, options } = this.#tools;
      const tools = { model, composer, isBusy, memory: this.#memory };
      const source = await begun.source;
      if ("skipped" in source) return { job, skipped: source.skipped, seconds: seconds() };
      const { file, decoding, furtherPages } = source;
      const decoded = await decoding;
      if (options.skipColor && isInColor(decoded)) {
        this.#memory.give(decoded.gray.codes);
        if (decoded.alpha) this.#memory.give(decoded.alpha);
        return { job, skipped: "color-photograph", seconds: seconds() };
      }
      const { size, rotate, restoreLevels } = options;
      const hints = this.#tools.hintsOf(job.input);
      const look = { workingSize: size, rotate, restoreLevels, hints, reference };
      const analyzed = await analyzeDecoded(decoded, inputPath, tools, look, { signal });
      const { width, height } = analyzed.size;
      const furtherLook = { ...look, hints: undefined }; // whose places are on the first page
      const analyzePage = async (page: OpenPage) =>
        analyzeDecoded(await page.decode(this.#memory), inputPath, tools, furtherLook, { signal });
      const { written, notices } =
        furtherPages.length === 0
          ? await this.#writeAll(job, analyzed)
          : await this.#writePages(job, analyzed, furtherPages, analyzePage);
      const entry: DoneEntry = {
        input: { path: inputPath === undefined ? job.input : resolve(inputPath), ...file },
        outputs: written,
        settings: job.settings,
        ...this.#tools.identity,
        ...{ width, height, notices },
        seconds: Number(seconds().toFixed(3)),
        finished: new Date().toISOString(),
      };
      await job.journal?.done(entry);
      const photo = { width, height, scenes: analyzed.scenes };
      return { job, photo, entry, notices, seconds: seconds() };
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
  ): Promise<{ written: WrittenFile[]; notices: readonly Notice[] }> {
    const outputs = [job.output, ...job.alternatives];
    const written: WrittenFile[] = [];
    let notices: readonly Notice[] = []; // of the first colouring
    const colorings = analyzed.alternatives(outputs.length, this.#tools.options);
    for (const [i, chroma] of colorings.entries()) {
      const photo = await analyzed.compose(chroma, this.#tools.options);
      if (i === colorings.length - 1) analyzed.release();
      const notKept = await this.#encode(photo, outputs[i]!, job, written);
      if (i === 0) notices = [...photo.facts.notices, ...notKept];
      this.#memory.give(photo.facts.pixels);
    }
    if (job.uncertainty !== undefined) {
      await this.#write(await analyzed.uncertainty().toBuffer(), job.uncertainty, job, written);
    }
    const { length } = colorings;
    return { written, notices: [...notices, ...fewerAlternatives(length, outputs.length)] };
  }

  /** The same for a picture of several pages: files of all of them; the uncertainty is of the first. */
  async #writePages(
    job: Job,
    first: AnalyzedPhoto,
    others: readonly OpenPage[],
    analyze: (page: OpenPage) => Promise<AnalyzedPhoto>,
  ): Promise<{ written: WrittenFile[]; notices: readonly Notice[] }> {
    const { options } = this.#tools;
    const outputs = [job.output, ...job.alternatives];
    const files = new PageFiles();
    for (const page of [undefined, ...others]) {
      const analyzed = page ? await analyze(page) : first;
      const colorings = analyzed.alternatives(outputs.length, options);
      const encoded: Uint8Array[] = [];
      let notices: readonly Notice[] = [];
      for (const chroma of colorings) {
        const photo = await analyzed.compose(chroma, options);
        const { bytes, notices: notKept } = await photo.encode("tiff", options);
        if (encoded.length === 0) notices = [...photo.facts.notices, ...notKept];
        encoded.push(bytes);
        this.#memory.give(photo.facts.pixels);
      }
      analyzed.release();
      files.add(encoded, [...notices, ...fewerAlternatives(colorings.length, outputs.length)]);
    }
    const written: WrittenFile[] = [];
    for (const file of files.joined()) {
      await this.#write(file, outputs[written.length]!, job, written);
    }
    if (job.uncertainty !== undefined) {
      await this.#write(await first.uncertainty().toBuffer(), job.uncertainty, job, written);
    }
    return { written, notices: files.notices };
  }

  async #encode(
    photo: ComposedPhoto,
    output: string,
    job: Job,
    written: WrittenFile[],
  ): Promise<readonly Notice[]> {
    const { format, quality, provenance } = this.#tools.options;
    const encoding = { provenance, ...(quality === undefined ? {} : { quality }) };
    const wanted = output === STANDARD_STREAM ? format : formatOfFileName(output);
    const { bytes, notices } = await photo.encode(wanted, encoding);
    await this.#write(bytes, output, job, written);
    return notices;
  }

  /** Writes a file of a job, announces it in the journal before, and adds it to what is written. */
  async #write(bytes: Uint8Array, output: string, job: Job, written: WrittenFile[]): Promise<void> {
    if (output === STANDARD_STREAM) {
      await this.#tools.streams.stdout.writeFile(bytes);
      written.push({ path: output, size: bytes.length, sha256: sha256Of(bytes) });
      return;
    }
    const announce = async (file: WrittenFile) => {
      await job.journal?.willWrite(file);
      written.push({ ...file, path: resolve(file.path) });
    };
    const like = job.input === STANDARD_STREAM ? undefined : job.input;
    await writeWhole(output, bytes, { overwrite: job.replace, like }, announce);
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
