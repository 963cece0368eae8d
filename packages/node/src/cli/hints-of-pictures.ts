// `--hint` and `--hints`: which picture has which hints.

import { readFile } from "node:fs/promises";
import { normalize, sep } from "node:path";
import { assertHints, type Hint } from "@let-there-be-color/core/colorize";
import { naming, UserError } from "@let-there-be-color/core/user-error";
import { InvalidArgumentError } from "commander";

/** Reads a hint such as `120,80,#2e5d34` or, with a radius, `120,80,#2e5d34,15`, and adds it. */
export function addHint(text: string, hints: readonly Hint[] = []): Hint[] {
  const [x = "", y = "", color = "", radius, ...more] = text.split(",").map((part) => part.trim());
  const number = (part: string) => (part === "" ? Number.NaN : Number(part));
  const hint: Hint = {
    x: number(x),
    y: number(y),
    color,
    ...(radius === undefined ? {} : { radius: number(radius) }),
  };
  try {
    assertHints([hint]);
    if (more.length === 0) return [...hints, hint];
  } catch {
    // said below, with the form of the whole
  }
  throw new InvalidArgumentError(
    "Expected x,y,#rrggbb or x,y,#rrggbb,radius in pixels of the upright picture (such as 120,80,#2e5d34).",
  );
}

/** What the command line says of hints. */
export interface HintOptions {
  /** Of the only picture. */
  readonly hint?: readonly Hint[];
  /** Path of a JSON file: a list of hints for the only picture, or lists by the pictures' paths. */
  readonly hints?: string;
}

/** The hints of every picture that has some, by its input path. */
export type HintsOfPictures = ReadonlyMap<string, readonly Hint[]>;

/**
 * Gives every picture its hints. In a file that lists several pictures, each goes by its path as it is
 * known to the command, or by the end of it (`faces/anna.jpg`, `anna.jpg`) that tells it from others.
 *
 * @param inputs paths of all pictures
 * @param moreToCome whether more pictures will be known later, which names may then belong to
 * @throws UserError if the file cannot be read or is malformed, or it is not clear whose the hints are
 */
export async function hintsOfPictures(
  { hint = [], hints: file }: HintOptions,
  inputs: readonly string[],
  moreToCome = false,
): Promise<HintsOfPictures> {
  const read = file === undefined ? [] : await readHints(file);
  const [nameless, byName] = Array.isArray(read)
    ? [[...(read as readonly Hint[]), ...hint], {}]
    : [hint, read as HintsByName];
  const found = assigned(byName, inputs, (name) => {
    if (!moreToCome) throw unknownName(file!, name);
  });
  if (nameless.length === 0) return found;
  const only = onlyOf(inputs, moreToCome);
  return new Map([[only, [...(found.get(only) ?? []), ...nameless]]]);
}

function onlyOf(inputs: readonly string[], moreToCome: boolean): string {
  const [first, ...others] = new Set(inputs);
  if (first !== undefined && others.length === 0 && !moreToCome) return first;
  const number = moreToCome ? "may be more" : `are ${others.length + 1}`;
  throw new UserError(
    "option-invalid",
    `Hints without a name are for one picture, and there ${number}; give \`hints\` a file like {"photo.jpg": [{"x": 120, "y": 80, "color": "#2e5d34"}]}.`,
  );
}

type HintsByName = Readonly<Record<string, readonly Hint[]>>;

/** A list of hints, or lists by name. */
async function readHints(file: string): Promise<readonly Hint[] | HintsByName> {
  let content: unknown;
  try {
    content = JSON.parse(await readFile(file, "utf8"));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const reason = error instanceof SyntaxError ? "is no JSON" : "cannot be read";
    throw new UserError(
      error instanceof SyntaxError ? "option-invalid" : "input-missing",
      `The hints ${file}: the file ${reason} (${code ?? message.split("\n")[0]}); check it.`,
      { cause: error },
    );
  }
  if (Array.isArray(content)) {
    return checked(file, content);
  }
  if (typeof content !== "object" || content === null) {
    throw new UserError(
      "option-invalid",
      `The hints ${file}: expected a list of { x, y, color }, or an object of such lists by picture.`,
    );
  }
  const byName: Record<string, readonly Hint[]> = {};
  for (const [name, hints] of Object.entries(content)) {
    byName[name] = await checked(`${file}, ${name}`, hints);
  }
  return byName;
}

function checked(place: string, hints: unknown): Promise<readonly Hint[]> {
  return naming(`The hints ${place}`, () => {
    assertHints(hints as readonly Hint[]);
    return hints as readonly Hint[];
  });
}

/** @param onUnknown called for each name that is none of the pictures */
function assigned(
  byName: HintsByName,
  inputs: readonly string[],
  onUnknown: (name: string) => void,
): Map<string, readonly Hint[]> {
  const found = new Map<string, readonly Hint[]>();
  const names = Object.keys(byName).sort((a, b) => a.length - b.length); // the longest holds
  for (const name of names) {
    const meant = inputs.filter((input) => endsInPath(input, name));
    const exact = meant.filter((input) => normalize(input) === normalize(name));
    const [input, other] = exact.length > 0 ? exact : meant;
    if (other !== undefined) {
      throw new UserError(
        "option-invalid",
        `The hints for ${name} may be those of ${input} or ${other}; write more of its path.`,
      );
    }
    if (input === undefined) onUnknown(name);
    else found.set(input, byName[name]!);
  }
  return found;
}

function unknownName(file: string, name: string): UserError {
  return new UserError(
    "option-invalid",
    `The hints ${file}: ${name} is none of the pictures; check the name, or leave it out.`,
  );
}

function endsInPath(path: string, end: string): boolean {
  return `${sep}${normalize(path)}`.endsWith(`${sep}${normalize(end)}`);
}
