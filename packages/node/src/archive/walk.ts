// What a folder holds: the pictures in it and below, and by name what is left out.

import type { BigIntStats, Dirent } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { extname, join } from "node:path";
import { nativePath, pathOfBytes } from "../files/byte-path.js";
import { isPictureFileName } from "../image/format.js";

/** What tells two states of a file apart without reading it. */
export interface FileState {
  /** Bytes. */
  readonly size: number;
  /** Modification time, whole milliseconds since 1970. */
  readonly modified: number;
}

/** What a walk comes upon. */
export type Found =
  | { readonly type: "picture"; readonly path: string; readonly file: FoundFile }
  /** `kind` is an extension like ".heic", or words such as "dangling link". */
  | { readonly type: "left-out"; readonly path: string; readonly kind: string }
  /** A folder that cannot be read; `reason` is a code of the system such as EACCES. */
  | { readonly type: "unreadable"; readonly path: string; readonly reason: string };

/** A file, and what it is on its disk whatever its name. */
export interface FoundFile extends FileState {
  readonly identity: string;
}

/** Which parts of a folder to look at. */
export interface WalkOptions {
  /** {@link identityOf} of folders to stay out of, such as that of the outputs. */
  readonly except?: ReadonlySet<string>;
  /** Which files and folders are meant, by their path from the folder walked; default all. */
  readonly matches?: (relativePath: string) => boolean;
  /** Levels below the folder that are looked at, at least 1; default all. */
  readonly depth?: number;
}

/** A folder that waits for its turn. */
interface Branch {
  readonly path: string;
  /** From the folder walked, with `/`; empty for itself. */
  readonly relative: string;
  readonly level: number;
  /** Whether everything below is meant. */
  readonly whole: boolean;
}

/**
 * Walks a folder, in the order of the names; hidden files and folders are left out without a word.
 * Links to folders come last, and only where they lead to a folder not met otherwise, so that neither
 * circles nor links beside their target give a picture twice.
 */
export async function* walkFolder(
  folder: string,
  options: WalkOptions = {},
): AsyncGenerator<Found, void, void> {
  const walk = new Walk(options);
  yield* walk.below({ path: folder, relative: "", level: 0, whole: !options.matches });
  yield* walk.throughLinks();
}

class Walk {
  readonly #options: WalkOptions;
  readonly #met = new Set<string>();
  readonly #links: Branch[] = [];

  constructor(options: WalkOptions) {
    this.#options = options;
  }

  async *below(branch: Branch): AsyncGenerator<Found, void, void> {
    const { path: folder, level } = branch;
    const { except, depth = Number.POSITIVE_INFINITY } = this.#options;
    let entries: Dirent<Buffer>[];
    try {
      const identity = identityOf(await statOf(folder));
      if (this.#met.has(identity) || except?.has(identity)) return;
      this.#met.add(identity);
      entries = await readdir(nativePath(folder), { withFileTypes: true, encoding: "buffer" });
    } catch (error) {
      yield { type: "unreadable", path: folder, reason: codeOf(error) };
      return;
    }
    const named = entries.map((entry) => ({ entry, name: pathOfBytes(entry.name) }));
    named.sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const { entry, name } of named) {
      if (name.startsWith(".")) continue;
      const path = join(folder, name);
      const relative = branch.relative === "" ? name : `${branch.relative}/${name}`;
      const meant = branch.whole || this.#options.matches?.(relative) === true;
      const below = { path, relative, level: level + 1, whole: meant };
      if (entry.isDirectory()) {
        if (meant || level + 1 < depth) yield* this.below(below);
      } else if (entry.isSymbolicLink()) {
        yield* this.#link(below);
      } else if (meant) {
        yield* found(path, entry.isFile());
      }
    }
  }

  /** The folders behind links that were not met otherwise. */
  async *throughLinks(): AsyncGenerator<Found, void, void> {
    for (let link = this.#links.shift(); link; link = this.#links.shift()) {
      const target = await statOf(link.path).catch(() => undefined);
      if (!target || this.#met.has(identityOf(target))) {
        if (link.whole) {
          yield { type: "left-out", path: link.path, kind: "link to a folder walked already" };
        }
        continue;
      }
      yield* this.below(link);
    }
  }

  async *#link(branch: Branch): AsyncGenerator<Found, void, void> {
    const { path, whole, level } = branch;
    const { depth = Number.POSITIVE_INFINITY } = this.#options;
    let target: BigIntStats;
    try {
      target = await statOf(path);
    } catch (error) {
      const dangles = ["ENOENT", "ELOOP"].includes(codeOf(error));
      const kind = dangles ? "dangling link" : `link that cannot be read (${codeOf(error)})`;
      if (whole) yield { type: "left-out", path, kind };
      return;
    }
    if (!target.isDirectory()) {
      if (whole) yield* found(path, target.isFile());
    } else if (whole || level < depth) {
      this.#links.push(branch);
    }
  }
}

async function* found(path: string, isFile: boolean): AsyncGenerator<Found, void, void> {
  if (!isPictureFileName(path)) {
    const kind = extname(path).toLowerCase() || "without an extension";
    yield { type: "left-out", path, kind };
  } else if (!isFile) {
    yield { type: "left-out", path, kind: "no regular file" };
  } else {
    try {
      yield { type: "picture", path, file: fileOf(await statOf(path)) };
    } catch (error) {
      yield { type: "left-out", path, kind: `gone while it was looked at (${codeOf(error)})` };
    }
  }
}

/** The status of what a path leads to, through links. */
export function statOf(path: string): Promise<BigIntStats> {
  return stat(nativePath(path), { bigint: true });
}

/** Two paths with the same identity lead to one file or folder. */
export function identityOf({ dev, ino }: BigIntStats): string {
  return `${dev}:${ino}`;
}

/** Size, modification time and identity of a status. */
export function fileOf(status: BigIntStats): FoundFile {
  return {
    size: Number(status.size),
    modified: Number(status.mtimeMs),
    identity: identityOf(status),
  };
}

function codeOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return code ?? message;
}
