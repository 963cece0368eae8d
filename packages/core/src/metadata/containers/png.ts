// Metadata in PNG (PNG 3rd edition): eXIf, texts, XMP as an international text, pHYs.

import { ByteReader, concatBytes, DamagedMetadata } from "../byte-reader.js";
import { readPhotoshopResources } from "../iptc/photoshop-resources.js";
import type {
  ContainerMetadata,
  PictureMetadata,
  PngText,
  Resolution,
} from "../picture-metadata.js";
import { xmpText } from "../text.js";
import { withoutExifPrefix } from "./exif-prefix.js";
import { type Chunk, chunk, readChunks, SIGNATURE_LENGTH } from "./png-chunks.js";
import { LARGEST_TEXTS, rawProfile, readText, textChunk } from "./png-texts.js";

const XMP = "XML:com.adobe.xmp";
const XMP_IN_APP1 = "http://ns.adobe.com/xap/1.0/\0";
const TEXTS: ReadonlySet<string> = new Set(["tEXt", "zTXt", "iTXt"]);
const METERS_IN = { inch: 0.0254, centimeter: 0.01 } as const;

/** What a PNG file says of itself. */
export function readPng(file: Uint8Array): ContainerMetadata {
  const chunks = readChunks(file);
  const found: Found = { texts: [], damaged: new Set() };
  let left = LARGEST_TEXTS;
  for (const chunkOfText of chunks.filter(({ type }) => TEXTS.has(type))) {
    try {
      const text = readText(chunkOfText, left);
      left -= text.text.length;
      take(text, found);
    } catch (error) {
      if (!(error instanceof DamagedMetadata)) throw error;
      left = Math.floor(left / 2); // it may have unpacked to all that was left
      found.damaged.add("A text");
    }
  }
  const own = chunks.find(({ type }) => type === "eXIf")?.content;
  const exif = own ? withoutExifPrefix(own) : found.exif;
  const resolution = physicalResolution(chunks);
  return {
    ...(exif ? { exif } : {}),
    ...(found.xmp ? { xmp: found.xmp } : {}),
    ...(found.iptc ? { iptc: found.iptc } : {}),
    ...(found.photoshopResources ? { photoshopResources: found.photoshopResources } : {}),
    ...(found.texts.length > 0 ? { texts: found.texts } : {}),
    ...(resolution ? { resolution } : {}),
    damaged: [...found.damaged],
    foreign: chunks.some(({ type }) => type === "caBX")
      ? ["Content Credentials, which hold for the original only"]
      : [],
  };
}

interface Found {
  readonly texts: PngText[];
  readonly damaged: Set<string>;
  exif?: Uint8Array;
  xmp?: string;
  iptc?: Uint8Array;
  photoshopResources?: Uint8Array;
}

/** Sorts a text: XMP, a block of another kind, or a text. */
function take(text: PngText, found: Found): void {
  if (text.keyword === XMP) {
    found.xmp = text.text;
    return;
  }
  const profile = rawProfile(text);
  if (!profile) {
    found.texts.push(text);
    return;
  }
  const { kind, bytes } = profile;
  const isXmp = kind === "xmp" || new ByteReader(bytes).startsWith(XMP_IN_APP1);
  if (isXmp) found.xmp ??= xmpText(bytes.subarray(kind === "xmp" ? 0 : XMP_IN_APP1.length));
  else if (kind === "exif" || kind === "app1") found.exif ??= withoutExifPrefix(bytes);
  else if (kind === "iptc" || kind === "8bim") takeResources(bytes, found);
}

/** Both kinds hold either image resources or data sets. */
function takeResources(bytes: Uint8Array, found: Found): void {
  const { iptc, others, isWhole } = readPhotoshopResources(bytes);
  if (iptc) found.iptc ??= iptc;
  else if (bytes[0] === 0x1c) found.iptc ??= bytes;
  if (others) found.photoshopResources ??= others;
  if (!isWhole && bytes[0] !== 0x1c) found.damaged.add("Photoshop image resources");
}

function physicalResolution(chunks: readonly Chunk[]): Resolution | undefined {
  const physical = chunks.find(({ type, content }) => type === "pHYs" && content.length === 9);
  if (!physical) return undefined;
  const reader = new ByteReader(physical.content);
  const [x, y] = [reader.uint32(0), reader.uint32(4)];
  if (x === 0 || y === 0) return undefined;
  if (reader.uint8(8) !== 1) return x === y ? undefined : { x, y, unit: "none" };
  return { x: inches(x), y: inches(y), unit: "inch" };
}

/** Pixels per meter as per inch; 11811 is 300, as it was before it was rounded. */
function inches(perMeter: number): number {
  const exact = perMeter * METERS_IN.inch;
  const whole = Math.round(exact);
  return Math.round(whole / METERS_IN.inch) === perMeter ? whole : exact;
}

/** Puts metadata into a PNG file, in place of any that it has, and marks it as sRGB. */
export function writePng(file: Uint8Array, metadata: PictureMetadata): Uint8Array {
  const { exif, xmp, texts = [], resolution } = metadata;
  const [header, ...rest] = readChunks(file);
  const replaced = new Set([...TEXTS, "eXIf", "pHYs", "iCCP", "sRGB", "gAMA", "cHRM", "cICP"]);
  return concatBytes([
    file.subarray(0, SIGNATURE_LENGTH),
    header!.bytes,
    ...srgbChunks(),
    ...(resolution ? [chunk("pHYs", physical(resolution))] : []),
    ...(exif ? [chunk("eXIf", exif)] : []),
    ...(xmp ? [chunk("iTXt", new TextEncoder().encode(`${XMP}\0\0\0\0\0${xmp}`))] : []),
    ...texts.map(textChunk),
    ...rest.filter(({ type }) => !replaced.has(type)).map(({ bytes }) => bytes),
  ]);
}

/** sRGB, perceptual, with the gamma and chromaticities that go with it (11.3.2.5). */
function srgbChunks(): Uint8Array[] {
  const numbers = (...values: readonly number[]) => {
    const bytes = new Uint8Array(values.length * 4);
    const view = new DataView(bytes.buffer);
    values.forEach((value, i) => {
      view.setUint32(4 * i, value);
    });
    return bytes;
  };
  return [
    chunk("sRGB", Uint8Array.of(0)),
    chunk("gAMA", numbers(45455)),
    chunk("cHRM", numbers(31270, 32900, 64000, 33000, 30000, 60000, 15000, 6000)),
  ];
}

function physical({ x, y, unit }: Resolution): Uint8Array {
  const content = new Uint8Array(9);
  const view = new DataView(content.buffer);
  const scale = unit === "none" ? 1000 / Math.max(x, y) : 1 / METERS_IN[unit];
  view.setUint32(0, Math.min(Math.max(Math.round(x * scale), 1), 0x7fffffff));
  view.setUint32(4, Math.min(Math.max(Math.round(y * scale), 1), 0x7fffffff));
  view.setUint8(8, unit === "none" ? 0 : 1);
  return content;
}
