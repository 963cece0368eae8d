import { ByteReader } from "../byte-reader.js";

const PREFIX = "Exif\0\0";

/** An EXIF block without the prefix of JPEG segments, which some writers copy into other containers. */
export function withoutExifPrefix(block: Uint8Array): Uint8Array {
  return new ByteReader(block).startsWith(PREFIX) ? block.subarray(PREFIX.length) : block;
}
