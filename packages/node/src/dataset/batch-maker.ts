// Makes one batch. Everything random here is drawn by (seed, purpose, epoch, position, ...), where
// position counts the pictures of an epoch: no batch depends on another, or on who makes it.

import { rgbToLab } from "@let-there-be-color/core/color";
import { randomUniform } from "@let-there-be-color/core/random";
import type { Batch } from "@let-there-be-color/core/training";
import { UserError } from "@let-there-be-color/core/user-error";
import type { BatchPlan } from "./batch-plan.js";
import type { ItemReader } from "./item-reader.js";
import { type ItemColumns, nameOf } from "./item-table.js";
import { cropPicture, decodePicture, type RgbPicture, sampledMeanChroma } from "./picture.js";
import type { PictureCache } from "./picture-cache.js";
import { viewOf } from "./view.js";

/** What the random numbers of a training run are drawn for. */
export const Draw = { order: 1, substitute: 2, cropLeft: 3, cropTop: 4, flip: 5, view: 6 } as const;

/** Which batch to make. */
export interface BatchJob {
  readonly epoch: number;
  /** Place in the epoch of the batch's first picture. */
  readonly firstPosition: number;
  /** Items that the batch consists of, unless some are rejected: at most batchSize. */
  readonly items: Uint32Array;
}

/** A picture that was not used. */
export interface Rejection {
  readonly item: number;
  /** What is wrong with the file; null if the picture is merely grey. */
  readonly broken: string | null;
}

export interface MadeBatch {
  readonly batch: Batch;
  readonly rejections: readonly Rejection[];
}

export interface BatchTools {
  readonly plan: BatchPlan;
  readonly columns: ItemColumns;
  readonly reader: ItemReader;
  readonly cache: PictureCache;
}

/** Draws for one place in a batch before the data set is given up as unusable. */
const maximumAttempts = 64;
/** Pictures decoded at a time, so that decoding (in native threads) and our part overlap. */
const lanes = 2;

/**
 * Makes a batch, or stops early with null once `isCancelled` says so.
 *
 * @throws UserError if 64 draws in a row give no usable picture, or if a zip has gone.
 */
export async function makeBatch(
  job: BatchJob,
  tools: BatchTools,
  isCancelled: () => boolean,
): Promise<MadeBatch | null> {
  const { batchSize, crop } = tools.plan;
  const pixels = crop * crop;
  const lightness = new Float32Array(batchSize * pixels);
  const ab = new Float32Array(batchSize * 2 * pixels);
  const labels = new BigInt64Array(batchSize).fill(-1n);
  const filled = new Uint8Array(batchSize);
  const rejected: Rejection[][] = Array.from(job.items, () => []);

  let nextSlot = 0;
  const fillSlots = async (): Promise<void> => {
    while (nextSlot < job.items.length && !isCancelled()) {
      const slot = nextSlot++;
      const usable = await findUsable(job, slot, tools, rejected[slot]!, isCancelled);
      if (!usable) continue;
      rgbToLab(
        cropFor(job, slot, usable.picture, tools.plan),
        pixels,
        lightness.subarray(slot * pixels, (slot + 1) * pixels),
        ab.subarray(slot * 2 * pixels, (slot + 1) * 2 * pixels),
      );
      labels[slot] = BigInt(tools.columns.label[usable.item]!);
      filled[slot] = 1;
    }
  };
  await Promise.all(Array.from({ length: lanes }, fillSlots));
  if (isCancelled()) return null;

  const batch = compact({ count: 0, size: batchSize, lightness, ab, labels }, filled, pixels);
  return { batch, rejections: rejected.flat() };
}

interface UsablePicture {
  readonly item: number;
  readonly picture: RgbPicture;
}

/** The picture for a place of the batch: its own, else (in training only) a substitute. */
async function findUsable(
  job: BatchJob,
  slot: number,
  tools: BatchTools,
  rejected: Rejection[],
  isCancelled: () => boolean,
): Promise<UsablePicture | null> {
  const { mode, seed } = tools.plan;
  const { length } = tools.columns;
  const attempts = mode === "training" ? maximumAttempts : 1;
  const position = job.firstPosition + slot;
  let item = job.items[slot]!;
  for (let attempt = 1; attempt <= attempts && !isCancelled(); attempt++) {
    const result = await tryPicture(item, tools);
    if ("picture" in result) return result;
    rejected.push(result);
    item = Math.floor(randomUniform(seed, Draw.substitute, job.epoch, position, attempt) * length);
  }
  if (mode === "validation" || isCancelled()) return null;
  const { item: last, broken } = rejected[rejected.length - 1]!;
  throw new UserError(
    "data-invalid",
    `No usable picture in ${attempts} draws; the last one, ${nameOf(tools.columns, last).name}, is ${broken === null ? "grey" : `broken (${broken})`}. Check the data set, or lower \`minimumChroma\` (${tools.plan.minimumChroma}) if it is meant to be nearly grey.`,
  );
}

async function tryPicture(item: number, tools: BatchTools): Promise<UsablePicture | Rejection> {
  const { resize, minimumChroma, views } = tools.plan;
  const known = tools.cache.find(item);
  if (known) return known === "grey" ? { item, broken: null } : { item, picture: known };
  let picture: RgbPicture;
  try {
    picture = await decodePicture(await tools.reader.read(item), resize, !views);
  } catch (error) {
    if (error instanceof UserError) throw error;
    return { item, broken: (error as Error).message.split("\n", 1)[0]! };
  }
  if (minimumChroma > 0 && sampledMeanChroma(picture) < minimumChroma) {
    tools.cache.keepGrey(item);
    return { item, broken: null };
  }
  tools.cache.keep(item, picture);
  return { item, picture };
}

function cropFor(job: BatchJob, slot: number, picture: RgbPicture, plan: BatchPlan): Uint8Array {
  const { mode, crop, seed, views } = plan;
  const { width, height } = picture;
  const shortSide = Math.min(width, height);
  if (mode === "validation") {
    if (views)
      return viewOf(
        picture,
        (width - shortSide) >> 1,
        (height - shortSide) >> 1,
        shortSide,
        crop,
        false,
      );
    return cropPicture(picture, (width - crop) >> 1, (height - crop) >> 1, crop, false);
  }
  const draw = (purpose: number): number =>
    randomUniform(seed, purpose, job.epoch, job.firstPosition + slot);
  const flip = draw(Draw.flip) < 0.5;
  const place = (side: number): [left: number, top: number] => [
    Math.floor(draw(Draw.cropLeft) * (width - side + 1)),
    Math.floor(draw(Draw.cropTop) * (height - side + 1)),
  ];
  if (!views) return cropPicture(picture, ...place(crop), crop, flip);
  // No closer than the pixels that there are, unless the picture is smaller than the crop.
  const least = Math.max(views[0], Math.min(views[1], crop / shortSide));
  const share = least * (views[1] / least) ** draw(Draw.view);
  const side = Math.min(shortSide, Math.max(1, Math.round(share * shortSide)));
  return viewOf(picture, ...place(side), side, crop, flip);
}

/** Closes the gaps that rejected pictures left; what follows the last picture is zero. */
function compact(batch: Batch, filled: Uint8Array, pixels: number): Batch {
  const { size, lightness, ab, labels } = batch;
  let count = 0;
  for (let slot = 0; slot < size; slot++) {
    if (!filled[slot]) continue;
    if (slot > count) {
      lightness.copyWithin(count * pixels, slot * pixels, (slot + 1) * pixels);
      ab.copyWithin(count * 2 * pixels, slot * 2 * pixels, (slot + 1) * 2 * pixels);
      labels[count] = labels[slot]!;
    }
    count++;
  }
  lightness.fill(0, count * pixels);
  ab.fill(0, count * 2 * pixels);
  labels.fill(-1n, count);
  return { ...batch, count };
}
