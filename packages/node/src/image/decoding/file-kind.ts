// What a file is, by its first bytes: names lie.

import { isCameraRawTiff } from "@let-there-be-color/core/metadata";
import { UserError } from "@let-there-be-color/core/user-error";

/** Kinds of picture files that are read. */
export type FileKind = "jpeg" | "png" | "webp" | "tiff" | "avif" | "gif" | "bmp";

const READ_KINDS_IN_WORDS = "JPEG, PNG, WebP, TIFF, AVIF, GIF or BMP";

type Signature = readonly [offset: number, bytes: string];

/** First bytes of what is read; each line is a kind, all of its parts must be there. */
const READ: readonly (readonly [FileKind, ...Signature[]])[] = [
  ["jpeg", [0, "\xff\xd8\xff"]],
  ["png", [0, "\x89PNG\r\n\x1a\n"]],
  ["webp", [0, "RIFF"], [8, "WEBP"]],
  ["gif", [0, "GIF87a"]],
  ["gif", [0, "GIF89a"]],
  ["bmp", [0, "BM"], [15, "\0\0\0"]],
];

const CAMERA_RAW = "raw data of a camera";
const DEVELOP = "develop it in a raw converter and export a TIFF or JPEG";
const EXPORT = "open it in a picture editor and export a TIFF, PNG or JPEG";

/** First bytes of what people have in their folders and is not read: what it is, what to do. */
const NOT_READ: readonly (readonly [what: string, advice: string, ...Signature[]])[] = [
  ["a PDF document", "export its pictures, for instance with `pdfimages -all`", [0, "%PDF"]],
  ["a JPEG XL picture", EXPORT, [0, "\xff\x0a"]],
  ["a JPEG XL picture", EXPORT, [0, "\0\0\0\x0cJXL "]],
  ["a JPEG 2000 picture", EXPORT, [0, "\0\0\0\x0cjP  \r\n\x87\n"]],
  ["a JPEG 2000 picture", EXPORT, [0, "\xff\x4f\xff\x51"]],
  ["a Photoshop document", EXPORT, [0, "8BPS"]],
  ["a GIMP picture", EXPORT, [0, "gimp xcf"]],
  ["an OpenEXR picture", EXPORT, [0, "\x76\x2f\x31\x01"]],
  ["a Radiance picture", EXPORT, [0, "#?RADIANCE"]],
  ["a DjVu document", EXPORT, [0, "AT&TFORM"]],
  ["a JPEG XR picture", EXPORT, [0, "II\xbc"]],
  ["an icon", EXPORT, [0, "\0\0\x01\0"]],
  [CAMERA_RAW, DEVELOP, [0, "FUJIFILMCCD-RAW"]],
  [CAMERA_RAW, DEVELOP, [0, "IIRO"]],
  [CAMERA_RAW, DEVELOP, [0, "IIRS"]],
  [CAMERA_RAW, DEVELOP, [0, "MMOR"]],
  [CAMERA_RAW, DEVELOP, [0, "IIU\0"]],
  [CAMERA_RAW, DEVELOP, [0, "\0MRM"]],
  [CAMERA_RAW, DEVELOP, [0, "FOVb"]],
  [CAMERA_RAW, DEVELOP, [0, "II*\0\x10\0\0\0CR"]],
  ["a zip archive", "unpack it first", [0, "PK\x03\x04"]],
  ["a gzip archive", "unpack it first", [0, "\x1f\x8b"]],
  ["a video", "save single frames as pictures first", [0, "\x1a\x45\xdf\xa3"]],
  ["a video", "save single frames as pictures first", [0, "RIFF"], [8, "AVI "]],
  ["a web page", "download the picture itself", [0, "<!DOCTYPE html"]],
  ["a web page", "download the picture itself", [0, "<html"]],
];

const VERSIONS_OF_TIFF = ["II*\0", "MM\0*", "II+\0", "MM\0+"];

/**
 * @param name what to call the file in messages
 * @throws UserError if it is empty or nothing that is read; it says what the file is, if that is known
 */
export function fileKind(file: Uint8Array, name: string): FileKind {
  if (file.length === 0) {
    throw new UserError(
      "input-broken",
      `Expected a picture but ${name} is empty; copy or download it again.`,
    );
  }
  const start = Buffer.from(file.subarray(0, 1024)).toString("latin1");
  const matches = (signatures: readonly Signature[]) =>
    signatures.every(([offset, bytes]) => start.startsWith(bytes, offset));
  for (const [what, advice, ...signatures] of NOT_READ) {
    if (matches(signatures)) throw notRead(name, what, advice);
  }
  for (const [kind, ...signatures] of READ) if (matches(signatures)) return kind;
  if (VERSIONS_OF_TIFF.some((version) => start.startsWith(version))) {
    if (isCameraRawTiff(file)) throw notRead(name, CAMERA_RAW, DEVELOP);
    return "tiff";
  }
  if (start.startsWith("ftyp", 4)) return kindOfMedia(start, name);
  if (/^(\xef\xbb\xbf)?\s*(<\?xml.*|<!--.*)?<(!DOCTYPE svg|svg[\s>])/s.test(start)) {
    throw notRead(name, "an SVG drawing", "export it as PNG first");
  }
  throw new UserError(
    "input-broken",
    `Expected a picture (${READ_KINDS_IN_WORDS}) but ${name} is none, or its start is damaged.`,
  );
}

/** Files of boxes (ISO/IEC 14496-12) say in the first one which brands they follow. */
function kindOfMedia(start: string, name: string): FileKind {
  const length = start.charCodeAt(2) * 256 + start.charCodeAt(3);
  const brands = start.slice(8, length).match(/.{4}/gs) ?? [];
  const [major = ""] = brands;
  if (brands.some((brand) => brand === "avif" || brand === "avis")) return "avif";
  if (major === "crx ") throw notRead(name, CAMERA_RAW, DEVELOP);
  if (brands.some((brand) => /^(he|mif|msf)/.test(brand))) {
    const advice = "export it as JPEG on the phone or in a picture viewer";
    throw notRead(name, "a HEIC picture", advice);
  }
  throw notRead(name, "a video", "save single frames as pictures first");
}

function notRead(name: string, what: string, advice: string): UserError {
  return new UserError("input-broken", `${name} is ${what}, which is not supported; ${advice}.`);
}
