import { mkdir, open, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { UserError } from "@let-there-be-color/core/user-error";
import { exists } from "./atomic-file.js";
import { nativePath } from "./byte-path.js";
import { removeAbandoned, unfinishedName, whileUnfinished } from "./unfinished-file.js";

/** Folders that pictures are written to, each looked after once, before the first picture's work. */
export class OutputFolders {
  readonly #ready = new Map<string, Promise<void>>();

  /** {@link prepareOutputFolder}, unless that has been done. */
  prepare(folder: string): Promise<void> {
    let ready = this.#ready.get(folder);
    if (!ready) {
      ready = prepareOutputFolder(folder);
      this.#ready.set(folder, ready);
    }
    return ready;
  }
}

/**
 * Removes what killed processes have left unfinished in a folder, and makes sure that files can be
 * written there; if it is missing, that it can be made. It is not made yet.
 *
 * @throws UserError if they cannot
 */
export async function prepareOutputFolder(folder: string): Promise<void> {
  try {
    await removeAbandoned(folder);
    const trial = join(await existingPart(folder), unfinishedName());
    await whileUnfinished(trial, async () => {
      await (await open(nativePath(trial), "wx")).close();
      await rm(nativePath(trial), { force: true });
    });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new UserError(
      "output-unwritable",
      `No file can be written to the folder ${folder} (${code === "ENOTDIR" ? "a file has that name, or that of a folder above" : (code ?? message)}); name another \`output\`.`,
      { cause: error },
    );
  }
}

/**
 * Makes a folder and those above it, if missing. (The recursive `mkdir` of Node 20 never returns where
 * a folder exists that takes none, such as /proc.)
 *
 * @throws Error of the file system
 */
export async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(nativePath(folder));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "ENOENT") {
      if (await isFolder(folder)) return;
      throw error;
    }
    const above = dirname(folder);
    if (above === folder) throw error;
    if (!(await isFolder(above))) await makeFolder(above);
    // It may have been made meanwhile; where the one above takes none, this fails as before.
    await mkdir(nativePath(folder)).catch(async (reason: unknown) => {
      if (!(await isFolder(folder))) throw reason;
    });
  }
}

/** The path itself, or the nearest above it that is there. */
async function existingPart(path: string): Promise<string> {
  const above = dirname(path);
  if (above === path || (await exists(path))) return path;
  return existingPart(above);
}

async function isFolder(path: string): Promise<boolean> {
  return stat(nativePath(path)).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
