import type { PngText } from "../picture-metadata.js";
import type { PropertyName } from "./namespaces.js";
import type { ListKind, XmpPacket } from "./packet.js";

/** Keywords of PNG texts (PNG 3rd edition, 11.3.3.1) with the XMP property of the same meaning. */
const TEXT_PROPERTIES: ReadonlyMap<string, readonly [PropertyName, ListKind?]> = new Map([
  ["Title", ["dc:title", "Alt"]],
  ["Author", ["dc:creator", "Seq"]],
  ["Description", ["dc:description", "Alt"]],
  ["Copyright", ["dc:rights", "Alt"]],
  ["Software", ["xmp:CreatorTool"]],
  ["Source", ["dc:source"]],
] as [string, [PropertyName, ListKind?]][]);

const COMMENT = "exif:UserComment";

/**
 * Adds PNG texts to an XMP packet.
 *
 * @returns those that XMP has no property for, or another value in it
 */
export function addTextsToXmp(texts: readonly PngText[], packet: XmpPacket): PngText[] {
  return texts.filter(({ keyword, text }) => {
    const [name, kind] = TEXT_PROPERTIES.get(keyword) ?? [];
    if (!name) return true;
    if (packet.has(name)) return packet.text(name) !== text;
    if (kind) packet.setList(name, kind, [text]);
    else packet.setText(name, text);
    return false;
  });
}

/**
 * Adds comments to an XMP packet, as the one comment that it can have (`exif:UserComment`).
 *
 * @returns whether there was place for them
 */
export function addCommentsToXmp(comments: readonly string[], packet: XmpPacket): boolean {
  if (packet.has(COMMENT)) return false;
  packet.setList(COMMENT, "Alt", [comments.join("\n")]);
  return true;
}
