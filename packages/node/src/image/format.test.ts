import { expect, test } from "vitest";
import {
  extensionOf,
  formatOfFileName,
  isPictureFileName,
  looksLikePicture,
  OUTPUT_FORMATS,
  READ_IN_WORDS,
  WRITTEN_IN_WORDS,
} from "./format.js";

test("every written format has its usual extension, which is read, too", () => {
  expect(OUTPUT_FORMATS.map(extensionOf)).toEqual([".jpg", ".png", ".webp", ".tif", ".avif"]);
  for (const format of OUTPUT_FORMATS) {
    const name = `a.b/photo${extensionOf(format)}`;
    expect(formatOfFileName(name)).toBe(format);
    expect(isPictureFileName(name.toUpperCase())).toBe(true);
  }
});

test.each([
  ["photo.JFIF", "jpeg", true, true],
  ["photo.jpe", "jpeg", true, true],
  ["photo.gif", undefined, true, true],
  ["photo.BMP", undefined, true, true],
  ["photo.heic", undefined, false, true],
  ["photo.jp2", undefined, false, true],
  ["photo.pdf", undefined, false, true],
  ["photo.NEF", undefined, false, true],
  ["photo.toString", undefined, false, false],
  ["photo", undefined, false, false],
])("%s", (name, format, isRead, isPicture) => {
  expect([formatOfFileName(name), isPictureFileName(name), looksLikePicture(name)]).toEqual([
    format,
    isRead,
    isPicture,
  ]);
});

test("messages name the usual extensions", () => {
  expect(WRITTEN_IN_WORDS).toBe(".jpg, .png, .webp, .tif or .avif");
  expect(READ_IN_WORDS).toBe(".jpg, .png, .webp, .tif, .avif, .gif or .bmp");
});
