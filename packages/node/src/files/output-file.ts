import { createHash } from "node:crypto";
import { stat } from "node:fs/promises";
import { dirname } from "node:path";
import { UserError } from "@let-there-be-color/core/user-error";
import { exists, type FileAttributes, writeFileAtomically } from "./atomic-file.js";
import { nativePath } from "./byte-path.js";
import { makeFolder } from "./output-folder.js";

/** Whether two paths lead to one file, by whatever names or links. */
export async function isSameFile(first: string, second: string): Promise<boolean> {
  try {
    const [a, b] = await Promise.all([
      stat(nativePath(first), { bigint: true }),
      stat(nativePath(second), { bigint: true }),
    ]);
    return a.dev === b.dev && a.ino === b.ino;
  } catch {
    return false; // one of them does not exist (yet)
  }
}

/**
 * Checks that a file may be written to a path.
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

/** Whether an error says, or was caused by one that says, that a disk or a quota is full. */
export function isDiskFull(error: unknown): boolean {
  const { code, cause } = error as NodeJS.ErrnoException & { cause?: unknown };
  return code === "ENOSPC" || code === "EDQUOT" || (cause instanceof Error && isDiskFull(cause));
}

/** A file that was written, as it was then. */
export interface WrittenFile {
  readonly path: string;
  /** Bytes. */
  readonly size: number;
  /** Hexadecimal. */
  readonly sha256: string;
}

/** Told of a file before it appears. What it throws keeps the file from appearing. */
export type Announce = (file: WrittenFile) => Promise<void>;

/** Modification time and permissions of a file; undefined if it is not there any more. */
async function attributesOf(path: string): Promise<FileAttributes | undefined> {
  try {
    const { mode, mtimeMs } = await stat(nativePath(path));
    return { mode: mode & 0o777, modified: mtimeMs / 1000 };
  } catch {
    return undefined;
  }
}

/**
 * Writes a file whole or not at all. Its folder is made if missing.
 *
 * @param like path of a file whose modification time and permissions it gets
 * @param announce told before the file is there
 * @throws UserError if the path is taken and must not be overwritten, or cannot be written
 */
export async function writeWhole(
  path: string,
  bytes: Uint8Array,
  { overwrite = false, like }: { overwrite?: boolean | undefined; like?: string | undefined } = {},
  announce?: Announce,
): Promise<void> {
  if (announce) {
    await announce({ path, size: bytes.length, sha256: sha256Of(bytes) });
  }
  try {
    await makeFolder(dirname(path));
    const attributes = like === undefined ? undefined : await attributesOf(like);
    await writeFileAtomically(path, [bytes], { replace: overwrite, attributes });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "EEXIST" && (await exists(path))) throw alreadyThere(path);
    throw new UserError(
      "output-unwritable",
      isDiskFull(error)
        ? `${path} cannot be written: the disk is full.`
        : `${path} cannot be written (${code ?? message}).`,
      {
        cause: error,
      },
    );
  }
}

/** SHA-256, hexadecimal. */
export function sha256Of(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
