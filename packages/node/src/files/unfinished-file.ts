// Names of files that are still being written. They state machine and process, so that what a
// killed process left behind can be told from what is being written, also in a shared folder.

import { createHash, randomUUID } from "node:crypto";
import { rmSync } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { nativePath } from "./byte-path.js";

const machine = createHash("sha256").update(hostname()).digest("hex").slice(0, 8);
const pattern = /^\.ltbc-([0-9a-f]{8})-(\d+)-[0-9a-f-]{36}\.tmp$/;

/** Files that this process is writing. */
const underWay = new Set<string>();

/**
 * Notes that a file is being written, until the work with it has ended: if the process ends before, as
 * after a second Ctrl-C, the file is removed.
 */
export async function whileUnfinished<T>(path: string, work: () => Promise<T>): Promise<T> {
  process.off("exit", removeUnderWay).once("exit", removeUnderWay);
  underWay.add(path);
  try {
    return await work();
  } finally {
    underWay.delete(path);
  }
}

function removeUnderWay(): void {
  for (const path of underWay) {
    try {
      rmSync(nativePath(path), { force: true });
    } catch {
      // The next run that writes into the folder removes it.
    }
  }
}

/** A new name: `.ltbc-<machine>-<process id>-<random>.tmp`. */
export function unfinishedName(): string {
  return `.ltbc-${machine}-${process.pid}-${randomUUID()}.tmp`;
}

/**
 * Whether a name is of an unfinished file that nobody will finish: its process on this machine has
 * ended. Files of other machines may still be written.
 */
export function isAbandoned(name: string): boolean {
  const [, owner, id] = pattern.exec(name) ?? [];
  return owner === machine && !isRunning(Number(id));
}

/** Whether a process of this machine has not ended. */
export function isRunning(processId: number): boolean {
  try {
    process.kill(processId, 0); // asks, sends nothing
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH"; // EPERM: somebody else's
  }
}

/** Removes what killed processes of this machine have left unfinished in a folder, if it exists. */
export async function removeAbandoned(folder: string): Promise<void> {
  const names = await readdir(nativePath(folder)).catch(() => []);
  for (const name of names.filter(isAbandoned)) {
    await rm(nativePath(join(folder, name)), { force: true }).catch(() => undefined);
  }
}
