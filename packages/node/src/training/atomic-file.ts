import { createHash } from "node:crypto";
import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";

/** Ending of files that are still being written; whoever finds one may delete it. */
export const unfinishedSuffix = ".tmp";

/**
 * Writes a file so that `path` holds either its old content or the whole new one, whatever kills
 * the process: the content goes to a neighbour file, is flushed to the disk, and takes the name.
 * The rename itself is on the disk only after {@link flushFolder}.
 */
export async function writeFileAtomically(
  path: string,
  parts: Iterable<Uint8Array | string>,
): Promise<{ bytes: number; sha256: string }> {
  const unfinished = path + unfinishedSuffix;
  const hash = createHash("sha256");
  let bytes = 0;
  const file = await open(unfinished, "w");
  try {
    for (const part of parts) {
      const chunk = typeof part === "string" ? Buffer.from(part, "utf8") : part;
      hash.update(chunk);
      bytes += chunk.byteLength;
      await file.writeFile(chunk);
    }
    await file.sync();
  } catch (error) {
    await file.close();
    await rm(unfinished, { force: true });
    throw error;
  }
  await file.close();
  await rename(unfinished, path);
  return { bytes, sha256: hash.digest("hex") };
}

/** Makes the renames and deletions in a folder survive a power cut. */
export async function flushFolder(path: string): Promise<void> {
  let folder: FileHandle;
  try {
    folder = await open(path, "r");
  } catch (error) {
    // Windows cannot open folders; NTFS journals its renames itself.
    if (["EISDIR", "EPERM", "EACCES"].includes((error as NodeJS.ErrnoException).code ?? "")) return;
    throw error;
  }
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** {@link writeFileAtomically} and {@link flushFolder} in one. */
export async function writeFileDurably(path: string, content: Uint8Array | string): Promise<void> {
  await writeFileAtomically(path, [content]);
  await flushFolder(dirname(path));
}
