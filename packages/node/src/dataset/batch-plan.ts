import { availableParallelism } from "node:os";
import { UserError } from "@let-there-be-color/core/user-error";
import { usualMinimumChroma, usualResize } from "./usual-options.js";

export interface BatchLoaderOptions {
  /**
   * `training`: a new random order each epoch, random crops, flips, whole batches only; broken and
   * grey pictures are replaced. `validation`: every picture once, in order, centre crop; broken
   * and grey pictures are left out and the last batch may be partial.
   */
  readonly mode: "training" | "validation";
  /** Pictures in a batch, at least 1. */
  readonly batchSize: number;
  /** Side of the square crops, in pixels. */
  readonly crop: number;
  /**
   * Short side that pictures are scaled to before cropping, in pixels; at least `crop`. Default:
   * {@link usualResize}.
   */
  readonly resize?: number | undefined;
  /**
   * Shares of a picture's short side that a training crop shows, least and most, 0 to 1: what is
   * shown is scaled to the crop. Pictures are then kept at their own size, up to a short side of
   * `resize`, and never enlarged before they are cropped; crops of validation show the whole short
   * side. Default: none, crops are cut from pictures scaled to `resize`.
   */
  readonly views?: readonly [least: number, most: number] | undefined;
  /** Seed of the order, the crops, the flips and the substitutes: a 32-bit integer. Default 0. */
  readonly seed?: number | undefined;
  /**
   * Pictures whose mean chroma sqrt(a*^2 + b*^2) is less, in CIELAB units, count as grey and are
   * not used. Default {@link usualMinimumChroma}; 0 keeps all.
   */
  readonly minimumChroma?: number | undefined;
  /** Threads that prepare batches. Default: a quarter of the processors, 1 to 8. */
  readonly workers?: number | undefined;
  /** Batches prepared ahead, which are kept in memory. Default: 4, or two for each worker. */
  readonly lookahead?: number | undefined;
  /**
   * Memory for decoded pictures, which later epochs take from there, in bytes; used in blocks of
   * 64 MiB as it fills. Default 0: all pictures are decoded in every epoch.
   */
  readonly cacheBytes?: number | undefined;
}

/** All that the content of batches depends on, besides the data set. */
export interface BatchPlan {
  readonly mode: "training" | "validation";
  readonly batchSize: number;
  readonly crop: number;
  readonly resize: number;
  readonly seed: number;
  readonly minimumChroma: number;
  readonly views?: readonly [least: number, most: number];
}

/** Fills in the defaults. Throws a UserError for a value out of range. */
export function resolveBatchOptions(options: BatchLoaderOptions): {
  readonly plan: BatchPlan;
  readonly workers: number;
  readonly lookahead: number;
  readonly cacheBytes: number;
} {
  const batchSize = integer("batchSize", options.batchSize, 1, 65536);
  const crop = integer("crop", options.crop, 1, 4096);
  const resize = integer("resize", options.resize ?? usualResize(crop), crop, 8192);
  const seed = integer("seed", options.seed ?? 0, -(2 ** 31), 2 ** 32 - 1);
  const minimumChroma = options.minimumChroma ?? usualMinimumChroma;
  if (!(minimumChroma >= 0 && minimumChroma <= 128)) {
    throw new UserError(
      "option-invalid",
      `Expected \`minimumChroma\` from 0 to 128 but received ${minimumChroma}.`,
    );
  }
  const { views } = options;
  if (views && !(views[0] > 0 && views[0] <= views[1] && views[1] <= 1)) {
    throw new UserError(
      "data-invalid",
      `Expected views between 0 and 1, the least first, but received ${views.join(" to ")}.`,
    );
  }
  const usual = Math.min(8, Math.max(1, Math.floor(availableParallelism() / 4)));
  const workers = integer("workers", options.workers ?? usual, 1, 256);
  const lookahead = integer("lookahead", options.lookahead ?? Math.max(4, 2 * workers), 1, 1024);
  return {
    plan: {
      mode: options.mode,
      batchSize,
      crop,
      resize,
      seed,
      minimumChroma,
      ...(views ? { views } : {}),
    },
    workers,
    lookahead,
    cacheBytes: options.cacheBytes ?? 0,
  };
}

/** Checks an integer option. */
export function integer(name: string, value: number, least: number, most: number): number {
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new UserError(
      "option-invalid",
      `Expected \`${name}\` from ${least} to ${most} (whole) but received ${value}.`,
    );
  }
  return value;
}
