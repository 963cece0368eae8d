import { DamagedMetadata } from "../byte-reader.js";
import { MAKER_NOTE } from "../tiff/tags.js";
import { type Field, readExifFields } from "./fields.js";
import { writeFields } from "./write-fields.js";

const ENTRY_LENGTH = 12;

/** An EXIF block that fits, with what was left out for that. */
export interface FittedExif {
  readonly exif: Uint8Array;
  /** Tags of the fields that were left out. */
  readonly leftOut: readonly number[];
}

/**
 * The most of an EXIF block that fits into a length: the maker note goes first, then the largest
 * values, one by one.
 *
 * @throws DamagedMetadata if the main directory cannot be read
 */
export function fitExif(exif: Uint8Array, largest: number): FittedExif {
  if (exif.length <= largest) return { exif, leftOut: [] };
  const tree = readExifFields(exif);
  const leaves = leavesOf(tree.fields).sort((a, b) => importance(a) - importance(b));
  const leftOut: number[] = [];
  for (let { fields } = tree; ; ) {
    const { bytes } = writeFields({ ...tree, fields });
    if (bytes.length <= largest) return { exif: bytes, leftOut };
    const gone = new Set<Field>();
    for (let surplus = bytes.length - largest; surplus > 0 && leaves.length > 0; ) {
      const field = leaves.shift()!;
      gone.add(field);
      leftOut.push(field.tag);
      surplus -= ENTRY_LENGTH + field.value.length;
      // Without it, the way to its place need not be kept, either.
      if (field.place !== undefined) break;
    }
    if (gone.size === 0) throw new DamagedMetadata("directories without fields");
    fields = without(fields, gone);
  }
}

function importance({ tag, value }: Field): number {
  return tag === MAKER_NOTE ? Number.NEGATIVE_INFINITY : -value.length;
}

function leavesOf(fields: readonly Field[]): Field[] {
  return fields.flatMap((field) => (field.directory ? leavesOf(field.directory) : [field]));
}

function without(fields: readonly Field[], gone: ReadonlySet<Field>): Field[] {
  return fields
    .filter((field) => !gone.has(field))
    .map((field) =>
      field.directory ? { ...field, directory: without(field.directory, gone) } : field,
    );
}
