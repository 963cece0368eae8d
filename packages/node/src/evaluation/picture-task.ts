// What passes between the evaluation and its threads. A picture stays with one thread: it is
// decoded there, its lightness travels to the network, the network's chroma travels back, and the
// pixels are composed and measured where the truth already is.

import type { ChromaPlanes } from "@let-there-be-color/core/color";
import type {
  ChromaCounts,
  OwnMeasures,
  PictureMeasures,
} from "@let-there-be-color/core/evaluation";
import type { ItemColumns } from "../dataset/item-table.js";
import type { Protocol } from "./protocol.js";

/** What a thread is started with. */
export interface PictureWorkerSetup {
  readonly truth: ItemColumns;
  /** For each candidate: its pictures, or null for a model. */
  readonly candidates: readonly (ItemColumns | null)[];
  readonly protocol: Protocol;
  /** Truths with less mean chroma, CIELAB units, count as grey. */
  readonly minimumChroma: number;
  /** (a*, b*) of the average colour baseline. */
  readonly averageColor: readonly [number, number];
}

/** What to do with one picture. */
export interface PictureTask {
  readonly item: number;
  /** For each candidate: the index of its prediction; -1 for a model. */
  readonly predictions: readonly number[];
  /** Measure it, or make pictures for the report. */
  readonly purpose: "measure" | "show";
}

export type ToWorker =
  | { readonly type: "prepare"; readonly ticket: number; readonly task: PictureTask }
  | {
      readonly type: "finish";
      readonly ticket: number;
      /** For each candidate: its chroma; null for a folder. */
      readonly chroma: readonly (ChromaPlanes | null)[];
    }
  | { readonly type: "drop"; readonly ticket: number };

export interface PreparedPicture {
  readonly outcome: "prepared";
  readonly width: number;
  readonly height: number;
  /** L* 0..100: `[height, width]`. */
  readonly lightness: Float32Array;
}

export interface RejectedPicture {
  readonly outcome: "grey" | "failed";
  /** What is wrong; empty for grey. */
  readonly reason: string;
}

export interface MeasuredPicture {
  readonly width: number;
  readonly height: number;
  readonly meanChroma: number;
  readonly truth: OwnMeasures;
  readonly counts: ChromaCounts;
  /** Of the candidates, then of the baselines. */
  readonly systems: readonly PictureMeasures[];
  /** Mean distance of the first two candidates in the a*b* plane; 0 for one candidate. */
  readonly disagreement: number;
  /** Seconds that composing pixels and computing metrics took. */
  readonly measureSeconds: number;
}

/** Data URIs. */
export interface ShownPicture {
  readonly grey: string;
  readonly candidates: readonly string[];
  readonly truth: string;
  readonly width: number;
  readonly height: number;
}

export type FromWorker =
  | {
      readonly type: "prepared";
      readonly ticket: number;
      readonly result: PreparedPicture | RejectedPicture;
    }
  | {
      readonly type: "finished";
      readonly ticket: number;
      readonly result: MeasuredPicture | ShownPicture | RejectedPicture;
    };
