import { ByteReader, DamagedMetadata } from "../byte-reader.js";
import { textOf } from "../text.js";

const MARKER = 0x1c;

/** A data set of IPTC-IIM 4.2 (section 1.5): its record, number and value. */
export interface DataSet {
  readonly record: number;
  readonly number: number;
  readonly value: Uint8Array;
}

/**
 * The data sets of an IPTC-IIM block; zeros behind the last one are padding.
 *
 * @throws DamagedMetadata if one reaches beyond the end, or there is none
 */
export function readDataSets(iptc: Uint8Array): DataSet[] {
  const reader = new ByteReader(iptc);
  const sets: DataSet[] = [];
  for (let at = 0; at + 5 <= iptc.length && reader.uint8(at) === MARKER; ) {
    let length = reader.uint16(at + 3);
    let start = at + 5;
    if (length & 0x8000) {
      // An extended data set: the length of the length comes first.
      const size = length & 0x7fff;
      if (size > 4) throw new DamagedMetadata(`a length of ${size} bytes`);
      length = 0;
      for (let i = 0; i < size; i++) length = length * 256 + reader.uint8(start + i);
      start += size;
    }
    const value = reader.slice(start, length);
    sets.push({ record: reader.uint8(at + 1), number: reader.uint8(at + 2), value });
    at = start + length;
  }
  if (sets.length === 0) throw new DamagedMetadata("no data sets");
  return sets;
}

/** The coded character set (1:90) for UTF-8: ESC % G. */
const UTF8 = [0x1b, 0x25, 0x47];

/** Texts of the application record (2), by number of the data set. */
export function applicationTexts(sets: readonly DataSet[]): Map<number, string[]> {
  const coded = sets.find(({ record, number }) => record === 1 && number === 90)?.value;
  const isUtf8 = coded !== undefined && UTF8.every((byte, i) => coded[i] === byte);
  const texts = new Map<number, string[]>();
  for (const { record, number, value } of sets) {
    if (record !== 2 || value.length === 0) continue;
    const text = isUtf8 ? new TextDecoder().decode(value) : textOf(value);
    const others = texts.get(number);
    if (others) others.push(text);
    else texts.set(number, [text]);
  }
  return texts;
}
