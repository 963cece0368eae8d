// Metadata in AVIF and HEIF (ISO/IEC 23008-12, Annex A): items of the meta box.

import { ByteReader, concatBytes, DamagedMetadata, latin1Bytes } from "../byte-reader.js";
import type { ContainerMetadata, PictureMetadata } from "../picture-metadata.js";
import { xmpText } from "../text.js";
import { withoutExifPrefix } from "./exif-prefix.js";
import {
  type Box,
  box,
  type ItemLocation,
  integers,
  itemLocations,
  readBoxes,
  readItemLocations,
} from "./heif-boxes.js";

const XMP_TYPE = "application/rdf+xml";
/** Version and flags in front of the content of full boxes. */
const FULL_BOX = 4;

/** An item as `iinf` has it. */
interface Item {
  readonly id: number;
  readonly type: string;
  readonly contentType: string;
}

/**
 * What an AVIF or HEIF file says of itself.
 *
 * @throws DamagedMetadata if its boxes cannot be read
 */
export function readAvif(file: Uint8Array): ContainerMetadata {
  const top = readBoxes(file);
  const boxes = metaBoxes(top);
  const items = readItems(find(boxes, "iinf"));
  const locations = readItemLocations(find(boxes, "iloc").content);
  const data = boxes.find(({ type }) => type === "idat")?.content;
  const content = (wanted: Item | undefined) => {
    const location = locations.find(({ id }) => id === wanted?.id);
    return location && itemContent(location, file, data);
  };
  const exif = content(items.find(({ type }) => type === "Exif"));
  const xmp = content(
    items.find(({ type, contentType }) => type === "mime" && contentType === XMP_TYPE),
  );
  return {
    ...(exif ? { exif: exifOfItem(exif) } : {}),
    ...(xmp ? { xmp: xmpText(xmp) } : {}),
    foreign: isSigned(top) ? ["Content Credentials, which hold for the original only"] : [],
  };
}

/** C2PA's box (Content Credentials specification, A.5.1). */
const CREDENTIALS_UUID = [0xd8, 0xfe, 0xc3, 0xd6, 0x1b, 0x0e, 0x48, 0x3c];

function isSigned(boxes: readonly Box[]): boolean {
  return boxes.some(
    ({ type, content }) =>
      type === "uuid" && CREDENTIALS_UUID.every((byte, i) => content[i] === byte),
  );
}

function metaBoxes(top: readonly Box[]): Box[] {
  return readBoxes(find(top, "meta").content.subarray(FULL_BOX));
}

function find(boxes: readonly Box[], wanted: string): Box {
  const found = boxes.find(({ type }) => type === wanted);
  if (!found) throw new DamagedMetadata(`no ${wanted} box`);
  return found;
}

function readItems({ content }: Box): Item[] {
  const countSize = new ByteReader(content).uint8(0) === 0 ? 2 : 4;
  return readBoxes(content.subarray(FULL_BOX + countSize))
    .filter(({ type }) => type === "infe")
    .map(({ content: entry }) => {
      const reader = new ByteReader(entry);
      const version = reader.uint8(0);
      if (version < 2) return { id: reader.uint16(FULL_BOX), type: "", contentType: "" };
      const afterId = FULL_BOX + (version === 2 ? 2 : 4);
      const id = version === 2 ? reader.uint16(FULL_BOX) : reader.uint32(FULL_BOX);
      const type = reader.latin1(afterId + 2, 4);
      // The name of the item, then the content type, both ended by a zero.
      const texts = reader.latin1(afterId + 6, entry.length - afterId - 6).split("\0");
      return { id, type, contentType: texts[1] ?? "" };
    });
}

function itemContent(
  { construction, extents }: ItemLocation,
  file: Uint8Array,
  data: Uint8Array | undefined,
): Uint8Array | undefined {
  const source = construction === 0 ? file : construction === 1 ? data : undefined;
  if (!source || extents.length === 0) return undefined;
  const reader = new ByteReader(source);
  const total = extents.reduce((sum, { length }) => sum + length, 0);
  if (total > file.length) throw new DamagedMetadata("extents beyond the file");
  return concatBytes(
    extents.map(({ offset, length }) => reader.slice(offset, length || source.length - offset)),
  );
}

/** Four bytes say how far behind them the TIFF header begins. */
function exifOfItem(content: Uint8Array): Uint8Array {
  const reader = new ByteReader(content);
  const start = 4 + reader.uint32(0);
  return withoutExifPrefix(reader.slice(start, content.length - start));
}

/**
 * Puts metadata into an AVIF file that has none, as an encoder writes it, and marks it as sRGB.
 *
 * @throws DamagedMetadata if the boxes of the file cannot be read
 */
export function writeAvif(file: Uint8Array, { exif, xmp }: PictureMetadata): Uint8Array {
  const top = readBoxes(file);
  const meta = find(top, "meta");
  const boxes = metaBoxes(top);
  const primary = new ByteReader(find(boxes, "pitm").content);
  const primaryId = primary.uint8(0) === 0 ? primary.uint16(FULL_BOX) : primary.uint32(FULL_BOX);
  const locations = readItemLocations(find(boxes, "iloc").content);
  const firstId = Math.max(...locations.map(({ id }) => id)) + 1;
  const blocks = [
    ...(exif
      ? [{ type: "Exif", contentType: "", content: concatBytes([integers([4, 0]), exif]) }]
      : []),
    ...(xmp
      ? [{ type: "mime", contentType: `${XMP_TYPE}\0`, content: new TextEncoder().encode(xmp) }]
      : []),
  ].map((block, i) => ({ ...block, id: firstId + i }));
  const data = box("mdat", ...blocks.map(({ content }) => content));
  const metaWith = (growth: number) => {
    let offset = file.length + growth + 8;
    const added = blocks.map(({ id, content: { length } }): ItemLocation => {
      const extent = { offset, length };
      offset += length;
      return { id, construction: 0, dataReference: 0, extents: [extent] };
    });
    const moved = locations.map((location) => movedBehind(location, meta.end, growth));
    return box(
      "meta",
      meta.content.subarray(0, FULL_BOX),
      ...boxes.map((found) => {
        if (found.type === "iloc") return itemLocations([...moved, ...added]);
        if (found.type === "iinf") return itemInformation(found, blocks);
        if (found.type === "iprp") return markedProperties(found, primaryId);
        if (found.type === "iref") return itemReferences(found.content, blocks, primaryId);
        return box(found.type, found.content);
      }),
      ...(boxes.some(({ type }) => type === "iref")
        ? []
        : [itemReferences(new Uint8Array(FULL_BOX), blocks, primaryId)]),
    );
  };
  // Values do not change its length: the first pass tells how far the rest of the file moves.
  const growth = metaWith(0).length - (meta.end - meta.at);
  return concatBytes([
    file.subarray(0, meta.at),
    metaWith(growth),
    file.subarray(meta.end),
    ...(blocks.length > 0 ? [data] : []),
  ]);
}

function movedBehind(location: ItemLocation, end: number, distance: number): ItemLocation {
  if (location.construction !== 0) return location;
  const extents = location.extents.map(({ offset, length }) => ({
    offset: offset >= end ? offset + distance : offset,
    length,
  }));
  return { ...location, extents };
}

function itemInformation(
  { content }: Box,
  added: readonly { id: number; type: string; contentType: string }[],
): Uint8Array {
  const reader = new ByteReader(content);
  const isShort = reader.uint8(0) === 0;
  const count = (isShort ? reader.uint16(FULL_BOX) : reader.uint32(FULL_BOX)) + added.length;
  const entries = added.map(({ id, type, contentType }) => {
    const start = integers([4, 0x02000001], [2, id], [2, 0]); // version 2, hidden
    return box("infe", start, latin1Bytes(`${type}\0${contentType}`));
  });
  return box(
    "iinf",
    content.subarray(0, FULL_BOX),
    integers([isShort ? 2 : 4, count]),
    content.subarray(FULL_BOX + (isShort ? 2 : 4)),
    ...entries,
  );
}

/** The references of a file with those from what describes to what is described (`cdsc`). */
function itemReferences(
  content: Uint8Array,
  items: readonly { id: number }[],
  primaryId: number,
): Uint8Array {
  const size = content[0] === 0 ? 2 : 4;
  const references = items.map(({ id }) =>
    box("cdsc", integers([size, id], [2, 1], [size, primaryId])),
  );
  return box("iref", content, ...references);
}

/**
 * Item properties with sRGB's code points for the main picture (`colr` of type `nclx`; ITU-T H.273:
 * primaries 1, transfer 13, matrix 6 as the encoder uses it, full range).
 */
function markedProperties({ content }: Box, primaryId: number): Uint8Array {
  const boxes = readBoxes(content);
  const container = find(boxes, "ipco");
  const properties = readBoxes(container.content);
  const others = boxes.filter(({ type }) => type !== "ipco" && type !== "ipma");
  const code = integers([2, 1], [2, 13], [2, 6], [1, 0x80]);
  const associations = find(boxes, "ipma");
  const marked = associated(associations.content, primaryId, properties.length + 1);
  const hasColor = properties.some(({ type }) => type === "colr");
  if (hasColor || !marked) return box("iprp", content);
  return box(
    "iprp",
    box("ipco", container.content, box("colr", latin1Bytes("nclx"), code)),
    box("ipma", marked),
    ...others.map((other) => box(other.type, other.content)),
  );
}

/** The content of `ipma` with one more property for an item; undefined if it has none so far. */
function associated(content: Uint8Array, id: number, property: number): Uint8Array | undefined {
  const reader = new ByteReader(content);
  const idSize = reader.uint8(0) === 0 ? 2 : 4;
  const isWide = (reader.uint8(3) & 1) !== 0;
  let at = FULL_BOX + 4;
  for (let left = reader.uint32(FULL_BOX); left > 0; left--) {
    const entry = idSize === 2 ? reader.uint16(at) : reader.uint32(at);
    const countAt = at + idSize;
    const count = reader.uint8(countAt);
    const end = countAt + 1 + count * (isWide ? 2 : 1);
    if (entry === id) {
      return concatBytes([
        content.subarray(0, countAt),
        integers([1, count + 1]),
        content.subarray(countAt + 1, end),
        integers([isWide ? 2 : 1, property]),
        content.subarray(end),
      ]);
    }
    at = end;
  }
  return undefined;
}
