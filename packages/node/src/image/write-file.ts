import { randomUUID } from "node:crypto";
import { access, link, mkdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { UserError } from "@let-there-be-color/core/user-error";

/** Whether a path is taken. */
export async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

/** Whether two paths lead to one file, by whatever names or links. */
export async function isSameFile(first: string, second: string): Promise<boolean> {
  try {
    const [a, b] = await Promise.all([
      stat(first, { bigint: true }),
      stat(second, { bigint: true }),
    ]);
    return a.dev === b.dev && a.ino === b.ino;
  } catch {
    return false; // one of them does not exist (yet)
  }
}

/**
 * Checks that a picture may be written to a path.
 *
 * @throws UserError if it is the input itself, or is taken and must not be overwritten
 */
export async function assertWritable(
  path: string,
  { input, overwrite }: { input?: string | undefined; overwrite?: boolean | undefined },
): Promise<void> {
  if (input !== undefined && (await isSameFile(input, path))) {
    throw new UserError(
      "output-exists",
      `${path} is the input itself, which is never overwritten; name another.`,
    );
  }
  if (!overwrite && (await exists(path))) throw alreadyThere(path);
}

function alreadyThere(path: string): UserError {
  return new UserError(
    "output-exists",
    `${path} exists already; name another output, or set \`overwrite\`.`,
  );
}

/**
 * Writes a file whole or not at all: the bytes go to a temporary file in the same folder (made if
 * missing), which then takes the name.
 *
 * @throws UserError if the path is taken and must not be overwritten, or cannot be written
 */
export async function writeWhole(
  path: string,
  bytes: Uint8Array,
  { overwrite = false }: { overwrite?: boolean | undefined } = {},
): Promise<void> {
  const temporary = join(dirname(path), `.ltbc-${randomUUID()}.tmp`);
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(temporary, bytes, { flag: "wx" });
    if (overwrite) await rename(temporary, path);
    else await renameToFree(temporary, path);
  } catch (error) {
    if (error instanceof UserError) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    throw new UserError("output-unwritable", `${path} cannot be written (${code ?? message}).`, {
      cause: error,
    });
  } finally {
    await rm(temporary, { force: true }).catch(() => undefined); // gone already, or never made
  }
}

/** Renames unless the target is there. A hard link decides that atomically where they exist. */
async function renameToFree(from: string, to: string): Promise<void> {
  try {
    await link(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") throw alreadyThere(to);
    if (await exists(to)) throw alreadyThere(to);
    await rename(from, to); // FAT and some network folders have no hard links
  }
}
