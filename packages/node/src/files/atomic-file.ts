import { createHash } from "node:crypto";
import { type FileHandle, link, open, rename, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { nativePath } from "./byte-path.js";
import { unfinishedName, whileUnfinished } from "./unfinished-file.js";

/** What a file has besides its content. */
export interface FileAttributes {
  /** Permission bits. */
  readonly mode: number;
  /** When its content was changed, in seconds since 1970. */
  readonly modified: number;
}

/**
 * Writes a file so that `path` holds either its old content or the whole new one, whatever kills
 * the process: the content goes to a neighbour file, is flushed to the disk, and takes the name.
 * The rename itself is on the disk only after {@link flushFolder}.
 *
 * @param replace whether a file of this name is replaced; otherwise it is an error with the code
 * EEXIST
 * @param attributes given to the file, as far as the file system has such
 * @throws Error of the file system; no neighbour file is left behind
 */
export async function writeFileAtomically(
  path: string,
  parts: Iterable<Uint8Array | string>,
  options: { replace?: boolean; attributes?: FileAttributes | undefined } = {},
): Promise<{ bytes: number; sha256: string }> {
  const unfinished = join(dirname(path), unfinishedName());
  return whileUnfinished(unfinished, () => writeAndRename(unfinished, path, parts, options));
}

async function writeAndRename(
  unfinished: string,
  path: string,
  parts: Iterable<Uint8Array | string>,
  { replace = true, attributes }: { replace?: boolean; attributes?: FileAttributes | undefined },
): Promise<{ bytes: number; sha256: string }> {
  const file = await open(nativePath(unfinished), "wx");
  try {
    const written = await writeParts(file, parts, attributes).finally(() => file.close());
    if (replace) await rename(nativePath(unfinished), nativePath(path));
    else await renameToFree(unfinished, path);
    return written;
  } catch (error) {
    await rm(nativePath(unfinished), { force: true }).catch(() => undefined); // the first error is the one to report
    throw error;
  }
}

async function writeParts(
  file: FileHandle,
  parts: Iterable<Uint8Array | string>,
  attributes: FileAttributes | undefined,
): Promise<{ bytes: number; sha256: string }> {
  const hash = createHash("sha256");
  let bytes = 0;
  for (const part of parts) {
    const chunk = typeof part === "string" ? Buffer.from(part, "utf8") : part;
    hash.update(chunk);
    bytes += chunk.byteLength;
    await file.writeFile(chunk);
  }
  if (attributes) await setAttributes(file, attributes);
  await file.sync();
  return { bytes, sha256: hash.digest("hex") };
}

/** FAT and some network folders refuse permissions or times: the content is what counts. */
async function setAttributes(file: FileHandle, { mode, modified }: FileAttributes): Promise<void> {
  await file.utimes(modified, modified).catch(() => undefined);
  await file.chmod(mode).catch(() => undefined);
}

/** Renames unless the target is there. A hard link decides that atomically where they exist. */
async function renameToFree(from: string, to: string): Promise<void> {
  try {
    await link(nativePath(from), nativePath(to));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") throw error;
    if (await exists(to)) throw Object.assign(new Error(`${to} exists`), { code: "EEXIST" });
    return rename(nativePath(from), nativePath(to)); // FAT and some network folders have no hard links
  }
  await rm(nativePath(from), { force: true });
}

/** Whether a path is taken. */
export async function exists(path: string): Promise<boolean> {
  return stat(nativePath(path)).then(
    () => true,
    () => false,
  );
}

/** Makes the renames and deletions in a folder survive a power cut. */
export async function flushFolder(path: string): Promise<void> {
  let folder: FileHandle;
  try {
    folder = await open(nativePath(path), "r");
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
