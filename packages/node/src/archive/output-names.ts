// How outputs are named after their inputs.

import { basename, dirname, extname, join, relative, sep } from "node:path";
import { UserError } from "@let-there-be-color/core/user-error";
import {
  extensionOf,
  formatOfFileName,
  looksLikePicture,
  type OutputFormat,
  WRITTEN_IN_WORDS,
} from "../image/format.js";
import { STANDARD_STREAM } from "./inputs.js";
import { statOf } from "./walk.js";

/** How outputs are to be named. */
export interface NamingOptions {
  /** The folder for all of them; default: each beside its input. */
  readonly folder?: string | undefined;
  readonly format?: OutputFormat | undefined;
  /** Colourings of each picture, the first included. Default 1. */
  readonly alternatives?: number | undefined;
  /** Whether maps of the uncertainty are wanted. */
  readonly uncertainty?: boolean | undefined;
}

/** Everything that may be written for one picture. */
export interface Outputs {
  /** Path, or "-" for standard output. */
  readonly output: string;
  /** Paths of further colourings. */
  readonly alternatives: readonly string[];
  /** Path of the uncertainty map, if it is wanted. */
  readonly uncertainty: string | undefined;
}

/** Every path that may be written, the picture first. */
export function outputsOf({ output, alternatives, uncertainty }: Outputs): string[] {
  return [output, ...alternatives, ...(uncertainty === undefined ? [] : [uncertainty])];
}

/** A way to name an output, so that it differs from others. */
export interface NameVariant {
  /** Whether the input's extension stays in the name. */
  readonly inserted: boolean;
  /** From 2 on in the name, in parentheses. */
  readonly number: number;
}

/**
 * What an output is called: `in/a/b.png` becomes `out/a/b.png`, or `in/a/b.color.png` beside it.
 *
 * @param root the folder from which the tree is kept; the file's own if undefined
 */
export function outputName(
  input: string,
  root: string | undefined,
  { folder, format }: NamingOptions,
  { inserted, number }: NameVariant = { inserted: false, number: 1 },
): string {
  const count = number > 1 ? ` (${number})` : "";
  if (input === STANDARD_STREAM) {
    if (folder === undefined) return STANDARD_STREAM;
    return join(folder, `stdin${count}${extensionOf(format ?? "png")}`);
  }
  const stem = basename(input, inserted ? "" : extname(input)) + count;
  const mark = folder === undefined ? ".color" : "";
  const below = root === undefined ? "" : dirname(relative(root, input));
  const parent = folder === undefined ? dirname(input) : join(folder, below);
  return join(parent, stem + mark + writtenExtension(input, format));
}

/** The extension of an output: the input's own if that can be. */
export function writtenExtension(input: string, format: OutputFormat | undefined): string {
  const own = formatOfFileName(input);
  const target = format ?? own ?? "png";
  return target === own ? extname(input) : extensionOf(target);
}

/**
 * Adds the names of further colourings, `photo.color-2.jpg`, `photo.color-3.jpg`, ..., and of the map
 * of the uncertainty, `photo.uncertainty.png`.
 *
 * @throws UserError if standard output would get more than one picture
 */
export function withFurtherOutputs(
  output: string,
  { alternatives = 1, uncertainty = false }: NamingOptions,
): Outputs {
  if (output === STANDARD_STREAM) {
    if (alternatives === 1 && !uncertainty) {
      return { output, alternatives: [], uncertainty: undefined };
    }
    throw new UserError(
      "option-invalid",
      "Standard output takes one picture only, neither `alternatives` nor `uncertainty`; name a file with --output.",
    );
  }
  const extension = extname(output);
  const stem = output.slice(0, output.length - extension.length);
  const numbers = Array.from({ length: alternatives - 1 }, (_, i) => i + 2);
  return {
    output,
    alternatives: numbers.map((each) => `${stem}-${each}${extension}`),
    uncertainty: uncertainty ? `${stem.replace(/\.color$/, "")}.uncertainty.png` : undefined,
  };
}

/** The name of the input that an output beside it was made from, without its extension; if it is named like one. */
export function inputStemOf(path: string): string | undefined {
  const stem = path.slice(0, path.length - extname(path).length);
  return /^(.*)\.(?:color(?:-\d)?|uncertainty)$/s.exec(stem)?.[1];
}

/**
 * Whether an output is the file for one picture, not the folder for many.
 *
 * @throws UserError if it cannot be written in its format, or not in the wanted one
 */
export async function namesOutputFile(
  output: string,
  format: OutputFormat | undefined,
): Promise<boolean> {
  if (output === STANDARD_STREAM) return true;
  if (output.endsWith("/") || output.endsWith(sep) || !looksLikePicture(output)) return false;
  if ((await statOf(output).catch(() => undefined))?.isDirectory()) return false;
  const named = formatOfFileName(output);
  if (!named) {
    throw new UserError(
      "option-invalid",
      `Pictures cannot be written as ${extname(output)}; end ${output} in ${WRITTEN_IN_WORDS}.`,
    );
  }
  if (format && format !== named) {
    throw new UserError(
      "option-invalid",
      `--format ${format} does not go with the output name ${output}.`,
    );
  }
  return true;
}
