// What a run is going to do, known before it begins.

import { resolve } from "node:path";
import { UserError, type UserErrorCode } from "@let-there-be-color/core/user-error";
import { READ_IN_WORDS } from "../image/format.js";
import { distinctOutputs, type Named } from "./distinct-names.js";
import { type Input, inputsOf, rootsOf, STANDARD_STREAM, type Words } from "./inputs.js";
import type { DoneEntry, Journal, ModelIdentity } from "./journal.js";
import { Journals } from "./journals.js";
import { LeftOut } from "./left-out.js";
import { ignoresCase } from "./letter-case.js";
import {
  inputStemOf,
  type NamingOptions,
  type Outputs,
  withFurtherOutputs,
} from "./output-names.js";
import { OutputStates, type ProtectedInputs } from "./output-states.js";
import type { FoundFile } from "./walk.js";

/** One picture to colourise. */
export interface Job extends Outputs {
  /** Path, or "-" for standard input. */
  readonly input: string;
  /** Undefined of standard input, and of what could not be looked at. */
  readonly file: FoundFile | undefined;
  /** Whether it is colourised even if it is an output of this software. */
  readonly evenOwn: boolean;
  /** Whether outputs that are there already may be replaced. */
  readonly replace: boolean;
  /** The options that make a difference to it, as JSON with sorted names. */
  readonly settings: string;
  /** Where it is recorded. */
  readonly journal: Journal | undefined;
  /** Why it is done again, if it has been before. */
  readonly again: string | undefined;
}

/** An input that cannot be done. */
export interface Refused {
  readonly input: string;
  readonly error: string;
  readonly code: UserErrorCode;
}

/** A picture whose outputs are there, as they should be. */
export interface AlreadyDone {
  readonly input: string;
  readonly outputs: Outputs;
  readonly entry: DoneEntry;
}

/** What is known before the work begins. */
export interface Plan {
  readonly jobs: readonly Job[];
  readonly done: readonly AlreadyDone[];
  readonly refused: readonly Refused[];
  /** Outputs of earlier runs among the inputs. */
  readonly ownOutputs: readonly string[];
  /** Pictures that do not get the usual name, since another has it. */
  readonly renamed: readonly { input: string; output: string; insteadOf: string }[];
  readonly leftOut: LeftOut;
  readonly journals: Journals;
}

/** What a plan depends on beside the inputs. */
export interface PlanOptions extends NamingOptions {
  /** The one file to write, in place of the usual names; of a single picture. */
  readonly file?: string | undefined;
  /** Do again what is done, and replace whatever is there, but no input. */
  readonly overwrite?: boolean | undefined;
  /** The options that make a difference to a picture, given the paths of all; as JSON with sorted names. */
  readonly settings: (inputs: readonly string[]) => Promise<(input: string) => string>;
  readonly model: ModelIdentity;
  /** Nothing may be written, not even to journals. */
  readonly dryRun?: boolean | undefined;
  /** Whether there may be nothing to colourise. */
  readonly mayBeEmpty?: boolean | undefined;
  /** Whether everything that is left out is to be listed. */
  readonly listLeftOut?: boolean | undefined;
}

type Picture = Extract<Input, { type: "picture" }>;

/**
 * Walks the inputs and decides for each what is to be done.
 *
 * @throws UserError if there is nothing at all to colourise, or standard output would get more than one
 * picture
 */
export async function makePlan(words: Words, options: PlanOptions): Promise<Plan> {
  const { file, folder } = options;
  const leftOut = new LeftOut(options.listLeftOut ?? false);
  const refused: Refused[] = [];
  const found: Picture[] = [];
  const paths = new Set<string>();
  for await (const input of inputsOf(words, folder)) {
    if (input.type === "left-out") leftOut.add(input.path, input.kind);
    else if (input.type !== "picture") refused.push(refusalOf(input));
    else {
      const path = input.path === STANDARD_STREAM ? input.path : resolve(input.path);
      if (!paths.has(path)) found.push(input);
      paths.add(path);
    }
  }
  const journals = await Journals.read(found, { folder, file, words });
  const ownOutputs: string[] = [];
  const pictures =
    file !== undefined ? found : withoutOwnOutputs(found, paths, journals, ownOutputs);
  if (pictures.length + refused.length + ownOutputs.length === 0 && !options.mayBeEmpty) {
    throw nothingFound(words, leftOut);
  }
  const settingsOf = await options.settings(pictures.map(({ path }) => path));
  const outputs = await namedOutputs(pictures, words, journals, options);
  const jobs: Job[] = [];
  const done: AlreadyDone[] = [];
  const renamed: Plan["renamed"][number][] = [];
  const states = new OutputStates({ ...options, settingsOf }, journals, protectedInputs(found));
  for (const [i, { path, file, root }] of pictures.entries()) {
    if (options.dryRun && !file && path !== STANDARD_STREAM) {
      refused.push({ input: path, error: `${path} cannot be read.`, code: "input-missing" });
      continue; // otherwise it fails in its turn, with the reason
    }
    const { insteadOf, ...mine } = outputs[i]!;
    const state = await states.of({ input: path, file, root, outputs: mine });
    if (state.type === "done") done.push({ input: path, outputs: mine, entry: state.entry });
    else if (state.type === "refused") refused.push({ input: path, ...state });
    else {
      const { replace, again } = state;
      const journal = journals.of(path, root);
      jobs.push({
        ...mine,
        input: path,
        file,
        replace,
        again,
        settings: settingsOf(path),
        journal,
        evenOwn: options.file !== undefined || path === STANDARD_STREAM,
      });
      if (insteadOf !== undefined) renamed.push({ input: path, output: mine.output, insteadOf });
    }
  }
  return { jobs, done, refused, ownOutputs, renamed, leftOut, journals };
}

/** The outputs of each picture: with the name that was given, or no two alike. */
async function namedOutputs(
  pictures: readonly Picture[],
  words: Words,
  journals: Journals,
  options: PlanOptions,
): Promise<Named[]> {
  const { file, folder } = options;
  if (file !== undefined) {
    return pictures.map(() => ({ ...withFurtherOutputs(file, options), insteadOf: undefined }));
  }
  const unnamed = pictures.map(({ path, root }) => {
    return { path, root, earlier: journals.of(path, root)?.outputOf(path) };
  });
  return distinctOutputs(unnamed, options, {
    ignoresCase: await ignoresCase(folder ?? rootsOf(words)[0] ?? "."),
    isOfOther: (output, input) => journals.isOfOther(output, input),
  });
}

function refusalOf(input: Extract<Input, { type: "unreadable" | "no-match" }>): Refused {
  const { path } = input;
  const error =
    input.type === "no-match"
      ? `Nothing matches ${path}; check the pattern.`
      : `The folder ${path} cannot be read (${input.reason}); check its permissions.`;
  return { input: path, error, code: "input-missing" };
}

/** What is left of the pictures without those that are results of this program. */
function withoutOwnOutputs(
  pictures: readonly Picture[],
  paths: ReadonlySet<string>,
  journals: Journals,
  ownOutputs: string[],
): Picture[] {
  const stems = new Set<string>(paths);
  for (const path of paths) stems.add(path.replace(/\.[^./\\]*$/, ""));
  return pictures.filter(({ path, root }) => {
    const stem = inputStemOf(resolve(path));
    const isOwn = journals.of(path, root)?.knows(path) || (stem !== undefined && stems.has(stem));
    if (isOwn) ownOutputs.push(path);
    return !isOwn;
  });
}

/** Whatever was named or found as a picture is never overwritten unless it is known to be a result. */
function protectedInputs(pictures: readonly Picture[]): ProtectedInputs {
  return new Map(
    pictures.flatMap(({ file, path }) => (file ? [[file.identity, path] as const] : [])),
  );
}

function nothingFound({ words }: Words, leftOut: LeftOut): UserError {
  const names = words.map(({ path }) => path).join(", ");
  const others = leftOut.count > 0 ? `; left out: ${leftOut.inWords()}` : "";
  return new UserError(
    "input-missing",
    `Expected pictures in the folder ${names} but found none to colourise (by the extensions ${READ_IN_WORDS})${others}.`,
  );
}
