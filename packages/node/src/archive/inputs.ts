// What the words of a command line stand for: files, folders, patterns.

import { sep } from "node:path";
import picomatch from "picomatch";
import { type Found, type FoundFile, fileOf, identityOf, statOf, walkFolder } from "./walk.js";

/** Stands for standard input as an input and for standard output as an output. */
export const STANDARD_STREAM = "-";

/** An input, and the folder from which the tree above it is kept. */
export type Input =
  | {
      readonly type: "picture";
      readonly path: string;
      /** Undefined of standard input and of what cannot be looked at, which then fails alone. */
      readonly file: FoundFile | undefined;
      /** The folder that was named, if it came from there. */
      readonly root: string | undefined;
    }
  | Exclude<Found, { type: "picture" }>
  /** A pattern that nothing matches. */
  | { readonly type: "no-match"; readonly path: string };

/** What makes a pattern. Parentheses and ! do not: names of files hold them, such as "scan (2).jpg". */
const patternSign = /[*?[{]/;

/** Words of a command line, looked at. */
export interface Words {
  /** Each with what it stands for. */
  readonly words: readonly Word[];
  /** Whether there is one word, for one picture. */
  readonly isSinglePicture: boolean;
}

type Word =
  | { readonly type: "picture"; readonly path: string; readonly file: FoundFile | undefined }
  | { readonly type: "folder"; readonly path: string }
  | { readonly type: "pattern"; readonly path: string; readonly root: string };

/** Looks what words stand for. Nothing is walked yet. */
export async function lookAt(paths: readonly string[]): Promise<Words> {
  const words: Word[] = [];
  for (const path of paths) words.push(await wordOf(path));
  return { words, isSinglePicture: words.length === 1 && words[0]!.type === "picture" };
}

/** Folders that the words name, or that patterns look through. */
export function rootsOf({ words }: Words): string[] {
  return words.flatMap((word) =>
    word.type === "folder" ? [word.path] : word.type === "pattern" ? [word.root] : [],
  );
}

/**
 * Every input that words stand for, in their order.
 *
 * @param outputFolder what lies in it is no input
 */
export async function* inputsOf(
  { words }: Words,
  outputFolder: string | undefined,
): AsyncGenerator<Input, void, void> {
  const output = outputFolder === undefined ? undefined : await folderIdentity(outputFolder);
  for (const word of words) {
    if (word.type === "picture") {
      yield { ...word, root: undefined };
      continue;
    }
    const root = word.type === "folder" ? word.path : word.root;
    const isItself = output === (await folderIdentity(root));
    const except = new Set(output && !isItself ? [output] : []);
    let any = false;
    const walk = walkFolder(root, {
      except,
      ...(word.type === "pattern" ? ofPattern(word.path) : {}),
    });
    for await (const found of walk) {
      any = true;
      yield found.type === "picture" ? { ...found, root } : found;
    }
    if (!any && word.type === "pattern") yield { type: "no-match", path: word.path };
  }
}

async function folderIdentity(folder: string): Promise<string | undefined> {
  return statOf(folder).then(identityOf, () => undefined);
}

async function wordOf(path: string): Promise<Word> {
  if (path === STANDARD_STREAM) return { type: "picture", path, file: undefined };
  const status = await statOf(path).catch(() => undefined);
  if (status?.isDirectory()) return { type: "folder", path };
  if (status) return { type: "picture", path, file: fileOf(status) };
  if (patternSign.test(path)) return { type: "pattern", path, root: partsOf(path).folder };
  return { type: "picture", path, file: undefined };
}

/** Which paths below its folder a pattern means, and how deep it looks. */
function ofPattern(pattern: string): { matches: (path: string) => boolean; depth: number } {
  const { glob } = partsOf(pattern);
  const levels = glob.split("/").length;
  const depth = glob.includes("**") ? Number.POSITIVE_INFINITY : levels;
  return { matches: picomatch(glob, { nocase: process.platform === "win32" }), depth };
}

/** The folder where a pattern begins, and the pattern from there. */
function partsOf(pattern: string): { folder: string; glob: string } {
  const withSlashes = sep === "\\" ? pattern.replaceAll("\\", "/") : pattern;
  const { base, glob } = picomatch.scan(withSlashes.replace(/[()!]/g, "\\$&"));
  return { folder: base.replace(/\\([()!])/g, "$1") || ".", glob };
}
