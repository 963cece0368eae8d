// One process at a time works on a folder: whoever comes second sees a lock file there that names the
// first. What a killed process leaves is seen to be nobody's and taken over.

import { link, open, readFile, rename, rm } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { nativePath } from "./byte-path.js";
import { isRunning, unfinishedName } from "./unfinished-file.js";

/** The hidden file by which a folder is locked. */
export const LOCK_FILE = ".ltbc-lock";

/** Who works on a folder. */
export interface LockHolder {
  readonly machine: string;
  readonly process: number;
  /** When it began, ISO 8601. */
  readonly since: string;
  /**
   * Tells the process from a later one of the same number, as in a container that was restarted; not
   * every system says.
   */
  readonly birth?: string | undefined;
}

/** A folder that nobody else works on. */
export interface FolderLock {
  release(): Promise<void>;
}

/** How often who waits looks again, ms. */
const PATIENCE = 300;

/**
 * Locks a folder, which must exist.
 *
 * @returns the lock, or who has it: a living process, or one of another machine, of which that cannot
 * be told
 * @throws Error of the file system if the folder cannot be written
 */
export async function tryLockFolder(folder: string): Promise<FolderLock | LockHolder> {
  const path = join(folder, LOCK_FILE);
  const holder: LockHolder = {
    machine: hostname(),
    process: process.pid,
    since: new Date().toISOString(),
    birth: await birthOf(process.pid),
  };
  for (;;) {
    if (await create(folder, path, JSON.stringify(holder))) {
      return { release: () => rm(nativePath(path), { force: true }) };
    }
    const found = await readFile(nativePath(path), "utf8").catch(() => undefined);
    if (found === undefined) continue; // released meanwhile
    const other = parse(found);
    if (other && (await isAlive(other))) return other;
    await takeAway(folder, path, found);
  }
}

/** Whether {@link tryLockFolder} has succeeded. */
export function isLock(result: FolderLock | LockHolder): result is FolderLock {
  return "release" in result;
}

/** In words, for messages. */
export function describeHolder({ machine, process: id, since }: LockHolder): string {
  const where = machine === hostname() ? "" : ` of ${machine}`;
  return `process ${id}${where}, since ${since.slice(0, 19).replace("T", " ")} UTC`;
}

/**
 * Locks a folder as soon as nobody else works on it.
 *
 * @param onWait called once if it has to wait
 * @throws the reason of `signal` if it is aborted
 */
export async function lockFolder(
  folder: string,
  {
    signal,
    onWait,
  }: { signal?: AbortSignal | undefined; onWait?: (holder: LockHolder) => void } = {},
): Promise<FolderLock> {
  let told = false;
  for (;;) {
    signal?.throwIfAborted();
    const result = await tryLockFolder(folder);
    if (isLock(result)) return result;
    if (!told) onWait?.(result);
    told = true;
    await sleep(PATIENCE, undefined, signal ? { signal } : {}).catch(() => undefined);
  }
}

/** Creates a file with its content at once, unless it is there. */
async function create(folder: string, path: string, content: string): Promise<boolean> {
  const unfinished = join(folder, unfinishedName());
  const file = await open(nativePath(unfinished), "wx");
  try {
    await file.writeFile(content).finally(() => file.close());
    await link(nativePath(unfinished), nativePath(path));
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") return false;
    if (!["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EMLINK"].includes(code ?? "")) throw error;
    return await createWithoutLink(path, content); // FAT and some network folders
  } finally {
    await rm(nativePath(unfinished), { force: true });
  }
}

async function createWithoutLink(path: string, content: string): Promise<boolean> {
  try {
    const file = await open(nativePath(path), "wx");
    await file.writeFile(content).finally(() => file.close());
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/** Removes a lock that is nobody's, unless somebody else has just put another in its place. */
async function takeAway(folder: string, path: string, content: string): Promise<void> {
  const aside = join(folder, unfinishedName());
  try {
    await rename(nativePath(path), nativePath(aside));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw error;
  }
  const taken = await readFile(nativePath(aside), "utf8");
  if (taken !== content) await link(nativePath(aside), nativePath(path)).catch(() => undefined);
  await rm(nativePath(aside), { force: true });
}

function parse(text: string): LockHolder | undefined {
  try {
    const { machine, process: id, since, birth } = JSON.parse(text) as Partial<LockHolder>;
    if (typeof machine !== "string" || typeof id !== "number" || typeof since !== "string") return;
    return { machine, process: id, since, birth };
  } catch {
    return undefined; // cut short by a power cut
  }
}

async function isAlive({ machine, process: id, birth }: LockHolder): Promise<boolean> {
  if (machine !== hostname()) return true;
  if (!isRunning(id)) return false;
  const found = await birthOf(id);
  return birth === undefined || found === undefined || found === birth;
}

/** Boot of the machine and time of the process's start after it (Linux: proc(5)). */
async function birthOf(id: number): Promise<string | undefined> {
  try {
    const boot = await readFile("/proc/sys/kernel/random/boot_id", "utf8");
    const about = await readFile(`/proc/${id}/stat`, "utf8");
    // The second field, the program's name in brackets, may hold anything; the start is the 22nd.
    const started = about.slice(about.lastIndexOf(")")).split(" ")[20];
    return `${boot.trim()} ${started}`;
  } catch {
    return undefined;
  }
}
