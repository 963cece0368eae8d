import { readdir, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { UserError } from "@let-there-be-color/core/user-error";
import {
  describeHolder,
  type FolderLock,
  isLock,
  LOCK_FILE,
  type LockHolder,
  tryLockFolder,
} from "../files/folder-lock.js";
import { isDiskFull } from "../files/output-file.js";
import { makeFolder } from "../files/output-folder.js";
import { isAbandoned } from "../files/unfinished-file.js";
import {
  type Checkpoint,
  findNewestCheckpoint,
  type RejectedCheckpoint,
  readCheckpoint,
} from "./checkpoint.js";

/** @throws UserError if the folder exists and holds anything, or is no folder. */
export async function refuseUsedFolder(folder: string): Promise<void> {
  let names: string[] = [];
  try {
    names = await readdir(folder);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") return;
    throw new UserError(
      "output-unwritable",
      `The run folder ${folder} cannot be used (${code === "ENOTDIR" ? "a file has that name" : code}); choose another \`runFolder\`.`,
      { cause: error },
    );
  }
  // What a process that was killed before its first checkpoint has left besides is no run.
  if (names.every((name) => name === LOCK_FILE || isAbandoned(name))) return;
  throw new UserError(
    "output-exists",
    `The run folder ${folder} is not empty. Continue its run with \`resume\` ${folder}, ` +
      "or choose another `runFolder`.",
  );
}

/**
 * Makes a run folder its process's own, so that no two train in it.
 * @throws UserError if another has it, or it cannot be written
 */
export async function lockRunFolder(folder: string): Promise<FolderLock> {
  let found: FolderLock | LockHolder;
  try {
    await makeFolder(folder);
    found = await tryLockFolder(folder);
  } catch (error) {
    throw unwritableRun(folder, error);
  }
  if (isLock(found)) return found;
  throw new UserError(
    "folder-in-use",
    `The run folder ${folder} is in use by ${describeHolder(found)}: wait for its end, or end it. ` +
      `(If it has ended without a trace, delete ${join(folder, LOCK_FILE)}.)`,
  );
}

/** The error that ends a run whose folder takes no more. */
export function unwritableRun(folder: string, error: unknown): UserError {
  const { code, message } = error as NodeJS.ErrnoException;
  const why = isDiskFull(error) ? "the disk is full" : (code ?? message);
  return new UserError(
    "output-unwritable",
    `The run folder ${folder} cannot be written (${why}). What was saved before is kept; mend that and continue with \`resume\` ${folder}.`,
    { cause: error },
  );
}

/**
 * The run folder that `--resume` names: itself, or where the checkpoint lies.
 * @throws UserError if it does not exist
 */
export async function runFolderOf(path: string): Promise<string> {
  const found = await stat(path).catch(() => null);
  if (!found) throw new UserError("input-missing", `There is no run folder or checkpoint ${path}.`);
  return found.isDirectory() ? path : dirname(path);
}

/**
 * Finds what `--resume` names: a run folder (its newest intact checkpoint) or one checkpoint file.
 * @throws UserError if there is no usable checkpoint.
 */
export async function openCheckpoint(
  path: string,
): Promise<{ checkpoint: Checkpoint; runFolder: string; rejected: RejectedCheckpoint[] }> {
  const runFolder = await runFolderOf(path);
  if (runFolder !== path) {
    return { checkpoint: await readCheckpoint(path), runFolder, rejected: [] };
  }
  const { checkpoint, rejected } = await findNewestCheckpoint(path);
  if (checkpoint) return { checkpoint, runFolder, rejected };
  const damage = rejected.map(({ reason }) => ` ${reason}`).join("");
  throw new UserError(
    "checkpoint-invalid",
    `The folder ${path} holds no usable checkpoint. Expected the folder of a training run; ` +
      `if training never got that far, start anew with another \`runFolder\`.${damage}`,
  );
}
