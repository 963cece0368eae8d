import { describe, expect, it } from "vitest";
import { PictureCache, reservePictureCache } from "./picture-cache.js";

const BLOCK = 2 ** 26;

function pictureOf(width: number, height: number, value: number) {
  return { width, height, rgb: new Uint8Array(3 * width * height).fill(value) };
}

/** Width, bytes, first and last value. */
function ends(found: ReturnType<PictureCache["find"]>): unknown {
  if (found === undefined || found === "grey") return found;
  return [found.width, found.rgb.length, found.rgb[0], found.rgb.at(-1)];
}

describe("a picture cache", () => {
  it("gives back what another thread's view has kept", () => {
    const memory = reservePictureCache(3, 8, BLOCK);
    const [one, other] = [new PictureCache(memory), new PictureCache(memory)];
    expect(one.find(2)).toBeUndefined();
    one.keep(2, pictureOf(7, 5, 11));
    one.keep(0, pictureOf(3, 4, 22));
    other.keepGrey(1);
    expect(other.find(2)).toEqual(pictureOf(7, 5, 11));
    expect(other.find(0)).toEqual(pictureOf(3, 4, 22));
    expect(one.find(1)).toBe("grey");
  });

  it("keeps the first of two pictures of an item", () => {
    const cache = new PictureCache(reservePictureCache(1, 8, BLOCK));
    cache.keep(0, pictureOf(2, 2, 1));
    cache.keep(0, pictureOf(2, 2, 9));
    expect(cache.find(0)).toEqual(pictureOf(2, 2, 1));
  });

  it("begins a new block for what does not fit, and ends with the last", () => {
    const cache = new PictureCache(reservePictureCache(6, 4000, 2 * BLOCK));
    // 48 MB each: one in a block, the rest of which takes small ones only until it is left.
    const large = (value: number) => pictureOf(4000, 4000, value);
    cache.keep(0, large(1));
    cache.keep(1, pictureOf(1000, 1000, 2));
    cache.keep(2, large(3));
    cache.keep(3, large(4));
    cache.keep(4, pictureOf(1000, 1000, 5));
    expect(ends(cache.find(0))).toEqual([4000, 48e6, 1, 1]);
    expect(ends(cache.find(1))).toEqual([1000, 3e6, 2, 2]);
    expect(ends(cache.find(2))).toEqual([4000, 48e6, 3, 3]);
    expect(cache.find(3)).toBeUndefined();
    expect(ends(cache.find(4))).toEqual([1000, 3e6, 5, 5]);
  });

  it("reserves no more than the pictures are likely to need", () => {
    expect(reservePictureCache(1000, 64, 2 ** 40).blocks).toHaveLength(1);
    // 24,576 bytes each.
    expect(reservePictureCache(10_000, 64, 2 ** 40).blocks).toHaveLength(4);
    expect(reservePictureCache(10_000, 64, 3 * BLOCK).blocks).toHaveLength(3);
  });

  it("of less than a block keeps nothing but what is grey", () => {
    const cache = new PictureCache(reservePictureCache(2, 8, BLOCK - 1));
    cache.keep(0, pictureOf(1, 1, 1));
    cache.keepGrey(1);
    expect(cache.find(0)).toBeUndefined();
    expect(cache.find(1)).toBe("grey");
  });
});
