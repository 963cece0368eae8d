// A thread that decodes and measures pictures.

import { workerData } from "node:worker_threads";
import type { ChromaPlanes } from "@let-there-be-color/core/color";
import { composePixels } from "@let-there-be-color/core/colorize";
import { meanChromaDistance, TruePicture } from "@let-there-be-color/core/evaluation";
import sharp from "sharp";
import { ItemReader } from "../dataset/item-reader.js";
import { answer, serve } from "../threads/thread.js";
import type {
  FromWorker,
  MeasuredPicture,
  PictureTask,
  PictureWorkerSetup,
  PreparedPicture,
  RejectedPicture,
  ShownPicture,
  ToWorker,
} from "./picture-task.js";
import { decodeForProtocol, type JudgedPicture } from "./protocol.js";

/** A decoded picture that waits for the network. */
interface WaitingPicture {
  readonly task: PictureTask;
  readonly truth: TruePicture;
  /** RGB of each candidate that is a folder. */
  readonly predictions: readonly (Uint8Array | null)[];
  /** Measuring the truth itself. */
  readonly truthSeconds: number;
}

/** Longest side of a picture in the report, pixels. */
const SHOWN_SIDE = 256;

const setup = workerData as PictureWorkerSetup;
const truthReader = new ItemReader(setup.truth);
const readers = setup.candidates.map((columns) => columns && new ItemReader(columns));
const waiting = new Map<number, WaitingPicture>();
const inHand = new Set<Promise<void>>();

sharp.cache(false);
sharp.concurrency(1);

// Pictures are not queued: the next ones are read and decoded while this one is measured.
serve(
  (message: ToWorker) => {
    const handled = handle(message).finally(() => inHand.delete(handled));
    inHand.add(handled);
  },
  async () => {
    await Promise.all(inHand);
    await Promise.all([truthReader, ...readers].map((reader) => reader?.close()));
  },
);

async function handle(message: ToWorker): Promise<void> {
  switch (message.type) {
    case "prepare": {
      const result = await prepare(message.ticket, message.task);
      answer<FromWorker>({ type: "prepared", ticket: message.ticket, result });
      return;
    }
    case "finish": {
      const result = await finish(message.ticket, message.chroma);
      answer<FromWorker>({ type: "finished", ticket: message.ticket, result });
      return;
    }
    case "drop":
      waiting.delete(message.ticket);
  }
}

async function prepare(
  ticket: number,
  task: PictureTask,
): Promise<PreparedPicture | RejectedPicture> {
  try {
    const decoded = await decodeForProtocol(await truthReader.read(task.item), setup.protocol);
    const start = performance.now();
    const truth = new TruePicture(decoded.rgb, decoded.width, decoded.height);
    const truthSeconds = (performance.now() - start) / 1000;
    const predictions: (Uint8Array | null)[] = [];
    for (const [c, reader] of readers.entries()) {
      predictions.push(reader && (await readPrediction(reader, task.predictions[c]!, decoded)));
    }
    if (truth.meanChroma < setup.minimumChroma) return { outcome: "grey", reason: "" };
    waiting.set(ticket, { task, truth, predictions, truthSeconds });
    const { width, height } = truth;
    return { outcome: "prepared", width, height, lightness: truth.lightness };
  } catch (error) {
    return { outcome: "failed", reason: reasonOf(error) };
  }
}

/** A prediction of the truth's own size goes through the protocol, one of its size is taken as is. */
async function readPrediction(
  reader: ItemReader,
  index: number,
  truth: JudgedPicture,
): Promise<Uint8Array> {
  try {
    const bytes = await reader.read(index);
    const { width, height } = await sizeOf(bytes);
    const { original } = truth;
    if (width === original.width && height === original.height) {
      return (await decodeForProtocol(bytes, setup.protocol)).rgb;
    }
    if (width === truth.width && height === truth.height) {
      return (await decodeForProtocol(bytes, undefined)).rgb;
    }
    const judged = `${truth.width} x ${truth.height}`;
    const own = `${original.width} x ${original.height}`;
    const sizes = judged === own ? own : `${own} like the truth or ${judged} as it is judged`;
    throw new Error(`is ${width} x ${height} pixels, expected ${sizes}`);
  } catch (error) {
    throw new Error(`its prediction ${reasonOf(error)}`);
  }
}

async function sizeOf(bytes: Uint8Array): Promise<{ width: number; height: number }> {
  const { width, height, orientation = 1 } = await sharp(bytes).metadata();
  return orientation >= 5 ? { width: height, height: width } : { width, height };
}

async function finish(
  ticket: number,
  chroma: readonly (ChromaPlanes | null)[],
): Promise<MeasuredPicture | ShownPicture | RejectedPicture> {
  const picture = waiting.get(ticket)!;
  waiting.delete(ticket);
  const { truth, predictions, task } = picture;
  try {
    const candidates = chroma.map((planes, c) =>
      planes ? compose(truth, planes) : predictions[c]!,
    );
    return task.purpose === "show" ? await show(truth, candidates) : measure(picture, candidates);
  } catch (error) {
    return { outcome: "failed", reason: reasonOf(error) };
  }
}

function measure(
  { truth, truthSeconds }: WaitingPicture,
  candidates: readonly Uint8Array[],
): MeasuredPicture {
  const start = performance.now();
  const baselines = [uniformChroma([0, 0]), uniformChroma(setup.averageColor)];
  const compared = [
    ...candidates.map((rgb) => truth.compare(rgb)),
    ...baselines.map((planes) => truth.compare(compose(truth, planes))),
  ];
  const { width, height, meanChroma, counts, own } = truth;
  const [first, second] = compared;
  return {
    width,
    height,
    meanChroma,
    truth: own,
    counts,
    systems: compared.map(({ measures }) => measures),
    disagreement: candidates.length > 1 ? meanChromaDistance(first!.ab, second!.ab) : 0,
    measureSeconds: truthSeconds + (performance.now() - start) / 1000,
  };
}

function uniformChroma([a, b]: readonly [number, number]): ChromaPlanes {
  return { ab: new Float32Array([a, b]), width: 1, height: 1 };
}

/** The prediction as a file would hold it: 8 bits, in gamut, at the truth's lightness. */
function compose({ lightness, width, height }: TruePicture, chroma: ChromaPlanes): Uint8Array {
  const size = { width, height };
  return composePixels(lightness, chroma, size, { bitDepth: 8 }) as Uint8Array;
}

async function show(truth: TruePicture, candidates: readonly Uint8Array[]): Promise<ShownPicture> {
  const { width, height } = truth;
  return {
    grey: await dataUri(compose(truth, uniformChroma([0, 0])), width, height),
    candidates: await Promise.all(candidates.map((rgb) => dataUri(rgb, width, height))),
    truth: await dataUri(truth.rgb, width, height),
    width,
    height,
  };
}

async function dataUri(rgb: Uint8Array, width: number, height: number): Promise<string> {
  const jpeg = await sharp(rgb, { raw: { width, height, channels: 3 } })
    .resize(SHOWN_SIDE, SHOWN_SIDE, { fit: "inside", withoutEnlargement: true })
    .jpeg({ quality: 85, chromaSubsampling: "4:4:4", optimizeCoding: true })
    .toBuffer();
  return `data:image/jpeg;base64,${jpeg.toString("base64")}`;
}

function reasonOf(error: unknown): string {
  const { message } = error as Error;
  return message.split("\n", 1)[0]!;
}
