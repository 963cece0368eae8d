// Metadata in GIF89a: comments (section 24) and XMP in an application extension (XMP part 3, 1.1.2).

import { ByteReader, concatBytes, DamagedMetadata } from "../byte-reader.js";
import type { ContainerMetadata } from "../picture-metadata.js";
import { xmpText } from "../text.js";

const EXTENSION = 0x21;
const IMAGE = 0x2c;
const COMMENT = 0xfe;
const APPLICATION = 0xff;
const XMP = "XMP DataXMP";
/** What ends the packet so that readers of sub-blocks find their way out: 0x01, 0xff ... 0x00, 0x00. */
const TRAILER_LENGTH = 258;

/** What a GIF file says of itself, as far as it can be read. */
export function readGif(file: Uint8Array): ContainerMetadata {
  const comments: Uint8Array[] = [];
  let xmp: string | undefined;
  const reader = new ByteReader(file);
  try {
    const tableLength = (flags: number) => (flags & 0x80 ? 3 * 2 ** ((flags & 7) + 1) : 0);
    let at = 13 + tableLength(reader.uint8(10));
    for (;;) {
      const kind = reader.uint8(at);
      if (kind === IMAGE) {
        at = subBlocks(reader, at + 11 + tableLength(reader.uint8(at + 9))).end;
        continue;
      }
      if (kind !== EXTENSION) break;
      const blocks = subBlocks(reader, at + 2);
      const label = reader.uint8(at + 1);
      if (label === COMMENT) comments.push(concatBytes(blocks.contents));
      if (label === APPLICATION && reader.startsWith(XMP, at + 3)) {
        const start = at + 3 + XMP.length;
        xmp = xmpText(reader.slice(start, Math.max(blocks.end - TRAILER_LENGTH - start, 0)));
      }
      at = blocks.end;
    }
  } catch (error) {
    if (!(error instanceof DamagedMetadata)) throw error;
  }
  return { ...(comments.length > 0 ? { comments } : {}), ...(xmp ? { xmp } : {}) };
}

function subBlocks(reader: ByteReader, from: number): { contents: Uint8Array[]; end: number } {
  const contents: Uint8Array[] = [];
  let at = from;
  for (let length = reader.uint8(at); length > 0; length = reader.uint8(at)) {
    contents.push(reader.slice(at + 1, length));
    at += 1 + length;
  }
  return { contents, end: at + 1 };
}
