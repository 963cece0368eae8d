import type { Notice } from "../notice.js";
import { addIptcToXmp } from "./iptc/to-xmp.js";
import type { PictureMetadata, PngText } from "./picture-metadata.js";
import { textOf } from "./text.js";
import { addCommentsToXmp, addTextsToXmp } from "./xmp/from-texts.js";
import { XmpPacket } from "./xmp/packet.js";

/** Formats that metadata can be put into. */
export type MetadataFormat = "jpeg" | "png" | "webp" | "tiff" | "avif";

/** What a format has a place for, beside EXIF and XMP, which all have. */
interface Places {
  readonly name: string;
  /** IPTC-IIM and Photoshop's image resources. */
  readonly iptc?: true;
  readonly comments?: true;
  readonly texts?: true;
}

const PLACES: Readonly<Record<MetadataFormat, Places>> = {
  jpeg: { name: "JPEG", iptc: true, comments: true },
  png: { name: "PNG", texts: true },
  webp: { name: "WebP" },
  tiff: { name: "TIFF", iptc: true },
  avif: { name: "AVIF" },
};

/**
 * Metadata of which a format has a place for everything: IPTC becomes XMP, comments become texts of PNG
 * and those become comments, or both become XMP.
 *
 * @param notices gets what is kept elsewhere or lost
 * @throws DamagedMetadata if IPTC or XMP cannot be read
 */
export function suitedMetadata(
  format: MetadataFormat,
  metadata: PictureMetadata,
  notices: Notice[],
): PictureMetadata {
  const places = PLACES[format];
  const { exif, xmp, resolution } = metadata;
  const everywhere = {
    ...(exif ? { exif } : {}),
    ...(xmp ? { xmp } : {}),
    ...(resolution ? { resolution } : {}),
  };
  const { iptc, photoshopResources, comments = [], texts = [] } = metadata;
  if (photoshopResources && !places.iptc) {
    notices.push(notKept(`Photoshop image resources (paths, guides) in ${places.name}`));
  }
  const atHome = {
    ...everywhere,
    ...(places.iptc && iptc ? { iptc } : {}),
    ...(places.iptc && photoshopResources ? { photoshopResources } : {}),
  };
  const lines = comments.map(textOf).filter((text) => text !== "");
  const commentTexts = lines.map((text): PngText => ({ keyword: "Comment", text }));
  const own: PictureMetadata = places.texts
    ? { ...atHome, texts: [...texts, ...commentTexts] }
    : places.comments
      ? { ...atHome, comments }
      : atHome;
  const homeless = {
    iptc: places.iptc ? undefined : iptc,
    texts: places.texts ? [] : texts,
    lines: places.texts || places.comments ? [] : lines,
  };
  if (!homeless.iptc && homeless.texts.length === 0 && homeless.lines.length === 0) return own;
  const packet = new XmpPacket(xmp);
  if (homeless.iptc) addIptc(homeless.iptc, packet, places, notices);
  const others = addTexts(homeless.texts, packet, places, notices);
  if (places.comments) {
    const added = others.map((line) => new TextEncoder().encode(line));
    return { ...own, xmp: packet.toString(), comments: [...comments, ...added] };
  }
  addComments([...homeless.lines, ...others], packet, places, notices);
  return { ...own, xmp: packet.toString() };
}

function addIptc(iptc: Uint8Array, packet: XmpPacket, { name }: Places, notices: Notice[]): void {
  const left = addIptcToXmp(iptc, packet);
  notices.push(
    elsewhere("IPTC captions, keywords, credits and places are kept as XMP", name, "IPTC"),
  );
  if (left.length === 0) return;
  notices.push(notKept(`IPTC data sets ${left.map((set) => `2:${set}`).join(", ")} in ${name}`));
}

/** @returns lines of what XMP has no property for */
function addTexts(
  texts: readonly PngText[],
  packet: XmpPacket,
  { name, comments }: Places,
  notices: Notice[],
): string[] {
  const left = addTextsToXmp(texts, packet);
  const kind = "texts of PNG";
  if (texts.length > left.length) notices.push(elsewhere("Texts are kept as XMP", name, kind));
  if (left.length > 0 && comments) {
    notices.push(elsewhere("Texts are kept as comments", name, kind));
  }
  return left.map(({ keyword, text }) => (keyword === "Comment" ? text : `${keyword}: ${text}`));
}

function addComments(
  lines: readonly string[],
  packet: XmpPacket,
  { name }: Places,
  notices: Notice[],
): void {
  if (lines.length === 0) return;
  const isAdded = addCommentsToXmp(lines, packet);
  if (isAdded) notices.push(elsewhere("Comments and texts are kept as XMP", name, "comments"));
  else notices.push(notKept(`comments and texts in ${name}, whose XMP has another comment`));
}

/** A notice of what is lost. */
export function notKept(what: string): Notice {
  return { code: "not-kept", message: `Not kept: ${what}.` };
}

function elsewhere(what: string, format: string, kind: string): Notice {
  return { code: "kept-elsewhere", message: `${what}: ${format} has no ${kind}.` };
}
