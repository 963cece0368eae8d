// A checkpoint is two files: `checkpoint-<step>.safetensors` with parameters and optimizer state,
// and `checkpoint-<step>.json` with everything else. The JSON names the other file's length and
// SHA-256 and is renamed into place last, so a checkpoint exists wholly or not at all.

import { readdir, readFile, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import type {
  PhasePlan,
  StepTotals,
  TrainingPosition,
  TrainingState,
} from "@let-there-be-color/core/training";
import { UserError } from "@let-there-be-color/core/user-error";
import { flushFolder, writeFileAtomically } from "../files/atomic-file.js";
import { makeFolder } from "../files/output-folder.js";
import { isAbandoned } from "../files/unfinished-file.js";
import { type FirstProgress, progressOfFormat1 } from "./earlier-formats.js";
import { readRecord, type ValidationRecord, writtenRecord } from "./journal.js";
import { readSafetensors, type SafeTensor, writeSafetensors } from "./safetensors.js";

/** Raised when the format changes; files of all versions are read. */
const formatVersion = 2;
const format = "let-there-be-color checkpoint";
/** Names of unfinished files in runs that were begun before those had names of their own. */
const unfinishedBefore = /^checkpoint-\d+\.(json|safetensors)\.tmp$/;

/** The validation that chose the best model so far. */
export interface BestModel {
  /** Step of the checkpoint that holds it. */
  readonly step: number;
  /** Phase it was validated in, from 0. Losses of different phases are not compared. */
  readonly phase: number;
  /** Epoch of the run, from 1. */
  readonly epoch: number;
  /** The measure it was chosen by, and its mean over the validation pictures. */
  readonly measure: string;
  readonly value: number;
}

/** All that a run needs to continue, except parameters and optimizer state. */
export interface TrainingProgress {
  /** Optimizer steps made. */
  readonly step: number;
  readonly position: TrainingPosition;
  readonly plan: readonly PhasePlan[];
  /** Every random choice is a pure function of this seed and the position. */
  readonly seed: number;
  readonly best: BestModel | null;
  /** Validations of the current phase since its best one. */
  readonly epochsWithoutImprovement: number;
  /** Sums over the steps of the unfinished epoch. */
  readonly epochTotals: StepTotals;
  /** Sums over the steps not yet in the journal. */
  readonly windowTotals: StepTotals;
  /** Lines of the journal that belong to this state; later ones are cut off on resuming. */
  readonly journalLines: number;
  readonly validations: readonly ValidationRecord[];
  /** Time spent training, over all processes of the run. */
  readonly seconds: number;
  /** What the run was started with, for the program that resumes it. */
  readonly configuration: unknown;
}

export interface Checkpoint {
  /** Path of the JSON file. */
  readonly path: string;
  readonly progress: TrainingProgress;
  readonly state: TrainingState;
}

/** A checkpoint that could not be used, and why. */
export interface RejectedCheckpoint {
  readonly path: string;
  readonly reason: string;
}

interface CheckpointFile {
  readonly format: string;
  readonly formatVersion: number;
  readonly savedAt: string;
  readonly tensors: { readonly file: string; readonly bytes: number; readonly sha256: string };
  readonly progress: WrittenProgress;
}

/** Progress as it stands in the file. */
interface WrittenProgress extends Omit<TrainingProgress, "validations"> {
  readonly validations: readonly Record<string, unknown>[];
}

/**
 * Saves a checkpoint, then deletes the older ones except the `keep` newest (1 or more) and the
 * best models they refer to.
 * @returns the path of its JSON file.
 */
export async function saveCheckpoint(
  folder: string,
  progress: TrainingProgress,
  state: TrainingState,
  keep: number,
): Promise<string> {
  await makeFolder(folder);
  const name = `checkpoint-${progress.step}`;
  const tensors = new Map<string, SafeTensor>();
  for (const [key, { shape, data }] of state) tensors.set(key, { dtype: "F32", shape, data });
  const file = `${name}.safetensors`;
  const written = await writeSafetensors(join(folder, file), tensors, { format });
  const content: CheckpointFile = {
    format,
    formatVersion,
    savedAt: new Date().toISOString(),
    tensors: { file, ...written },
    progress: { ...progress, validations: progress.validations.map(writtenRecord) },
  };
  const path = join(folder, `${name}.json`);
  await writeFileAtomically(path, [`${JSON.stringify(content, null, 1)}\n`]);
  await flushFolder(folder);
  await deleteOutdated(folder, progress.step, keep);
  return path;
}

/**
 * Reads and verifies a checkpoint.
 * @param path either of its two files.
 * @throws UserError if it is missing, damaged, or of another format version.
 */
export async function readCheckpoint(path: string): Promise<Checkpoint> {
  const jsonPath = path.replace(/\.safetensors$/, ".json");
  const { tensors, progress } = await readHeader(jsonPath);
  const content = await readSafetensors(join(dirname(jsonPath), tensors.file));
  if (content.bytes !== tensors.bytes || content.sha256 !== tensors.sha256) {
    throw new UserError(
      "checkpoint-invalid",
      `${tensors.file} is not the file that ${jsonPath} was saved with.`,
    );
  }
  const state: TrainingState = new Map();
  for (const [name, { dtype, shape, data }] of content.tensors) {
    if (dtype !== "F32")
      throw new UserError("checkpoint-invalid", `${tensors.file}: ${name} is ${dtype}, not F32.`);
    state.set(name, { shape, data });
  }
  return { path: jsonPath, progress, state };
}

/**
 * Reads the intact checkpoint with the highest step, and says which higher ones were damaged.
 * A file counts only with its valid JSON; what a killed process left half-written does not.
 */
export async function findNewestCheckpoint(
  folder: string,
): Promise<{ checkpoint: Checkpoint | null; rejected: RejectedCheckpoint[] }> {
  const { found, rejected } = await listCheckpoints(folder);
  for (const { path } of found) {
    try {
      return { checkpoint: await readCheckpoint(path), rejected };
    } catch (error) {
      rejected.push({ path, reason: (error as Error).message });
    }
  }
  return { checkpoint: null, rejected };
}

/**
 * Deletes the checkpoints after `step`, whole or damaged, and unfinished files: a run that
 * continues from `step` will write its own.
 */
export async function discardCheckpointsAfter(folder: string, step: number): Promise<void> {
  await deleteCheckpoints(folder, (other) => other > step);
  for (const name of await readdir(folder)) {
    if (isAbandoned(name) || unfinishedBefore.test(name)) await rm(join(folder, name));
  }
  await flushFolder(folder);
}

/** Path of the JSON file of the checkpoint of a step. */
export function checkpointPath(folder: string, step: number): string {
  return join(folder, `checkpoint-${step}.json`);
}

interface ListedCheckpoint {
  readonly path: string;
  readonly progress: TrainingProgress;
}

/** Checkpoints whose JSON is valid and whose other file has the right length, newest first. */
async function listCheckpoints(
  folder: string,
): Promise<{ found: ListedCheckpoint[]; rejected: RejectedCheckpoint[] }> {
  const found: ListedCheckpoint[] = [];
  const rejected: RejectedCheckpoint[] = [];
  for (const name of await readdir(folder)) {
    if (stepInName(name) === null || !name.endsWith(".json")) continue;
    const path = join(folder, name);
    try {
      found.push({ path, progress: (await readHeader(path)).progress });
    } catch (error) {
      rejected.push({ path, reason: (error as Error).message });
    }
  }
  found.sort((one, other) => other.progress.step - one.progress.step);
  return { found, rejected };
}

async function deleteOutdated(folder: string, step: number, keep: number): Promise<void> {
  const { found } = await listCheckpoints(folder);
  const wanted = new Set<number>();
  for (const { progress } of found.filter(({ progress }) => progress.step <= step).slice(0, keep)) {
    wanted.add(progress.step);
    if (progress.best) wanted.add(progress.best.step);
  }
  await deleteCheckpoints(folder, (other) => other <= step && !wanted.has(other));
}

/**
 * Deletes the JSON files first: without its JSON a tensors file is no checkpoint, the other way
 * round it would be a damaged one.
 */
async function deleteCheckpoints(
  folder: string,
  unwanted: (step: number) => boolean,
): Promise<void> {
  const names = await readdir(folder);
  for (const ending of [".json", ".safetensors"]) {
    for (const name of names) {
      const step = stepInName(name);
      if (step !== null && unwanted(step) && name.endsWith(ending)) await rm(join(folder, name));
    }
  }
}

async function readHeader(
  path: string,
): Promise<{ tensors: CheckpointFile["tensors"]; progress: TrainingProgress }> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    throw new UserError("input-missing", `There is no checkpoint ${path}.`, { cause: error });
  }
  let header: CheckpointFile;
  try {
    header = JSON.parse(text) as CheckpointFile;
  } catch (error) {
    throw new UserError(
      "checkpoint-invalid",
      `The checkpoint ${path} is damaged: it is not JSON.`,
      { cause: error },
    );
  }
  if (header?.format !== format || !Number.isSafeInteger(header.progress?.step)) {
    throw new UserError("checkpoint-invalid", `${path} is not a checkpoint of this program.`);
  }
  if (!(header.formatVersion >= 1 && header.formatVersion <= formatVersion)) {
    throw new UserError(
      "checkpoint-invalid",
      `${path} has checkpoint format ${header.formatVersion}, this version reads up to ${formatVersion}. Continue with the version that wrote it.`,
    );
  }
  const { tensors } = header;
  if (typeof tensors?.file !== "string" || basename(tensors.file) !== tensors.file) {
    throw new UserError(
      "checkpoint-invalid",
      `The checkpoint ${path} is damaged: it names no tensors file.`,
    );
  }
  const size = await stat(join(dirname(path), tensors.file)).then(
    (file) => file.size,
    () => null,
  );
  if (size !== tensors.bytes) {
    const state = size === null ? "is missing" : `has ${size} bytes`;
    throw new UserError(
      "checkpoint-invalid",
      `The checkpoint ${path} is damaged: ${tensors.file} ${state}.`,
    );
  }
  const { validations = [], ...written } = header.progress;
  const records = validations.map((record) => readRecord(record) as ValidationRecord);
  const progress = { ...written, validations: records };
  return {
    tensors,
    progress:
      header.formatVersion === 1
        ? progressOfFormat1(progress as unknown as FirstProgress)
        : progress,
  };
}

/** The step in the name of a checkpoint's file, or null if it is another file. */
function stepInName(name: string): number | null {
  const match = /^checkpoint-(\d+)\.(json|safetensors)$/.exec(name);
  return match ? Number(match[1]) : null;
}
