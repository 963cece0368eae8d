import { rmdir } from "node:fs/promises";
import { dirname } from "node:path";
import { exists } from "../files/atomic-file.js";
import { nativePath } from "../files/byte-path.js";
import { type FolderLock, type LockHolder, lockFolder } from "../files/folder-lock.js";
import { makeFolder } from "../files/output-folder.js";

/**
 * Locks the folders of a run's journals, one after the other; those that cannot be written are left to
 * fail with their pictures.
 *
 * @param onWait called when another run works on a folder and has to be waited for
 * @throws the reason of `signal` if it is aborted
 */
export async function lockFolders(
  folders: readonly string[],
  signal: AbortSignal,
  onWait: (folder: string, holder: LockHolder) => void,
): Promise<FolderLock> {
  const locks: { lock: FolderLock; made: readonly string[] }[] = [];
  const release = async () => {
    for (const { lock, made } of locks.reverse()) {
      await lock.release().catch(() => undefined);
      for (const folder of made) await rmdir(nativePath(folder)).catch(() => undefined); // if empty
    }
  };
  try {
    for (const folder of [...folders].sort()) {
      try {
        const made = await missingOf(folder);
        await makeFolder(folder);
        const lock = await lockFolder(folder, {
          signal,
          onWait: (holder) => onWait(folder, holder),
        });
        locks.push({ lock, made });
      } catch (error) {
        signal.throwIfAborted();
        if ((error as NodeJS.ErrnoException).code === undefined) throw error;
      }
    }
  } catch (error) {
    await release();
    throw error;
  }
  return { release };
}

/** The folder and those above it that do not exist, the innermost first. */
async function missingOf(folder: string): Promise<string[]> {
  const missing: string[] = [];
  for (let at = folder; !(await exists(at)) && at !== dirname(at); at = dirname(at))
    missing.push(at);
  return missing;
}
