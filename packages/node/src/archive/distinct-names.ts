// Inputs that would share the name of an output keep both.

import { extname, resolve } from "node:path";
import {
  type NameVariant,
  type NamingOptions,
  type Outputs,
  outputName,
  outputsOf,
  withFurtherOutputs,
  writtenExtension,
} from "./output-names.js";

/** An input that needs a name for what it becomes. */
export interface Unnamed {
  readonly path: string;
  /** The folder from which the tree is kept. */
  readonly root: string | undefined;
  /** What it became in an earlier run, which it becomes again. */
  readonly earlier: string | undefined;
}

/** What else bears on names. */
export interface Neighbours {
  /** Whether the file system takes `A.jpg` and `a.jpg` for one name. */
  readonly ignoresCase: boolean;
  /** Whether a file is what some other input became in an earlier run. */
  readonly isOfOther: (output: string, input: string) => Promise<boolean>;
}

/** The outputs of one input. */
export interface Named extends Outputs {
  /** The usual name, if another has it. */
  readonly insteadOf: string | undefined;
}

/** How many variants are compared with the name from an earlier run. */
const VARIANTS_REMEMBERED = 20;

/**
 * Names the outputs of many inputs, no two alike. Where several would have the same name, those that
 * change their format keep their extension in it: `scan.jpg` and `scan.tif`, as PNG, become
 * `scan.jpg.png` and `scan.tif.png`. Otherwise they are numbered: `a/1.jpg` and `b/1.jpg`, in one
 * folder, become `1.jpg` and `1 (2).jpg`.
 *
 * @returns the outputs in the order of the inputs
 */
export async function distinctOutputs(
  inputs: readonly Unnamed[],
  options: NamingOptions,
  { ignoresCase, isOfOther }: Neighbours,
): Promise<Named[]> {
  const key = (path: string) => {
    const absolute = resolve(path);
    return ignoresCase ? absolute.normalize("NFC").toLowerCase() : absolute;
  };
  const nameOf = ({ path, root }: Unnamed, variant?: NameVariant) =>
    outputName(path, root, options, variant);
  const wanted = new Map<string, number>();
  for (const input of inputs) {
    const name = key(nameOf(input));
    wanted.set(name, (wanted.get(name) ?? 0) + 1);
  }
  const order = inputs.map((input, i) => {
    const usual = nameOf(input);
    const canInsert = changesExtension(input, options);
    const isShared = wanted.get(key(usual))! > 1;
    const variants = () => variantsOf(canInsert, isShared);
    const remembered = rememberedVariant(
      input,
      variants(),
      (each) => key(nameOf(input, each)),
      key,
    );
    const rank = remembered ? 0 : canInsert && isShared ? 2 : 1;
    return { i, input, usual, rank, variants, remembered };
  });
  order.sort((a, b) => a.rank - b.rank || a.i - b.i);

  const taken = new Set<string>();
  const named: Named[] = new Array(inputs.length);
  for (const { i, input, usual, variants, remembered } of order) {
    for (const variant of startingWith(remembered, variants())) {
      const outputs = withFurtherOutputs(nameOf(input, variant), options);
      const paths = outputsOf(outputs);
      if (paths.some((path) => taken.has(key(path)))) continue;
      if (variant !== remembered && (await isOfOther(outputs.output, input.path))) continue;
      for (const path of paths) taken.add(key(path));
      named[i] = { ...outputs, insteadOf: outputs.output === usual ? undefined : usual };
      break;
    }
  }
  return named;
}

function changesExtension({ path }: Unnamed, { format }: NamingOptions): boolean {
  return writtenExtension(path, format).toLowerCase() !== extname(path).toLowerCase();
}

/** The names to try, in this order, without an end. */
function* variantsOf(canInsert: boolean, isShared: boolean): Generator<NameVariant, void, void> {
  if (canInsert && !isShared) yield { inserted: false, number: 1 };
  for (let number = 1; ; number++) yield { inserted: canInsert, number };
}

function* startingWith<T>(first: T | undefined, others: Iterable<T>): Generator<T, void, void> {
  if (first) yield first;
  yield* others;
}

function rememberedVariant(
  { earlier }: Unnamed,
  variants: Iterable<NameVariant>,
  keyOf: (variant: NameVariant) => string,
  key: (path: string) => string,
): NameVariant | undefined {
  if (earlier === undefined) return undefined;
  const usual = { inserted: false, number: 1 };
  if (keyOf(usual) === key(earlier)) return usual;
  let compared = 0;
  for (const variant of variants) {
    if (keyOf(variant) === key(earlier)) return variant;
    if (++compared === VARIANTS_REMEMBERED) return undefined;
  }
  return undefined;
}
