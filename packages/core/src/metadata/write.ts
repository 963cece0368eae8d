import type { Notice } from "../notice.js";
import { writeAvif } from "./containers/avif.js";
import { LARGEST_JPEG_EXIF, writeJpeg } from "./containers/jpeg.js";
import { writePng } from "./containers/png.js";
import { writeTiff } from "./containers/tiff.js";
import { writeWebp } from "./containers/webp.js";
import { fitExif } from "./exif/fit.js";
import { exifWithResolution, resolutionOfExif } from "./exif/resolution.js";
import { addIptcToXmp } from "./iptc/to-xmp.js";
import type { PictureMetadata, PngText, Resolution, WrittenMetadata } from "./picture-metadata.js";
import { textOf } from "./text.js";
import { MAKER_NOTE } from "./tiff/tags.js";
import { addCommentsToXmp, addTextsToXmp } from "./to-xmp.js";
import { XmpPacket } from "./xmp/packet.js";

/** Formats that metadata can be put into. */
export type MetadataFormat = "jpeg" | "png" | "webp" | "tiff" | "avif";

const NAMES: Readonly<Record<MetadataFormat, string>> = {
  jpeg: "JPEG",
  png: "PNG",
  webp: "WebP",
  tiff: "TIFF",
  avif: "AVIF",
};

/**
 * Puts metadata into an encoded picture, in place of any that it has, and marks it as sRGB. What the
 * format has no place for goes where its meaning is kept, mostly into XMP; notices say so, and what is
 * lost.
 *
 * @param file an upright sRGB picture, as an encoder writes it: one picture, no metadata of value
 * @param metadata true of that picture: see `outputMetadata`
 * @throws Error if the file is not of that format
 */
export function writeMetadata(
  file: Uint8Array,
  format: MetadataFormat,
  metadata: PictureMetadata,
): WrittenMetadata {
  const notices: Notice[] = [];
  const suited = suitedTo(format, metadata, notices);
  const bytes = writers[format](file, suited, notices);
  return { bytes, notices };
}

type Writer = (file: Uint8Array, metadata: PictureMetadata, notices: Notice[]) => Uint8Array;

const writers: Readonly<Record<MetadataFormat, Writer>> = {
  jpeg: (file, metadata, notices) => writeJpeg(file, withShortExif(metadata, notices)),
  png: writePng,
  webp: (file, metadata, notices) => writeWebp(file, withStatedResolution(metadata, notices)),
  avif: (file, metadata, notices) => writeAvif(file, withStatedResolution(metadata, notices)),
  tiff: (file, metadata, notices) => {
    const { bytes, inPlace } = writeTiff(file, metadata);
    if (!inPlace) notices.push(MOVED_MAKER_NOTE);
    return bytes;
  },
};

const MOVED_MAKER_NOTE: Notice = {
  code: "kept-elsewhere",
  message:
    "The maker note (the camera's own data) is kept at another place, where not every program understands it.",
};

/** The metadata, with what the format has no place for brought into XMP. */
function suitedTo(
  format: MetadataFormat,
  metadata: PictureMetadata,
  notices: Notice[],
): PictureMetadata {
  const { iptc, photoshopResources, comments = [], texts = [], ...others } = metadata;
  const holdsIptc = format === "jpeg" || format === "tiff";
  const name = NAMES[format];
  if (photoshopResources && !holdsIptc) {
    notices.push(notKept(`Photoshop image resources (paths, guides) in ${name}`));
  }
  const lines = comments.map(textOf).filter((text) => text !== "");
  const kept: PictureMetadata = {
    ...others,
    ...(holdsIptc && iptc ? { iptc } : {}),
    ...(holdsIptc && photoshopResources ? { photoshopResources } : {}),
  };
  if (format === "png") {
    const all = [...texts, ...lines.map((text): PngText => ({ keyword: "Comment", text }))];
    const packet = iptc ? new XmpPacket(others.xmp) : undefined;
    if (iptc && packet) addIptc(iptc, packet, name, notices);
    return {
      ...kept,
      ...(packet ? { xmp: packet.toString() } : {}),
      ...(all.length > 0 ? { texts: all } : {}),
    };
  }
  const hasNews =
    (iptc && !holdsIptc) || texts.length > 0 || (lines.length > 0 && format !== "jpeg");
  if (!hasNews) return { ...kept, ...(comments.length > 0 ? { comments } : {}) };
  const packet = new XmpPacket(others.xmp);
  if (iptc && !holdsIptc) addIptc(iptc, packet, name, notices);
  const left = addTextsToXmp(texts, packet).map(line);
  if (texts.length > left.length)
    notices.push(elsewhere("Texts are kept as XMP", name, "texts of PNG"));
  if (format === "jpeg") {
    const added = left.map((text) => new TextEncoder().encode(text));
    if (left.length > 0)
      notices.push(elsewhere("Texts are kept as comments", name, "texts of PNG"));
    const all = [...comments, ...added];
    return { ...kept, xmp: packet.toString(), ...(all.length > 0 ? { comments: all } : {}) };
  }
  addComments([...lines, ...left], packet, name, notices);
  return { ...kept, xmp: packet.toString() };
}

function line({ keyword, text }: PngText): string {
  return keyword === "Comment" ? text : `${keyword}: ${text}`;
}

function addIptc(iptc: Uint8Array, packet: XmpPacket, format: string, notices: Notice[]): void {
  const left = addIptcToXmp(iptc, packet);
  notices.push(
    elsewhere("IPTC captions, keywords, credits and places are kept as XMP", format, "IPTC"),
  );
  if (left.length === 0) return;
  notices.push(
    notKept(`IPTC data sets ${left.map((number) => `2:${number}`).join(", ")} in ${format}`),
  );
}

function addComments(
  lines: readonly string[],
  packet: XmpPacket,
  format: string,
  notices: Notice[],
): void {
  if (lines.length === 0) return;
  const isAdded = addCommentsToXmp(lines, packet);
  if (isAdded) notices.push(elsewhere("Comments are kept as XMP", format, "comments"));
  else notices.push(notKept(`comments in ${format}, since the XMP has another one`));
}

/** JPEG holds 64 KB of EXIF. */
function withShortExif(metadata: PictureMetadata, notices: Notice[]): PictureMetadata {
  const { exif, ...others } = metadata;
  if (!exif || exif.length <= LARGEST_JPEG_EXIF) return metadata;
  const fitted = fitExif(exif, LARGEST_JPEG_EXIF);
  const names = [...new Set(fitted.leftOut)].map((tag) =>
    tag === MAKER_NOTE
      ? "the maker note (the camera's own data)"
      : `EXIF tag 0x${tag.toString(16).padStart(4, "0")}`,
  );
  notices.push(notKept(`${names.join(", ")}: JPEG holds 64 KB of EXIF`));
  return { ...others, exif: fitted.exif };
}

/** Formats without a resolution of their own state it in EXIF. */
function withStatedResolution(metadata: PictureMetadata, notices: Notice[]): PictureMetadata {
  const { exif, resolution } = metadata;
  if (!resolution || (exif && isStated(resolution, resolutionOfExif(exif)))) return metadata;
  const { bytes, inPlace } = exifWithResolution(exif, resolution);
  if (!inPlace) notices.push(MOVED_MAKER_NOTE);
  return { ...metadata, exif: bytes };
}

/** Whether a resolution is the same but for what JFIF and PNG round. */
function isStated(resolution: Resolution, stated: Resolution | undefined): boolean {
  if (!stated || stated.unit !== resolution.unit) return false;
  const isNear = (a: number, b: number) => Math.abs(a - b) < 0.01 * b;
  return isNear(stated.x, resolution.x) && isNear(stated.y, resolution.y);
}

function notKept(what: string): Notice {
  return { code: "not-kept", message: `Not kept: ${what}.` };
}

function elsewhere(what: string, format: string, kind: string): Notice {
  return { code: "kept-elsewhere", message: `${what}: ${format} has no ${kind}.` };
}
