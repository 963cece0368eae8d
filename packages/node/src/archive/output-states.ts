// Whether a picture is done, may be done, or may not since something is in the way.

import type { BigIntStats } from "node:fs";
import { resolve } from "node:path";
import type { UserErrorCode } from "@let-there-be-color/core/user-error";
import { STANDARD_STREAM } from "./inputs.js";
import { type DoneEntry, type Journal, type ModelIdentity, sha256OfFile } from "./journal.js";
import type { Journals } from "./journals.js";
import { type Outputs, outputsOf } from "./output-names.js";
import { fileCarriesOwnMark } from "./own-mark.js";
import { type FoundFile, identityOf, statOf } from "./walk.js";

/** Paths of inputs by the identity of their files. */
export type ProtectedInputs = ReadonlyMap<string, string>;

/** What is to be done with a picture. */
export type OutputState =
  | { readonly type: "do"; readonly replace: boolean; readonly again: string | undefined }
  | { readonly type: "done"; readonly entry: DoneEntry }
  | { readonly type: "refused"; readonly error: string; readonly code: UserErrorCode };

/** What decides. */
export interface StateOptions {
  /** Do again what is done, and replace whatever is there, but no input. */
  readonly overwrite?: boolean | undefined;
  /** The options that make a difference to a picture, by its path, as JSON with sorted names. */
  readonly settingsOf: (input: string) => string;
  readonly model: ModelIdentity;
  /** Nothing may be written, not even to journals. */
  readonly dryRun?: boolean | undefined;
}

/** A picture, and what it is to become. */
export interface Candidate {
  readonly input: string;
  readonly file: FoundFile | undefined;
  readonly root: string | undefined;
  readonly outputs: Outputs;
}

/** Why a picture is done again that need not be. */
export const TOLD = "as told";

/** Decides by the journals and by what is on the disk. */
export class OutputStates {
  readonly #options: StateOptions;
  readonly #journals: Journals;
  readonly #inputs: ProtectedInputs;

  constructor(options: StateOptions, journals: Journals, inputs: ProtectedInputs) {
    this.#options = options;
    this.#journals = journals;
    this.#inputs = inputs;
  }

  async of({ input, file, root, outputs }: Candidate): Promise<OutputState> {
    if (outputs.output === STANDARD_STREAM) return { type: "do", replace: false, again: undefined };
    const journal = this.#journals.of(input, root);
    const entry = journal?.doneAs(outputs.output);
    let again: string | undefined;
    if (journal && entry && file) {
      again = await this.#whyAgain(entry, input, file, outputs);
      if (again === undefined) {
        return { type: "done", entry: await this.#refreshed(journal, entry, input, file) };
      }
    }
    const { overwrite = false } = this.#options;
    let replace = false;
    for (const output of outputsOf(outputs)) {
      const status = await statOf(output).catch(() => undefined);
      if (!status) continue;
      const error = await this.#refusal(output, status, input, journal);
      if (error !== undefined) return { type: "refused", error, code: "output-exists" };
      replace = true;
    }
    return { type: "do", replace: replace || overwrite, again };
  }

  /** Why a picture that was done once is to be done again; undefined if it is not. */
  async #whyAgain(
    entry: DoneEntry,
    input: string,
    file: FoundFile,
    outputs: Outputs,
  ): Promise<string | undefined> {
    const { overwrite, settingsOf, model } = this.#options;
    if (overwrite) return TOLD;
    if (entry.model.sha256 !== model.sha256) return "another model";
    if (entry.settings !== settingsOf(input)) return "other options";
    const possible = new Set(outputsOf(outputs).map((path) => resolve(path)));
    for (const { path, size } of entry.outputs) {
      const status = possible.has(path) ? await statOf(path).catch(() => undefined) : undefined;
      if (status?.size !== BigInt(size)) return "an output is gone or has changed";
    }
    if (isUnchanged(entry, input, file)) return undefined;
    const hash = await sha256OfFile(input).catch(() => undefined);
    return hash === entry.input.sha256 ? undefined : "the input has changed";
  }

  /** The entry with the size and time that the input has now, so that it need not be read next time. */
  async #refreshed(
    journal: Journal,
    entry: DoneEntry,
    input: string,
    file: FoundFile,
  ): Promise<DoneEntry> {
    if (isUnchanged(entry, input, file) || this.#options.dryRun) return entry;
    const { size, modified } = file;
    const fresh = { ...entry, input: { ...entry.input, path: resolve(input), size, modified } };
    await journal.done(fresh).catch(() => undefined); // then it is read again next time
    return fresh;
  }

  /** Why a file that is there may not be replaced; undefined if it may. */
  async #refusal(
    output: string,
    status: BigIntStats,
    input: string,
    journal: Journal | undefined,
  ): Promise<string | undefined> {
    const other = this.#inputs.get(identityOf(status));
    if (other !== undefined && resolve(other) === resolve(input)) {
      return `${output} is the input itself, which is never overwritten; name another.`;
    }
    const isRecorded = (await journal?.holdsOwn(output)) ?? false;
    if (other !== undefined && !isRecorded && !(await fileCarriesOwnMark(output))) {
      return `${output} is an input, too, which is never overwritten; name another output for ${input}, or leave ${other} out.`;
    }
    if (this.#options.overwrite || isRecorded) return undefined;
    const why = journal?.knows(output) ? " and is not as a run has left it" : " already";
    return `${output} exists${why}; name another output, or set \`overwrite\`.`;
  }
}

function isUnchanged({ input }: DoneEntry, path: string, file: FoundFile): boolean {
  return (
    input.path === resolve(path) && input.size === file.size && input.modified === file.modified
  );
}
