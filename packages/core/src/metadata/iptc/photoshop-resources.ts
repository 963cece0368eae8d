// Image resources, Photoshop's container inside JPEG (APP13) and TIFF (tag 34377); Adobe Photoshop
// File Formats Specification, "Image Resources Section".

import { ByteReader, concatBytes, latin1Bytes } from "../byte-reader.js";

const SIGNATURE = "8BIM";
/** Signatures of other programs that use the same structure. */
const SIGNATURES = [SIGNATURE, "PHUT", "AgHg", "DCSR", "MeSa"];

export const IPTC_RESOURCE = 0x0404;
const EXIF_RESOURCE = 0x0422;
const SECOND_EXIF_RESOURCE = 0x0423;
const XMP_RESOURCE = 0x0424;

/**
 * Resources that are not true of the output, or kept elsewhere: pixels as they were (halftones,
 * transfer functions, channel names, thumbnails, layers), ICC profile, EXIF, XMP.
 */
const LEFT_OUT: ReadonlySet<number> = new Set([
  0x03e8,
  0x03ee,
  0x03ef,
  0x03f0,
  0x03f1,
  0x03f3,
  0x03f4,
  0x03f5,
  0x03f6,
  0x03f7,
  0x03f8,
  0x03f9,
  0x03fa,
  0x03fb,
  0x0400,
  0x0402,
  0x0409,
  0x040c,
  0x040f,
  0x0410,
  0x0411,
  0x0415,
  0x0416,
  0x0417,
  0x0419,
  0x041d,
  0x0429,
  0x042d,
  0x0430,
  0x0435,
  0x0436,
  EXIF_RESOURCE,
  SECOND_EXIF_RESOURCE,
  XMP_RESOURCE,
]);

/** What the resources of a file hold. */
export interface PhotoshopResources {
  readonly iptc?: Uint8Array;
  /** All others that can go along, as they were. */
  readonly others?: Uint8Array;
  /** Whether the list could be read to its end. */
  readonly isWhole: boolean;
}

/** Splits image resources into IPTC and the rest; those behind a damaged one are lost. */
export function readPhotoshopResources(bytes: Uint8Array): PhotoshopResources {
  const reader = new ByteReader(bytes);
  const others: Uint8Array[] = [];
  let iptc: Uint8Array | undefined;
  let at = 0;
  while (SIGNATURES.some((signature) => reader.startsWith(signature, at))) {
    // The name is a Pascal string padded to an even length.
    if (at + 7 > bytes.length) break;
    const nameLength = reader.uint8(at + 6) + 1;
    const sizeAt = at + 6 + nameLength + (nameLength % 2);
    if (sizeAt + 4 > bytes.length) break;
    const size = reader.uint32(sizeAt);
    const end = sizeAt + 4 + size;
    if (end > bytes.length) break;
    const id = reader.uint16(at + 4);
    if (id === IPTC_RESOURCE) iptc ??= bytes.subarray(sizeAt + 4, end);
    else if (!LEFT_OUT.has(id)) others.push(bytes.subarray(at, end), new Uint8Array(size % 2));
    at = end + (size % 2);
  }
  const rest = concatBytes(others);
  return {
    ...(iptc && iptc.length > 0 ? { iptc } : {}),
    ...(rest.length > 0 ? { others: rest } : {}),
    isWhole: bytes.subarray(at).every((byte) => byte === 0),
  };
}

/** Image resources that hold IPTC and others. */
export function photoshopResources(
  iptc: Uint8Array | undefined,
  others: Uint8Array | undefined,
): Uint8Array<ArrayBuffer> {
  const parts = others ? [others] : [];
  if (iptc) {
    const header = new Uint8Array(12);
    header.set(latin1Bytes(SIGNATURE));
    const view = new DataView(header.buffer);
    view.setUint16(4, IPTC_RESOURCE);
    view.setUint32(8, iptc.length);
    parts.unshift(header, iptc, new Uint8Array(iptc.length % 2));
  }
  return concatBytes(parts);
}
