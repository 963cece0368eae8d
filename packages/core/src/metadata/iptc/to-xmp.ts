import type { PropertyName } from "../xmp/namespaces.js";
import type { ListKind, XmpPacket } from "../xmp/packet.js";
import { applicationTexts, readDataSets } from "./records.js";

/** IIM data sets of record 2 and their XMP properties (IPTC Photo Metadata Standard 2025.1). */
const PROPERTIES: readonly [number: number, name: PropertyName, kind?: ListKind][] = [
  [5, "dc:title", "Alt"],
  [10, "photoshop:Urgency"],
  [15, "photoshop:Category"],
  [20, "photoshop:SupplementalCategories", "Bag"],
  [25, "dc:subject", "Bag"],
  [40, "photoshop:Instructions"],
  [80, "dc:creator", "Seq"],
  [85, "photoshop:AuthorsPosition"],
  [90, "photoshop:City"],
  [92, "Iptc4xmpCore:Location"],
  [95, "photoshop:State"],
  [100, "Iptc4xmpCore:CountryCode"],
  [101, "photoshop:Country"],
  [103, "photoshop:TransmissionReference"],
  [105, "photoshop:Headline"],
  [110, "photoshop:Credit"],
  [115, "photoshop:Source"],
  [116, "dc:rights", "Alt"],
  [120, "dc:description", "Alt"],
  [122, "photoshop:CaptionWriter"],
];

const SUBJECT_REFERENCE = 12;
const INTELLECTUAL_GENRE = 4;
const DATES: readonly [date: number, time: number, name: PropertyName][] = [
  [55, 60, "photoshop:DateCreated"],
  [62, 63, "xmp:CreateDate"],
];

/** Data sets that have nothing to say outside of IIM: record version, versions of the envelope. */
const TECHNICAL: ReadonlySet<number> = new Set([0]);

/**
 * Adds IPTC-IIM to an XMP packet. What the packet has already stays: programs that know both keep
 * XMP up to date.
 *
 * @returns numbers of the data sets of record 2 that have no XMP property
 * @throws DamagedMetadata if the block cannot be read
 */
export function addIptcToXmp(iptc: Uint8Array, packet: XmpPacket): number[] {
  const texts = applicationTexts(readDataSets(iptc));
  const known = new Set<number>([...TECHNICAL, SUBJECT_REFERENCE, INTELLECTUAL_GENRE]);
  for (const [number, name, kind] of PROPERTIES) {
    known.add(number);
    const values = texts.get(number);
    if (!values || packet.has(name)) continue;
    if (!kind) packet.setText(name, values[0]!);
    else packet.setList(name, kind, kind === "Alt" ? values.slice(0, 1) : values);
  }
  const subjects = (texts.get(SUBJECT_REFERENCE) ?? []).map(subjectCode).filter(isThere);
  if (subjects.length > 0 && !packet.has("Iptc4xmpCore:SubjectCode")) {
    packet.setList("Iptc4xmpCore:SubjectCode", "Bag", subjects);
  }
  const genre = texts.get(INTELLECTUAL_GENRE)?.[0];
  if (genre && !packet.has("Iptc4xmpCore:IntellectualGenre")) {
    packet.setText("Iptc4xmpCore:IntellectualGenre", genre.replace(/^\d{3}:/, ""));
  }
  for (const [dateNumber, timeNumber, name] of DATES) {
    known.add(dateNumber).add(timeNumber);
    const date = isoDate(texts.get(dateNumber)?.[0], texts.get(timeNumber)?.[0]);
    if (date && !packet.has(name)) packet.setText(name, date);
  }
  return [...texts.keys()].filter((number) => !known.has(number));
}

/** "IPTC:15054000:sport:soccer" is 15054000. */
function subjectCode(reference: string): string | undefined {
  return /\b\d{8}\b/.exec(reference)?.[0];
}

/** "19310405" and "143000+0100" as 1931-04-05T14:30:00+01:00; parts of a date may be unknown, 00. */
function isoDate(date: string | undefined, time: string | undefined): string | undefined {
  const [, year, month, day] = /^(\d{4})(\d\d)(\d\d)/.exec(date ?? "") ?? [];
  if (!year || year === "0000") return undefined;
  if (month === "00") return year;
  if (day === "00") return `${year}-${month}`;
  const [, hours, minutes, seconds, zone] =
    /^(\d\d)(\d\d)(\d\d)([+-]\d{4})?/.exec(time ?? "") ?? [];
  if (!hours) return `${year}-${month}-${day}`;
  const offset = zone ? `${zone.slice(0, 3)}:${zone.slice(3)}` : "";
  return `${year}-${month}-${day}T${hours}:${minutes}:${seconds}${offset}`;
}

function isThere(value: string | undefined): value is string {
  return value !== undefined;
}
