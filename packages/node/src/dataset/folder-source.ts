import { type Dirent, realpathSync } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { UserError } from "@let-there-be-color/core/user-error";
import type { DatasetSource } from "./dataset.js";
import { addToListing, isHidden, type SourceListing } from "./source-listing.js";

/**
 * Lists a folder with all folders below it. Links are followed, except those that lead back to a
 * folder they lie in.
 *
 * @throws UserError if a folder cannot be read.
 */
export async function listFolder(source: DatasetSource): Promise<SourceListing> {
  const listing: SourceListing = { pictures: [], ignored: [] };
  await walk(source.path, "", [realpathSync(source.path)], listing);
  return listing;
}

async function walk(
  folder: string,
  prefix: string,
  enclosing: readonly string[],
  listing: SourceListing,
): Promise<void> {
  let entries: Dirent[];
  try {
    entries = await readdir(folder, { withFileTypes: true });
  } catch (error) {
    throw new UserError(
      "input-missing",
      `The folder ${folder} cannot be read: ${(error as Error).message}.`,
      { cause: error },
    );
  }
  for (const entry of entries) {
    if (isHidden(entry.name)) continue;
    const path = join(folder, entry.name);
    const name = `${prefix}${entry.name}`;
    const kind = entry.isSymbolicLink() ? await stat(path).catch(() => null) : entry;
    if (kind?.isDirectory()) {
      const real = entry.isSymbolicLink() ? realpathSync(path) : path;
      if (!enclosing.includes(real)) await walk(path, `${name}/`, [...enclosing, real], listing);
    } else {
      // A link to nothing is listed too, to be reported as broken like any unreadable picture.
      addToListing(listing, { name });
    }
  }
}
