// Texts whose encoding a file does not tell.

const BYTE_ORDER_MARK = /^\uFEFF/;

/** UTF-8 if the bytes are that, otherwise Latin-1, which any bytes are; without zeros at the end. */
export function textOf(bytes: Uint8Array): string {
  let end = bytes.length;
  while (end > 0 && bytes[end - 1] === 0) end--;
  const content = bytes.subarray(0, end);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(content).replace(BYTE_ORDER_MARK, "");
  } catch {
    return new TextDecoder("latin1").decode(content);
  }
}

/** Text of an XMP packet: UTF-8, or UTF-16 with a mark of its byte order. */
export function xmpText(bytes: Uint8Array): string {
  const [first, second] = bytes;
  if (first === 0xfe && second === 0xff) return new TextDecoder("utf-16be").decode(bytes);
  if (first === 0xff && second === 0xfe) return new TextDecoder("utf-16le").decode(bytes);
  return textOf(bytes);
}
