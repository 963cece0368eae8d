import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { isBytePath, nativePath, pathOfBytes } from "./byte-path.js";

describe("paths that are no UTF-8", () => {
  it.each([
    ["Latin-1", Buffer.from("caf\xe9/b\xe4r.png", "latin1")],
    ["a sequence cut short", Buffer.from([0x61, 0xe2, 0x82, 0x62])],
    ["UTF-8 beside other bytes", Buffer.concat([Buffer.from("é😀"), Buffer.of(0xff, 0xc0, 0x80)])],
    ["surrogates encoded one by one", Buffer.from([0xed, 0xa0, 0x80])],
  ])("become a string and the same bytes again: %s", (_, bytes) => {
    const path = pathOfBytes(bytes);
    expect(isBytePath(path)).toBe(true);
    expect(nativePath(path)).toEqual(bytes);
    expect(nativePath(JSON.parse(JSON.stringify(path)))).toEqual(bytes);
    expect(nativePath(join("in", path))).toEqual(Buffer.concat([Buffer.from("in/"), bytes]));
  });

  it("leave others as they are", () => {
    const path = pathOfBytes(Buffer.from("Grüße 😀.jpg"));
    expect(path).toBe("Grüße 😀.jpg");
    expect(nativePath(path)).toBe(path);
  });
});
