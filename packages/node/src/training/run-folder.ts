import { readdir, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { UserError } from "@let-there-be-color/core/user-error";
import {
  type Checkpoint,
  findNewestCheckpoint,
  type RejectedCheckpoint,
  readCheckpoint,
} from "./checkpoint.js";

/** @throws UserError if the folder exists and holds anything. */
export async function refuseUsedFolder(folder: string): Promise<void> {
  let names: string[] = [];
  try {
    names = await readdir(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
  if (names.length === 0) return;
  throw new UserError(
    "output-exists",
    `The run folder ${folder} is not empty. Continue its run with \`resume\` ${folder}, ` +
      "or choose another `runFolder`.",
  );
}

/**
 * Finds what `--resume` names: a run folder (its newest intact checkpoint) or one checkpoint file.
 * @throws UserError if there is no usable checkpoint.
 */
export async function openCheckpoint(
  path: string,
): Promise<{ checkpoint: Checkpoint; runFolder: string; rejected: RejectedCheckpoint[] }> {
  const found = await stat(path).catch(() => null);
  if (!found) throw new UserError("input-missing", `There is no run folder or checkpoint ${path}.`);
  if (!found.isDirectory()) {
    return { checkpoint: await readCheckpoint(path), runFolder: dirname(path), rejected: [] };
  }
  const { checkpoint, rejected } = await findNewestCheckpoint(path);
  if (checkpoint) return { checkpoint, runFolder: path, rejected };
  const damage = rejected.map(({ reason }) => ` ${reason}`).join("");
  throw new UserError(
    "checkpoint-invalid",
    `The folder ${path} holds no usable checkpoint. Expected the folder of a training run; ` +
      `if training never got that far, start anew with another \`runFolder\`.${damage}`,
  );
}
