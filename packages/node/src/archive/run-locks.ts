import { rmdir } from "node:fs/promises";
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
  const locks: { folder: string; lock: FolderLock; isNew: boolean }[] = [];
  const release = async () => {
    for (const { lock, folder, isNew } of locks.reverse()) {
      await lock.release().catch(() => undefined);
      if (isNew) await rmdir(nativePath(folder)).catch(() => undefined); // if it is still empty
    }
  };
  try {
    for (const folder of [...folders].sort()) {
      try {
        const isNew = !(await exists(folder));
        await makeFolder(folder);
        const lock = await lockFolder(folder, {
          signal,
          onWait: (holder) => onWait(folder, holder),
        });
        locks.push({ folder, lock, isNew });
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
