// Texts of PNG (PNG 3rd edition, 11.3.3), and the blocks that older programs hide in them.

import { Unzlib, zlibSync } from "fflate";
import { concatBytes, DamagedMetadata, latin1, latin1Bytes } from "../byte-reader.js";
import type { PngText } from "../picture-metadata.js";
import type { Chunk } from "./png-chunks.js";
import { chunk } from "./png-chunks.js";

/** What all texts of a file may unpack to, in bytes: more are no texts. */
export const LARGEST_TEXTS = 64 * 2 ** 20;
/** Shorter ones are not packed. */
const SHORTEST_PACKED = 1024;

const RAW_PROFILE = "Raw profile type ";

/**
 * @param largest bytes that it may unpack to
 * @throws DamagedMetadata if it cannot be read
 */
export function readText({ type, content }: Chunk, largest: number): PngText {
  const [keyword, at] = untilZero(content, 0);
  if (keyword === "") throw new DamagedMetadata("a text without keyword");
  if (type === "tEXt") return { keyword, text: latin1(content.subarray(at)) };
  if (type === "zTXt") {
    if (content[at] !== 0) throw new DamagedMetadata("unknown compression");
    return { keyword, text: latin1(unpack(content.subarray(at + 1), largest)) };
  }
  const isPacked = content[at] === 1;
  const [language, afterLanguage] = untilZero(content, at + 2);
  const [, afterKeyword] = untilZero(content, afterLanguage);
  const translated = content.subarray(afterLanguage, Math.max(afterLanguage, afterKeyword - 1));
  const decoder = new TextDecoder();
  const translatedKeyword = decoder.decode(translated);
  const bytes = content.subarray(afterKeyword);
  return {
    keyword,
    text: decoder.decode(isPacked ? unpack(bytes, largest) : bytes),
    language,
    ...(translatedKeyword ? { translatedKeyword } : {}),
  };
}

/** A chunk that holds a text: tEXt if Latin-1 can, otherwise iTXt; long ones are packed. */
export function textChunk(text: PngText): Uint8Array {
  const { keyword, language, translatedKeyword } = text;
  const name = latin1Bytes(`${keyword}\0`);
  const isLatin = /^[\t\n -~\u00a0-\u00ff]*$/.test(text.text);
  if (isLatin && language === undefined) {
    const bytes = latin1Bytes(text.text);
    if (bytes.length < SHORTEST_PACKED) return chunk("tEXt", name, bytes);
    return chunk("zTXt", name, Uint8Array.of(0), zlibSync(bytes));
  }
  const encoder = new TextEncoder();
  const bytes = encoder.encode(text.text);
  const isPacked = bytes.length >= SHORTEST_PACKED;
  return chunk(
    "iTXt",
    name,
    Uint8Array.of(isPacked ? 1 : 0, 0),
    latin1Bytes(`${language ?? ""}\0`),
    encoder.encode(`${translatedKeyword ?? ""}\0`),
    isPacked ? zlibSync(bytes) : bytes,
  );
}

/**
 * The block in a text of ImageMagick's and ExifTool's kind, "Raw profile type exif": a name, a
 * length and hexadecimal digits; undefined if it is another text.
 *
 * @returns the kind, in small letters, and the bytes
 * @throws DamagedMetadata if it is one but cannot be read
 */
export function rawProfile({
  keyword,
  text,
}: PngText): { kind: string; bytes: Uint8Array } | undefined {
  if (!keyword.startsWith(RAW_PROFILE)) return undefined;
  // Line by line: the name, the length, the digits.
  const [, length, ...lines] = text.trim().split("\n");
  const hex = lines.join("").replace(/\s/g, "");
  if (hex.length !== Number(length) * 2 || !/^[0-9a-f]*$/i.test(hex)) {
    throw new DamagedMetadata("a raw profile cut short");
  }
  const bytes = Uint8Array.from({ length: hex.length / 2 }, (_, i) =>
    Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16),
  );
  return { kind: keyword.slice(RAW_PROFILE.length).toLowerCase(), bytes };
}

/** Latin-1 up to a zero, and where the rest begins. */
function untilZero(content: Uint8Array, from: number): [text: string, next: number] {
  const end = content.indexOf(0, from);
  if (end < 0) throw new DamagedMetadata("a text without end");
  return [latin1(content.subarray(from, end)), end + 1];
}

function unpack(bytes: Uint8Array, largest: number): Uint8Array {
  const parts: Uint8Array[] = [];
  let length = 0;
  try {
    const unzlib = new Unzlib((part) => {
      length += part.length;
      if (length > largest) throw new DamagedMetadata("texts beyond 64 MB");
      parts.push(part);
    });
    // In small pieces, so that what unpacks to gigabytes is noticed early.
    for (let at = 0; at < bytes.length; at += 0x4000) {
      unzlib.push(bytes.subarray(at, at + 0x4000), at + 0x4000 >= bytes.length);
    }
  } catch (error) {
    if (error instanceof DamagedMetadata) throw error;
    throw new DamagedMetadata("a text that cannot be unpacked");
  }
  return concatBytes(parts);
}
