// The journal: one JSON object a line. A process appends to it; what a killed one wrote after its
// last checkpoint is cut off when the run is resumed, so every step appears once.

import { closeSync, fsyncSync, openSync, writeSync } from "node:fs";
import { readFile } from "node:fs/promises";
import type { Averages, PhasePlan } from "@let-there-be-color/core/training";
import { writeFileDurably } from "./atomic-file.js";

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
export interface StepsRecord extends Averages {
  readonly type: "steps";
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
export interface ValidationRecord extends Averages {
  readonly type: "validation";
  readonly step: number;
  /** Epoch of the run, from 1. */
  readonly epoch: number;
  /** From 1. */
  readonly phase: number;
  /** Side of the validation pictures in pixels. */
  readonly crop: number;
  readonly pictures: number;
  /** Root mean square error of a* and b*, in CIELAB units. */
  readonly abError: number;
  /** Means over the training steps of this epoch. */
  readonly training: Averages;
  /** Whether this is the lowest colour loss of the phase so far. */
  readonly improved: boolean;
}

export type JournalRecord = StartRecord | ResumeRecord | StepsRecord | ValidationRecord;

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
    writeSync(this.#descriptor, `${JSON.stringify(record)}\n`);
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
  return (await wholeLines(path)).map((line) => JSON.parse(line) as JournalRecord);
}

async function wholeLines(path: string): Promise<string[]> {
  try {
    return (await readFile(path, "utf8")).split("\n").slice(0, -1);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}
