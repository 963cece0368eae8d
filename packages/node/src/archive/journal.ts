// What has been done in a folder, so that the next run goes on from there: lines of JSON in a hidden
// file, each appended at once. A killed process leaves at most its last line cut short, which is ignored.

import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { dirname, join, relative, resolve, sep } from "node:path";
import { createInterface } from "node:readline";
import type { Notice } from "@let-there-be-color/core/notice";
import { UserError } from "@let-there-be-color/core/user-error";
import { nativePath } from "../files/byte-path.js";
import { isDiskFull, type WrittenFile } from "../files/output-file.js";
import { type FileState, statOf } from "./walk.js";

/** The journal's name in its folder. */
export const JOURNAL_FILE = ".ltbc-journal.jsonl";

/** The model that colours were made with. */
export interface ModelIdentity {
  /** Name of its file. */
  readonly name: string;
  readonly sha256: string;
}

/** One picture that is done. Paths are absolute here, and relative to the journal's folder in its file. */
export interface DoneEntry {
  readonly input: FileState & { readonly path: string; readonly sha256: string };
  /** The picture first. */
  readonly outputs: readonly WrittenFile[];
  /** The options that make a difference to it, as JSON with sorted names. */
  readonly settings: string;
  readonly model: ModelIdentity;
  /** Of this package. */
  readonly version: string;
  readonly width: number;
  readonly height: number;
  readonly notices: readonly Notice[];
  readonly seconds: number;
  /** When it was done, ISO 8601. */
  readonly finished: string;
}

type Line = ({ readonly type: "file" } & WrittenFile) | ({ readonly type: "done" } & DoneEntry);

/** The journal of one folder, and what those of the folders around it say about files in it. */
export class Journal {
  readonly folder: string;
  readonly #done = new Map<string, DoneEntry>();
  readonly #outputOfInput = new Map<string, string>();
  readonly #settings = new Map<string, string>();
  readonly #files = new Map<string, WrittenFile>();
  #endsInside = false;
  #bytes = 0;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /**
   * Reads the journals of a folder, of those above it and of some below, later entries first.
   *
   * @param below folders below it that have a journal of their own
   */
  static async read(folder: string, below: readonly string[] = []): Promise<Journal> {
    const journal = new Journal(resolve(folder));
    const above: string[] = [];
    for (let at = dirname(journal.folder); at !== dirname(at); at = dirname(at)) above.push(at);
    for (const other of [...above.reverse(), ...below.map((path) => resolve(path))]) {
      await journal.#take(other);
    }
    journal.#endsInside = await journal.#take(journal.folder);
    journal.#bytes = await journal.#bytesNow();
    return journal;
  }

  /** Whether another process has written to it since it was read. */
  async isOutdated(): Promise<boolean> {
    return (await this.#bytesNow()) !== this.#bytes;
  }

  async #bytesNow(): Promise<number> {
    const status = await statOf(join(this.folder, JOURNAL_FILE)).catch(() => undefined);
    return Number(status?.size ?? 0);
  }

  /** What was last recorded of the picture that has become this output. */
  doneAs(output: string): DoneEntry | undefined {
    return this.#done.get(resolve(output));
  }

  /** What this input has become in a run. */
  outputOf(input: string): string | undefined {
    return this.#outputOfInput.get(resolve(input));
  }

  /** Whether a file is one that was written in a run, whatever has become of it since. */
  knows(path: string): boolean {
    return this.#files.has(resolve(path));
  }

  /** Whether a file is there just as it was written in a run: nobody loses anything with it. */
  async holdsOwn(path: string): Promise<boolean> {
    const written = this.#files.get(resolve(path));
    if (!written) return false;
    const status = await statOf(path).catch(() => undefined);
    return status?.size === BigInt(written.size) && (await sha256OfFile(path)) === written.sha256;
  }

  /** Announces, on the disk, that a file with this content is about to appear. */
  async willWrite(file: WrittenFile): Promise<void> {
    await this.#append({ type: "file", ...file });
  }

  /** Records that a picture is done. */
  async done(entry: DoneEntry): Promise<void> {
    await this.#append({ type: "done", ...entry });
  }

  /** Reads one file. @returns whether its last line is cut short */
  async #take(folder: string): Promise<boolean> {
    let last = "\n";
    try {
      const stream = createReadStream(nativePath(join(folder, JOURNAL_FILE)), { encoding: "utf8" });
      stream.on("data", (part) => {
        last = String(part).at(-1) ?? last;
      });
      for await (const text of createInterface({ input: stream, crlfDelay: Infinity })) {
        const line = parse(text);
        if (line) this.#remember(withPaths(line, (path) => resolve(folder, path)));
      }
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (!["ENOENT", "EACCES", "EISDIR", "ENOTDIR", "EPERM"].includes(code ?? "")) throw error;
    }
    return last !== "\n";
  }

  #remember(line: Line): void {
    const isInside = (path: string) => path.startsWith(this.folder + sep) || this.folder === sep;
    if (line.type === "file") {
      const { path, size, sha256 } = line;
      if (isInside(path)) this.#files.set(path, { path, size, sha256 });
      return;
    }
    const { type: _, ...entry } = line;
    const key = entry.outputs[0]?.path;
    if (key === undefined || !isInside(key)) return;
    const known = this.#done.get(key);
    if (known && known.finished > entry.finished) return;
    this.#done.set(key, { ...entry, settings: this.#shared(entry.settings) });
    this.#outputOfInput.set(entry.input.path, key);
    for (const file of entry.outputs) this.#files.set(file.path, file);
  }

  /** One string for many entries with the same settings. */
  #shared(settings: string): string {
    const known = this.#settings.get(settings);
    if (known !== undefined) return known;
    this.#settings.set(settings, settings);
    return settings;
  }

  async #append(given: Line): Promise<void> {
    const line = withPaths(given, (path) => resolve(path));
    const text = JSON.stringify(withPaths(line, (path) => this.#relative(path)));
    const path = join(this.folder, JOURNAL_FILE);
    try {
      const file = await open(nativePath(path), "a");
      try {
        const bytes = Buffer.from(`${this.#endsInside ? "\n" : ""}${text}\n`);
        await file.appendFile(bytes);
        this.#endsInside = false;
        this.#bytes += bytes.length;
        if (line.type === "file") await file.datasync(); // before the file itself is on the disk
      } finally {
        await file.close();
      }
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      const why = isDiskFull(error) ? ": the disk is full" : ` (${code})`;
      throw new UserError("output-unwritable", `The journal ${path} cannot be written${why}.`, {
        cause: error,
      });
    }
    this.#remember(line);
  }

  /** With `/`, so that a disk may go from one system to another. */
  #relative(path: string): string {
    return relative(this.folder, path).split(sep).join("/");
  }
}

function withPaths(line: Line, change: (path: string) => string): Line {
  if (line.type === "file") return { ...line, path: change(line.path) };
  return {
    ...line,
    input: { ...line.input, path: change(line.input.path) },
    outputs: line.outputs.map((file) => ({ ...file, path: change(file.path) })),
  };
}

/** A line, unless it is cut short or none of ours. */
function parse(text: string): Line | undefined {
  let line: Partial<Line>;
  try {
    line = JSON.parse(text) as Partial<Line>;
  } catch {
    return undefined;
  }
  if (line?.type === "file" && typeof line.path === "string") return line as Line;
  if (line?.type === "done" && line.input && Array.isArray(line.outputs)) return line as Line;
  return undefined;
}

/** SHA-256 of a file's content, hexadecimal. */
export async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const part of createReadStream(nativePath(path))) hash.update(part as Buffer);
  return hash.digest("hex");
}
