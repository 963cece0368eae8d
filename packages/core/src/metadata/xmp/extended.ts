// XMP beyond what one segment of a JPEG file holds (XMP specification part 3, 1.1.3.1): the packet
// names the digest of a second one, which is cut into segments.

import { md5 } from "@noble/hashes/legacy.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { DamagedMetadata } from "../byte-reader.js";
import { XmpPacket } from "./packet.js";

const LINK = "xmpNote:HasExtendedXMP";

/** A packet in two parts. */
export interface SplitXmp {
  readonly standard: string;
  /** What did not fit, if something did not. */
  readonly extended?: {
    /** MD5 of the bytes, in capital hexadecimal digits. */
    readonly guid: string;
    readonly bytes: Uint8Array;
  };
}

/** The digest that a packet names, if it has a second part. */
export function extendedGuid(standard: string): string | undefined {
  return /HasExtendedXMP(?:\s*=\s*["']|[^>]{0,200}>)\s*([0-9A-Fa-f]{32})/
    .exec(standard)?.[1]
    ?.toUpperCase();
}

/**
 * One packet out of two.
 *
 * @throws DamagedMetadata if one of them is no well-formed RDF in XML
 */
export function joinXmp(standard: string, extended: string): string {
  const packet = new XmpPacket(standard);
  packet.remove(LINK);
  packet.merge(new XmpPacket(extended));
  return packet.toString();
}

/**
 * Two packets out of one that is too long: the largest properties go into the second.
 *
 * @param largest bytes of the first
 * @throws DamagedMetadata if it is no well-formed RDF in XML, or no part of it can be split off
 */
export function splitXmp(xmp: string, largest: number): SplitXmp {
  const encoder = new TextEncoder();
  if (encoder.encode(xmp).length <= largest) return { standard: xmp };
  const packet = new XmpPacket(xmp);
  const moved = new Set<string>();
  let surplus = encoder.encode(packet.toString()).length + LINK_LENGTH - largest;
  for (const { namespace, local, size } of packet.propertySizes()) {
    if (surplus <= 0) break;
    moved.add(`${namespace} ${local}`);
    surplus -= size;
  }
  if (moved.size === 0) return { standard: packet.toString() }; // its padding was too much
  const second = packet.split((namespace, local) => moved.has(`${namespace} ${local}`));
  const bytes = encoder.encode(
    second
      .toString()
      .replace(/<\?xpacket.*?\?>\n?/g, "")
      .trim(),
  );
  const guid = bytesToHex(md5(bytes)).toUpperCase();
  packet.setText(LINK, guid);
  const standard = packet.toString();
  if (encoder.encode(standard).length > largest)
    throw new DamagedMetadata("XMP without properties");
  return { standard, extended: { guid, bytes } };
}

/** Bytes of the property that names the digest, with its namespace. */
const LINK_LENGTH = 160;
