import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { UserError } from "@let-there-be-color/core/user-error";
import type { DatasetSource } from "./dataset.js";
import { type ItemColumns, nameOf, zipEntryOf } from "./item-table.js";
import { ZipReader } from "./zip-source.js";

/** Larger files are refused before they are read: no photograph to train on needs more. */
const maximumBytes = 256 * 2 ** 20;

/** Reads the files of a data set, with zip handles of its own. */
export class ItemReader {
  private readonly zips = new Map<number, Promise<ZipReader>>();

  constructor(private readonly columns: ItemColumns) {}

  /**
   * The bytes of an item's file.
   *
   * @throws UserError if its zip cannot be opened at all; Error if this one file cannot be read.
   */
  async read(index: number): Promise<Uint8Array> {
    const sourceIndex = this.columns.source[index]!;
    const source = this.columns.sources[sourceIndex]!;
    const { name, byteLength } = nameOf(this.columns, index);
    if (source.kind === "folder") {
      const path = join(source.path, name);
      const { size } = await stat(path);
      requireSize(size);
      return readFile(path);
    }
    const entry = zipEntryOf(this.columns, index);
    requireSize(entry.compressedSize);
    requireSize(entry.uncompressedSize);
    const zip = await this.zip(sourceIndex, source);
    return zip.read(entry, byteLength);
  }

  async close(): Promise<void> {
    for (const zip of this.zips.values()) {
      await zip.then(
        (reader) => reader.close(),
        () => undefined,
      );
    }
  }

  private zip(sourceIndex: number, source: DatasetSource): Promise<ZipReader> {
    const open =
      this.zips.get(sourceIndex) ??
      ZipReader.open(source.path).catch((error: Error) => {
        throw new UserError(
          "input-missing",
          `${source.givenPath} cannot be opened any more: ${error.message}.`,
          { cause: error },
        );
      });
    this.zips.set(sourceIndex, open);
    return open;
  }
}

function requireSize(bytes: number): void {
  if (bytes === 0) throw new Error("the file is empty");
  if (bytes > maximumBytes) {
    throw new Error(`the file has ${Math.round(bytes / 2 ** 20)} MiB, more than 256 MiB`);
  }
}
