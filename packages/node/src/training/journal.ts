// The journal: one JSON object a line. A process appends to it; what a killed one wrote after its
// last checkpoint is cut off when the run is resumed, so every step appears once. In the file the
// measures stand beside a record's other fields, under their names.

import { closeSync, fsyncSync, openSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import type { Averages } from "@let-there-be-color/core/objective";
import type { PhasePlan } from "@let-there-be-color/core/training";
import { writeFileDurably } from "../files/atomic-file.js";

/** First line of a run. */
export interface StartRecord {
  readonly type: "start";
  readonly time: string;
  readonly versions: Readonly<Record<string, string>>;
  readonly seed: number;
  readonly plan: readonly PhasePlan[];
  readonly configuration: unknown;
}

/** A process continued the run from a checkpoint. */
export interface ResumeRecord {
  readonly type: "resume";
  readonly time: string;
  readonly step: number;
  readonly versions: Readonly<Record<string, string>>;
  readonly configuration: unknown;
}

/** Means over the steps since the last such line. */
export interface StepsRecord {
  readonly type: "steps";
  readonly measures: Averages;
  /** Last step of the window, counted from 1. */
  readonly step: number;
  /** Epoch of the run, from 1. */
  readonly epoch: number;
  /** From 1. */
  readonly phase: number;
  /** Rate of the last step. */
  readonly learningRate: number;
  /** Mean L2 norm of the gradients before clipping. */
  readonly gradientNorm: number;
  /** Speed of this process over the window, without validation and checkpoints. */
  readonly imagesPerSecond: number;
}

/** The end of an epoch. */
export interface ValidationRecord {
  readonly type: "validation";
  /** Means over the validation pictures. */
  readonly measures: Averages;
  readonly step: number;
  /** Epoch of the run, from 1. */
  readonly epoch: number;
  /** From 1. */
  readonly phase: number;
  /** Side of the validation pictures in pixels. */
  readonly crop: number;
  readonly pictures: number;
  /** Means over the training steps of this epoch. */
  readonly training: Averages;
  /** Whether this is the best model of the phase so far. */
  readonly improved: boolean;
}

export type JournalRecord = StartRecord | ResumeRecord | StepsRecord | ValidationRecord;

/** A record as it stands in files: measures beside the other fields. */
export function writtenRecord(record: JournalRecord): Record<string, unknown> {
  if (!("measures" in record)) return { ...record };
  const { measures, ...fields } = record;
  return { ...fields, ...measures };
}

/** The inverse of {@link writtenRecord}: what is no field of a record is a measure. */
export function readRecord(written: Readonly<Record<string, unknown>>): JournalRecord {
  const own = recordFields[written.type as keyof typeof recordFields];
  if (!own) return written as unknown as JournalRecord;
  const entries = Object.entries(written);
  const isField = ([name]: [string, unknown]) => own.includes(name);
  return {
    ...Object.fromEntries(entries.filter(isField)),
    measures: Object.fromEntries(entries.filter((entry) => !isField(entry))),
  } as unknown as JournalRecord;
}

const place = ["type", "step", "epoch", "phase"];
const recordFields: Readonly<Record<"steps" | "validation", readonly string[]>> = {
  steps: [...place, "learningRate", "gradientNorm", "imagesPerSecond"],
  validation: [...place, "crop", "pictures", "training", "improved"],
};

/** Appends records to a journal file. */
export class Journal {
  #descriptor: number;
  #lines: number;

  private constructor(path: string, lines: number) {
    this.#descriptor = openSync(path, "a");
    this.#lines = lines;
  }

  /** Starts a journal. @throws if the file exists. */
  static create(path: string): Journal {
    closeSync(openSync(path, "wx"));
    return new Journal(path, 0);
  }

  /**
   * Continues a journal after its first `lines` lines; later ones are deleted. A journal that was
   * shortened or removed by hand continues with what is there.
   */
  static async resume(path: string, lines: number): Promise<Journal> {
    const kept = (await wholeLines(path)).slice(0, lines);
    await writeFileDurably(path, kept.map((line) => `${line}\n`).join(""));
    return new Journal(path, kept.length);
  }

  /** Lines written so far, over all processes of the run. */
  get lines(): number {
    return this.#lines;
  }

  append(record: JournalRecord): void {
    // Unlike `writeSync`, goes on where a disk takes only a part, and so meets the error.
    writeFileSync(this.#descriptor, `${JSON.stringify(writtenRecord(record))}\n`);
    this.#lines++;
  }

  /** Returns once all lines are on the disk. */
  flush(): void {
    fsyncSync(this.#descriptor);
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}

/** The records of a journal; a last line cut short by a kill is left out. */
export async function readJournal(path: string): Promise<JournalRecord[]> {
  return (await wholeLines(path)).map((line) => readRecord(JSON.parse(line)));
}

async function wholeLines(path: string): Promise<string[]> {
  try {
    return (await readFile(path, "utf8")).split("\n").slice(0, -1);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}
