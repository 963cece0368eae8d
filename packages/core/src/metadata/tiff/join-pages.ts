import { UserError } from "../../user-error.js";
import { concatBytes } from "../byte-reader.js";
import { type TiffDirectory, TiffStructure, typeSize } from "./structure.js";
import { DIRECTORY_POINTERS, STRIP_OFFSETS, TILE_OFFSETS } from "./tags.js";

const HEADER_LENGTH = 8;
const LARGEST_OFFSET = 0xffffffff;

/**
 * Joins TIFF files into one with the pages of all of them, in order. Pixels and other values are
 * copied as they are; only offsets change. Sizes and kinds of the pages may differ.
 *
 * @param pages whole classic TIFF files, all of one byte order, as one encoder writes them
 * @throws UserError if the result would exceed the 4 GB that classic TIFF can address
 * @throws Error if a page is no classic TIFF or of another byte order
 */
export function joinTiffPages(pages: readonly Uint8Array[]): Uint8Array {
  const [first, ...others] = pages;
  if (!first) throw new Error("Expected at least one page");
  if (others.length === 0) return first;
  const starts: number[] = [];
  let length = HEADER_LENGTH;
  for (const page of pages) {
    starts.push(length);
    // Directories and values begin at even offsets (TIFF 6.0, section 2).
    length += page.length - HEADER_LENGTH + (page.length % 2);
  }
  if (length > LARGEST_OFFSET) {
    throw new UserError(
      "output-unwritable",
      `Expected pages of less than 4 GB together, which is what a TIFF file holds, but they have ${(length / 2 ** 30).toFixed(1)} GB; split the file.`,
    );
  }
  const parts = pages.flatMap((page) => [
    page.subarray(HEADER_LENGTH),
    new Uint8Array(page.length % 2),
  ]);
  const joined = concatBytes([first.subarray(0, HEADER_LENGTH), ...parts]);
  const relocated = pages.map((page, i) => relocate(page, joined, starts[i]! - HEADER_LENGTH));
  const littleEndian = new TiffStructure(first).reader.littleEndian;
  const view = new DataView(joined.buffer);
  view.setUint32(4, relocated[0]!.first, littleEndian);
  for (const [i, { nextAt }] of relocated.entries()) {
    view.setUint32(nextAt, relocated[i + 1]?.first ?? 0, littleEndian);
  }
  return joined;

  function relocate(page: Uint8Array, target: Uint8Array<ArrayBuffer>, distance: number) {
    const tiff = new TiffStructure(page);
    if (tiff.isBig || page[0] !== first![0])
      throw new Error("Expected classic TIFF, one byte order");
    return new Relocation(tiff, target, distance).relocate();
  }
}

/** Changes the offsets in the copy of one file to where the copy lies. */
class Relocation {
  readonly #tiff: TiffStructure;
  readonly #view: DataView;
  readonly #distance: number;
  readonly #seen = new Set<number>();

  constructor(tiff: TiffStructure, target: Uint8Array<ArrayBuffer>, distance: number) {
    this.#tiff = tiff;
    this.#view = new DataView(target.buffer);
    this.#distance = distance;
  }

  /** @returns where the first directory lies now, and where the end of the chain is written */
  relocate(): { first: number; nextAt: number } {
    const chain = this.#tiff.chain();
    chain.forEach((directory, i) => {
      this.#directory(directory);
      const next = chain[i + 1];
      if (next) this.#write(directory.nextAt, next.offset);
    });
    return {
      first: chain[0]!.offset + this.#distance,
      nextAt: chain.at(-1)!.nextAt + this.#distance,
    };
  }

  #directory(directory: TiffDirectory): void {
    if (this.#seen.has(directory.offset)) return;
    this.#seen.add(directory.offset);
    for (const entry of directory.entries) {
      if (entry.length > 4) this.#write(entry.at + 8, entry.valueAt);
      const isPointer = DIRECTORY_POINTERS.has(entry.tag);
      if (!isPointer && entry.tag !== STRIP_OFFSETS && entry.tag !== TILE_OFFSETS) continue;
      const size = typeSize(entry.type);
      this.#tiff.integers(entry).forEach((offset, i) => {
        if (size !== 4) throw new Error("Expected offsets of 4 bytes");
        this.#write(entry.valueAt + i * size, offset);
        if (isPointer) this.#directory(this.#tiff.directory(offset));
      });
    }
  }

  /** Writes an offset of the file, as it is in the copy, to a place of the file. */
  #write(at: number, offset: number): void {
    this.#view.setUint32(
      at + this.#distance,
      offset + this.#distance,
      this.#tiff.reader.littleEndian,
    );
  }
}
