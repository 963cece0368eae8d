// Which picture goes where: the inputs of `ltbc colorize` turned into a list of jobs.

import type { Dirent, Stats } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { basename, dirname, extname, join, relative, resolve, sep } from "node:path";
import { UserError } from "@let-there-be-color/core/user-error";
import {
  extensionOf,
  formatOfFileName,
  isPictureFileName,
  looksLikePicture,
  type OutputFormat,
  READ_IN_WORDS,
  WRITTEN_IN_WORDS,
} from "../image/format.js";

/** Stands for standard input as an input and for standard output as an output. */
export const STANDARD_STREAM = "-";

/** One picture to colourise. */
export interface Job {
  /** Path, or "-" for standard input. */
  readonly input: string;
  /** Path, or "-" for standard output. */
  readonly output: string;
  /** Paths of further colourings. */
  readonly alternatives: readonly string[];
  /** Path of the uncertainty map, if it is wanted. */
  readonly uncertainty: string | undefined;
}

/** How outputs are to be named. */
export interface JobOptions {
  readonly output?: string | undefined;
  readonly format?: OutputFormat | undefined;
  /** Colourings of each picture, the first included. Default 1. */
  readonly alternatives?: number | undefined;
  /** Whether maps of the uncertainty are wanted. */
  readonly uncertainty?: boolean | undefined;
}

/** Input and output of a job. */
type Way = Pick<Job, "input" | "output">;

/**
 * Lists the jobs. Folders are walked recursively for files with the extension of a picture; hidden
 * ones are left out. An input that does not exist becomes a job, too, which then fails alone.
 *
 * - Without `output`: `photo.jpg` becomes `photo.color.jpg` beside it; a walk leaves out pictures
 *   already named like that. Standard input goes to standard output.
 * - With one input file and an `output` with the extension of a picture: that file.
 * - Otherwise `output` is a folder; names and the tree below each input folder are kept.
 * - Further colourings become `photo.color-2.jpg`, `photo.color-3.jpg`, ..., the map of the
 *   uncertainty `photo.uncertainty.png`.
 *
 * @throws UserError if a folder holds no picture, two inputs would become one file, the output cannot
 * be written in the wanted format, or standard output would get more than one picture
 */
export async function planJobs(inputs: readonly string[], options: JobOptions): Promise<Job[]> {
  const { output, format } = options;
  const kinds = await Promise.all(inputs.map(statOf));
  const single = inputs.length === 1 && !kinds[0]?.isDirectory();
  if (output !== undefined && single && (await namesFile(output))) {
    const way = { input: inputs[0]!, output: checkedFileName(output, format) };
    return [withFurtherOutputs(way, options)];
  }
  if (output === STANDARD_STREAM) {
    throw new UserError(
      "option-invalid",
      "Standard output takes one picture only; name a folder with --output.",
    );
  }
  const jobs = new Map<string, Job>();
  const taken = new Map<string, Job>();
  for (const [i, input] of inputs.entries()) {
    for (const way of await waysOfInput(input, kinds[i], output, format)) {
      const job = withFurtherOutputs(way, options);
      for (const path of outputsOf(job)) {
        const other = taken.get(resolve(path));
        if (other && resolve(other.input) !== resolve(job.input)) {
          throw new UserError(
            "option-invalid",
            `${other.input} and ${job.input} would both become ${path}; colourise them into different folders.`,
          );
        }
        taken.set(resolve(path), job);
      }
      jobs.set(resolve(job.output), job);
    }
  }
  return [...jobs.values()];
}

/** Every path that a job may write. */
export function outputsOf({ output, alternatives, uncertainty }: Job): string[] {
  return [output, ...alternatives, ...(uncertainty === undefined ? [] : [uncertainty])];
}

function withFurtherOutputs(way: Way, { alternatives = 1, uncertainty = false }: JobOptions): Job {
  const { output } = way;
  if (output === STANDARD_STREAM) {
    if (alternatives === 1 && !uncertainty)
      return { ...way, alternatives: [], uncertainty: undefined };
    throw new UserError(
      "option-invalid",
      "Standard output takes one picture only, neither `alternatives` nor `uncertainty`; name a file with --output.",
    );
  }
  const extension = extname(output);
  const stem = output.slice(0, output.length - extension.length);
  const numbers = Array.from({ length: alternatives - 1 }, (_, i) => i + 2);
  return {
    ...way,
    alternatives: numbers.map((number) => `${stem}-${number}${extension}`),
    uncertainty: uncertainty ? `${stem.replace(/\.color$/, "")}.uncertainty.png` : undefined,
  };
}

async function statOf(path: string): Promise<Stats | undefined> {
  if (path === STANDARD_STREAM) return undefined;
  return stat(path).catch(() => undefined);
}

async function namesFile(output: string): Promise<boolean> {
  if (output === STANDARD_STREAM) return true;
  if (output.endsWith("/") || output.endsWith(sep)) return false;
  return looksLikePicture(output) && !(await statOf(output))?.isDirectory();
}

function checkedFileName(output: string, format: OutputFormat | undefined): string {
  if (output === STANDARD_STREAM) return output;
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
  return output;
}

async function waysOfInput(
  input: string,
  kind: Stats | undefined,
  output: string | undefined,
  format: OutputFormat | undefined,
): Promise<Way[]> {
  if (input === STANDARD_STREAM) {
    if (output === undefined) return [{ input, output: STANDARD_STREAM }];
    return [{ input, output: join(output, `stdin${extensionOf(format ?? "png")}`) }];
  }
  if (!kind?.isDirectory()) {
    const folder = output ?? dirname(input);
    return [{ input, output: join(folder, outputName(input, output === undefined, format)) }];
  }
  const files = await picturesIn(input, output === undefined ? undefined : resolve(output));
  const fresh = output === undefined ? files.filter((file) => !isColorized(file)) : files;
  if (fresh.length === 0) {
    throw new UserError(
      "input-missing",
      `Expected pictures in the folder ${input} but found none to colourise (by the extensions ${READ_IN_WORDS}).`,
    );
  }
  return fresh.map((file) => {
    const folder =
      output === undefined ? dirname(file) : join(output, dirname(relative(input, file)));
    return { input: file, output: join(folder, outputName(file, output === undefined, format)) };
  });
}

/** File name of the output: the input's own, marked if it will lie beside the input. */
function outputName(input: string, beside: boolean, format: OutputFormat | undefined): string {
  const extension = extname(input);
  const inputFormat = formatOfFileName(input);
  const target = format ?? inputFormat ?? "png";
  const stem = basename(input, extension);
  return (
    stem + (beside ? ".color" : "") + (target === inputFormat ? extension : extensionOf(target))
  );
}

function isColorized(path: string): boolean {
  return /\.(color(-\d)?|uncertainty)$/.test(basename(path, extname(path)));
}

/** Picture files below a folder, sorted; not those in the output folder, nor through links. */
async function picturesIn(folder: string, outputFolder: string | undefined): Promise<string[]> {
  let entries: Dirent[];
  try {
    entries = await readdir(folder, { withFileTypes: true });
  } catch (error) {
    throw new UserError(
      "input-missing",
      `${folder} cannot be read (${(error as NodeJS.ErrnoException).code}).`,
      { cause: error },
    );
  }
  entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  const files: string[] = [];
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.name.startsWith(".")) continue;
    if (entry.isDirectory()) {
      if (resolve(path) !== outputFolder) files.push(...(await picturesIn(path, outputFolder)));
    } else if (isPictureFileName(entry.name) && (await statOf(path))?.isFile()) {
      files.push(path);
    }
  }
  return files;
}
