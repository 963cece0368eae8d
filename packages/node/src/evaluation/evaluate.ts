// Runs candidates over labelled or unlabelled photographs and measures every picture.

import { availableParallelism } from "node:os";
import type { ChromaPlanes } from "@let-there-be-color/core/color";
import type { ColorAnalysis } from "@let-there-be-color/core/colorize";
import { bestClass, type PictureMeasures, rankOfClass } from "@let-there-be-color/core/evaluation";
import { UserError } from "@let-there-be-color/core/user-error";
import { type Dataset, itemPath } from "../dataset/dataset.js";
import { packItems } from "../dataset/item-table.js";
import { usualMinimumChroma } from "../dataset/usual-options.js";
import type { Watch } from "../watch.js";
import { type Pairing, pairPictures } from "./pairing.js";
import type {
  MeasuredPicture,
  PictureTask,
  PreparedPicture,
  RejectedPicture,
  ShownPicture,
} from "./picture-task.js";
import { type PictureInWork, PictureWorkers } from "./picture-workers.js";
import type { Protocol } from "./protocol.js";
import { AVERAGE_COLOR, BASELINES, type Candidate, type ModelCandidate } from "./systems.js";

/** More threads are started only when asked for: each holds several pictures. */
const MOST_WORKERS = 8;

export interface EvaluationOptions {
  readonly truth: Dataset;
  /** One, or several to compare; differences are those of the first two. */
  readonly candidates: readonly Candidate[];
  readonly protocol: Protocol;
  /** Truths with less mean chroma, CIELAB units, are left out as grey. Default {@link usualMinimumChroma}. */
  readonly minimumChroma?: number | undefined;
  /** (a*, b*) of the average colour baseline. Default {@link AVERAGE_COLOR}. */
  readonly averageColor?: readonly [number, number] | undefined;
  /** Threads that decode and measure. Default: the cores that the network leaves, 1 to 8. */
  readonly workers?: number | undefined;
  /** Evaluate at most so many pictures, spread evenly over the data set. Default: all. */
  readonly limit?: number | undefined;
}

/** What a candidate's classifier said. */
export interface SceneResult {
  /** Most probable class. */
  readonly best: string;
  /** Its probability, 0..1. */
  readonly probability: number;
  /** Place of the true class, 0 for the highest; -1 if the model does not know the class. */
  readonly rank: number;
}

/** The measures of one picture. */
export interface PictureRow extends Omit<MeasuredPicture, "systems"> {
  readonly item: number;
  readonly name: string;
  /** Class of the data set; null without a label. */
  readonly className: string | null;
  /** Of the candidates, then of the baselines grey and average colour. */
  readonly systems: readonly PictureMeasures[];
  /** For each candidate: null without a classifier. */
  readonly scenes: readonly (SceneResult | null)[];
}

/** A picture that could not be judged. */
export interface EvaluationFailure {
  readonly name: string;
  readonly reason: string;
}

export type EvaluationEvent =
  | { readonly type: "picture"; readonly row: PictureRow }
  | { readonly type: "failed"; readonly failure: EvaluationFailure }
  | { readonly type: "grey"; readonly name: string };

/** One more picture is done with. */
export type EvaluationProgress = EvaluationEvent & {
  /** Pictures done with. */
  readonly done: number;
  /** Pictures in all. */
  readonly pictures: number;
};

/** What became of all pictures, in the order of the data set. */
export interface EvaluatedPictures {
  readonly rows: readonly PictureRow[];
  readonly failures: readonly EvaluationFailure[];
  /** Names of the pictures whose truth is grey itself. */
  readonly grey: readonly string[];
}

/** Where the time went, in seconds. */
export interface EvaluationTime {
  /** In the networks and in reading their distributions, of all candidates. */
  network: number;
  /** The main thread had no picture to give to the network. */
  waiting: number;
  /** In the metrics, of all threads together. */
  measure: number;
  /** From start to end. */
  wall: number;
}

/**
 * An evaluation with its threads. Close it when it is no longer needed.
 *
 * @example
 * const truth = await openDataset(["photographs.zip"]);
 * const model = await loadModelCandidate("runs/first/model.onnx");
 * const protocol = parseProtocol("short256");
 * await using evaluation = await Evaluation.start({ truth, candidates: [model], protocol });
 * const { rows } = await evaluation.collect();
 * const { systemNames } = evaluation;
 * const { systems } = summarize(rows, { systemNames, candidates: 1, seed: 0 });
 */
export class Evaluation {
  readonly time: EvaluationTime = { network: 0, waiting: 0, measure: 0, wall: 0 };
  /** Names of the candidates, then of the baselines. */
  readonly systemNames: readonly string[];
  readonly #options: EvaluationOptions;
  readonly #workers: PictureWorkers;
  readonly #pairings: readonly (Pairing | null)[];

  private constructor(
    options: EvaluationOptions,
    workers: PictureWorkers,
    pairings: readonly (Pairing | null)[],
  ) {
    this.#options = options;
    this.#workers = workers;
    this.#pairings = pairings;
    this.systemNames = [...options.candidates.map(({ name }) => name), ...BASELINES];
  }

  /**
   * Starts the threads.
   *
   * @throws UserError if no picture of a folder to judge has the name of a truth
   */
  static async start(options: EvaluationOptions): Promise<Evaluation> {
    const {
      truth,
      candidates,
      protocol,
      minimumChroma = usualMinimumChroma,
      averageColor = AVERAGE_COLOR,
    } = options;
    const workers = options.workers ?? coresLeftBy(candidates);
    const pairings = candidates.map((candidate) => {
      if (candidate.kind === "model") return null;
      const pairing = pairPictures(truth, candidate.pictures);
      if (pairing.predictionOf.every((index) => index < 0)) {
        const given = candidate.pictures.sources[0]!.givenPath;
        throw new UserError(
          "data-invalid",
          `No picture of ${given} has the name of a picture of ${truth.sources[0]!.givenPath} (such as ${truth.items[0]!.name}); give predictions the names of their truths, with any extension.`,
        );
      }
      return pairing;
    });
    const threads = await PictureWorkers.start(workers, {
      truth: packItems(truth),
      candidates: candidates.map((c) => (c.kind === "model" ? null : packItems(c.pictures))),
      protocol,
      minimumChroma,
      averageColor,
    });
    return new Evaluation(options, threads, pairings);
  }

  /** Threads that decode and measure. */
  get workers(): number {
    return this.#workers.count;
  }

  /** Number of pictures that {@link run} will look at. */
  get pictures(): number {
    const { truth, limit = Number.POSITIVE_INFINITY } = this.#options;
    return Math.min(truth.items.length, limit);
  }

  /** Measures the pictures in the order of the data set; then names what has no truth. */
  async *run(): AsyncGenerator<EvaluationEvent, void, undefined> {
    const { items } = this.#options.truth;
    const start = performance.now();
    const chosen = Array.from({ length: this.pictures }, (_, i) =>
      Math.floor((i * items.length) / this.pictures),
    );
    for await (const event of this.#inOrder(chosen)) {
      this.time.wall = (performance.now() - start) / 1000;
      yield event;
    }
    for (const [c, pairing] of this.#pairings.entries()) {
      for (const name of pairing?.unused ?? []) {
        const reason = `a picture of ${this.systemNames[c]} without a truth of its name`;
        yield { type: "failed", failure: { name, reason } };
      }
    }
    this.time.wall = (performance.now() - start) / 1000;
  }

  /**
   * Measures all pictures.
   *
   * @throws the reason of `signal` if it is aborted
   */
  async collect({
    signal,
    onProgress,
  }: Watch<EvaluationProgress> = {}): Promise<EvaluatedPictures> {
    const rows: PictureRow[] = [];
    const failures: EvaluationFailure[] = [];
    const grey: string[] = [];
    signal?.throwIfAborted();
    for await (const event of this.run()) {
      if (event.type === "picture") rows.push(event.row);
      else if (event.type === "failed") failures.push(event.failure);
      else grey.push(event.name);
      const done = rows.length + failures.length + grey.length;
      onProgress?.({ ...event, done, pictures: this.pictures });
      signal?.throwIfAborted();
    }
    return { rows, failures, grey };
  }

  /** Pictures for the report: as data URIs. */
  async show(item: number): Promise<ShownPicture> {
    const task = this.#task(item, "show");
    if (typeof task === "string") throw new Error(task);
    const work = this.#workers.begin(task);
    const prepared = await work.prepared;
    if (prepared.outcome !== "prepared") throw new Error(prepared.reason);
    const { chroma } = await this.#predict(prepared, null);
    const shown = await work.finish(chroma);
    if (!("truth" in shown) || !("candidates" in shown)) throw new Error("no picture came back");
    return shown;
  }

  /** The same as {@link close}, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  /** Ends the threads and frees the models. */
  async close(): Promise<void> {
    await this.#workers.close();
    const models = new Set(
      this.#options.candidates.flatMap((c) => (c.kind === "model" ? c.model : [])),
    );
    for (const model of models) await model.close();
  }

  /** The threads decode ahead and measure behind, while the network sees one picture at a time. */
  async *#inOrder(items: readonly number[]): AsyncGenerator<EvaluationEvent, void, undefined> {
    // A picture passes its thread's event loop several times, behind others that are measured.
    const ahead = 4 * this.#workers.count + 4;
    const begun: { item: number; work: PictureInWork | string }[] = [];
    const measured: Finishing[] = [];
    let next = 0;
    while (next < items.length || begun.length > 0 || measured.length > 0) {
      while (next < items.length && begun.length < ahead) {
        const item = items[next++]!;
        const task = this.#task(item, "measure");
        begun.push({ item, work: typeof task === "string" ? task : this.#workers.begin(task) });
      }
      const current = begun.shift();
      if (current) measured.push(await this.#toNetwork(current.item, current.work));
      while (measured.length > (begun.length > 0 ? ahead : 0)) yield await measured.shift()!.event;
    }
  }

  /** Runs the network on a picture as soon as it is decoded. */
  async #toNetwork(item: number, work: PictureInWork | string): Promise<Finishing> {
    const event = (result: RejectedPicture): EvaluationEvent =>
      result.outcome === "grey"
        ? { type: "grey", name: this.#nameOf(item) }
        : { type: "failed", failure: { name: this.#nameOf(item), reason: result.reason } };
    const rejected = (reason: string) => event({ outcome: "failed", reason });
    if (typeof work === "string") return { event: Promise.resolve(rejected(work)) };
    const start = performance.now();
    const prepared = await work.prepared;
    this.time.waiting += (performance.now() - start) / 1000;
    if (prepared.outcome !== "prepared") return { event: Promise.resolve(event(prepared)) };
    let predicted: Prediction;
    try {
      predicted = await this.#predict(prepared, this.#classOf(item));
    } catch (error) {
      work.drop();
      return { event: Promise.resolve(rejected((error as Error).message.split("\n", 1)[0]!)) };
    }
    const finished = work.finish(predicted.chroma).then((result): EvaluationEvent => {
      if ("outcome" in result) return event(result);
      const measured = result as MeasuredPicture;
      this.time.measure += measured.measureSeconds;
      const name = this.#nameOf(item);
      const className = this.#classOf(item);
      return {
        type: "picture",
        row: { ...measured, item, name, className, scenes: predicted.scenes },
      };
    });
    finished.catch(() => undefined); // counts when the event is awaited
    return { event: finished };
  }

  async #predict(
    { lightness, width, height }: PreparedPicture,
    className: string | null,
  ): Promise<Prediction> {
    const chroma: (ChromaPlanes | null)[] = [];
    const scenes: (SceneResult | null)[] = [];
    const analyzed: { readonly by: ModelCandidate; readonly analysis: ColorAnalysis }[] = [];
    for (const candidate of this.#options.candidates) {
      if (candidate.kind === "folder") {
        chroma.push(null);
        scenes.push(null);
        continue;
      }
      const { model, workingSize, colors } = candidate;
      const start = performance.now();
      // Read-outs of one model differ in what they make of one run.
      const known = analyzed.find(({ by }) => by.model === model && by.workingSize === workingSize);
      const picture = { lightness, width, height };
      const analysis = known?.analysis ?? (await model.analyze(picture, { workingSize }));
      analyzed.push({ by: candidate, analysis });
      chroma.push(analysis.render(colors === undefined ? {} : { colors }));
      this.time.network += (performance.now() - start) / 1000;
      scenes.push(sceneResult(candidate, analysis.sceneLogits, className));
    }
    return { chroma, scenes };
  }

  #nameOf(item: number): string {
    return itemPath(this.#options.truth, this.#options.truth.items[item]!);
  }

  #classOf(item: number): string | null {
    const { items, classes } = this.#options.truth;
    return classes[items[item]!.label] ?? null;
  }

  #task(item: number, purpose: PictureTask["purpose"]): PictureTask | string {
    const predictions: number[] = [];
    for (const [c, pairing] of this.#pairings.entries()) {
      if (pairing?.ambiguous.has(item)) {
        return `several pictures of ${this.systemNames[c]} have its name`;
      }
      const index = pairing ? pairing.predictionOf[item]! : -1;
      if (pairing && index < 0) return `${this.systemNames[c]} has no picture of its name`;
      predictions.push(index);
    }
    return { item, predictions, purpose };
  }
}

/** Cores that neither the networks nor, where these do not use the CPU, the main thread needs. */
function coresLeftBy(candidates: readonly Candidate[]): number {
  const threads = candidates.map((c) => (c.kind === "model" ? c.threads : 0));
  return Math.min(Math.max(availableParallelism() - Math.max(...threads, 1), 1), MOST_WORKERS);
}

/** A picture on its way back from its thread, wrapped so that it can be passed on unawaited. */
interface Finishing {
  readonly event: Promise<EvaluationEvent>;
}

interface Prediction {
  readonly chroma: readonly (ChromaPlanes | null)[];
  readonly scenes: readonly (SceneResult | null)[];
}

function sceneResult(
  { model }: ModelCandidate,
  logits: Float32Array | undefined,
  className: string | null,
): SceneResult | null {
  if (!logits) return null;
  const { index, probability } = bestClass(logits);
  const { classes } = model.metadata;
  const label = className === null ? -1 : classes.indexOf(className);
  return {
    best: classes[index] ?? `class ${index}`,
    probability,
    rank: label < 0 ? -1 : rankOfClass(logits, label),
  };
}
