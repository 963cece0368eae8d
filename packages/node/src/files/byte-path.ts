// Paths whose names are no UTF-8, such as those of old disks in Latin-1, as strings: a byte that is
// none becomes a lone surrogate, U+DC80 to U+DCFF (Python's PEP 383). So they can be joined, compared
// and written as JSON like any other; they become bytes again where a file is opened.

import { isUtf8 } from "node:buffer";

const loneSurrogate = /\p{Surrogate}/u;

/** The string that stands for the bytes of a path. */
export function pathOfBytes(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  if (isUtf8(buffer)) return buffer.toString();
  let path = "";
  for (let at = 0; at < buffer.length; ) {
    const length = [1, 2, 3, 4].find(
      (bytesOfOne) =>
        at + bytesOfOne <= buffer.length && isUtf8(buffer.subarray(at, at + bytesOfOne)),
    );
    path += length
      ? buffer.toString("utf8", at, at + length)
      : String.fromCharCode(0xdc00 + buffer[at]!);
    at += length ?? 1;
  }
  return path;
}

/** Whether a path is one whose bytes are no UTF-8. */
export function isBytePath(path: string): boolean {
  return process.platform !== "win32" && loneSurrogate.test(path);
}

/** What the functions of node:fs take for a path: itself, or its bytes where they are no UTF-8. */
export function nativePath(path: string): string | Buffer {
  if (!isBytePath(path)) return path;
  return Buffer.concat(
    Array.from(path, (character) => {
      const code = character.codePointAt(0)!;
      const isByte = code >= 0xdc80 && code <= 0xdcff;
      return isByte ? Buffer.of(code - 0xdc00) : Buffer.from(character);
    }),
  );
}
