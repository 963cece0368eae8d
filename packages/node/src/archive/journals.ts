import { stat } from "node:fs/promises";
import { dirname, join, resolve, sep } from "node:path";
import { nativePath } from "../files/byte-path.js";
import { rootsOf, STANDARD_STREAM, type Words } from "./inputs.js";
import { JOURNAL_FILE, Journal, sha256OfFile } from "./journal.js";

/** Where journals may be. */
export interface JournalPlaces {
  /** The folder of all outputs; otherwise they lie beside their inputs. */
  readonly folder?: string | undefined;
  /** Set if there is one output, whose name was given: then there is no journal. */
  readonly file?: string | undefined;
  readonly words: Words;
}

/** A picture that may have been done. */
interface Place {
  readonly path: string;
  readonly root: string | undefined;
}

/**
 * The journals of a run: one in the folder of the outputs, or, where they lie beside the inputs, one in
 * each folder that was named and in those of files that were named. A single file leaves nothing but its
 * picture beside it, unless there is a journal already.
 */
export class Journals {
  readonly #folder: string | undefined;
  readonly #journals = new Map<string, Journal>();

  private constructor(folder: string | undefined) {
    this.#folder = folder;
  }

  /** Reads the journals that concern these pictures. */
  static async read(
    pictures: readonly Place[],
    { folder, file, words }: JournalPlaces,
  ): Promise<Journals> {
    const journals = new Journals(folder);
    if (file !== undefined) return journals;
    const below = new Map<string, Set<string>>();
    const expected = folder === undefined ? rootsOf(words) : [folder];
    for (const at of expected) below.set(resolve(at), new Set()); // pictures may be yet to come
    for (const place of pictures) {
      const at = journals.#folderOf(place);
      if (at === undefined) continue;
      const folders = below.get(at) ?? new Set();
      below.set(at, folders);
      const own = resolve(dirname(place.path));
      if (own.startsWith(at + sep)) folders.add(own);
    }
    for (const [at, folders] of below) {
      if (words.isSinglePicture && folder === undefined && !(await isThere(at))) continue;
      const withJournal: string[] = [];
      for (const each of folders) if (await isThere(each)) withJournal.push(each);
      journals.#journals.set(at, await Journal.read(at, withJournal));
    }
    return journals;
  }

  /** The journal in which a picture is recorded; undefined if it is in none. */
  of(path: string, root: string | undefined): Journal | undefined {
    const folder = this.#folderOf({ path, root });
    return folder === undefined ? undefined : this.#journals.get(folder);
  }

  /** The folders that have, or will have, a journal. */
  get folders(): string[] {
    return [...this.#journals.keys()].sort();
  }

  /** Whether another process has written to one of them since they were read. */
  async areOutdated(): Promise<boolean> {
    for (const journal of this.#journals.values()) if (await journal.isOutdated()) return true;
    return false;
  }

  /** Whether a file is what another picture became in an earlier run. */
  async isOfOther(output: string, input: string): Promise<boolean> {
    for (const journal of this.#journals.values()) {
      const entry = journal.doneAs(output);
      if (!entry || entry.input.path === resolve(input)) continue;
      const isSame = (await sha256OfFile(input).catch(() => "")) === entry.input.sha256;
      return !isSame; // the same picture at another place has moved
    }
    return false;
  }

  #folderOf({ path, root }: Place): string | undefined {
    if (path === STANDARD_STREAM) return undefined; // another picture each time
    return resolve(this.#folder ?? root ?? dirname(path));
  }
}

async function isThere(folder: string): Promise<boolean> {
  return stat(nativePath(join(folder, JOURNAL_FILE))).then(
    () => true,
    () => false,
  );
}
