// Zips are read in place: yauzl reads the central directory once (zip64 included), and from then
// on every worker reads single entries by their position, with a file handle of its own.

import { type FileHandle, open } from "node:fs/promises";
import { promisify } from "node:util";
import { crc32, inflateRaw } from "node:zlib";
import { UserError } from "@let-there-be-color/core/user-error";
import { type Entry, open as openZip, type ZipFile } from "yauzl";
import type { DatasetSource } from "./dataset.js";
import { addToListing, type SourceListing } from "./source-listing.js";

/** Where an entry lies in its zip, from the central directory. */
export interface ZipEntryLocation {
  /** Position of the local file header, in bytes. */
  readonly headerOffset: number;
  readonly compressedSize: number;
  readonly uncompressedSize: number;
  readonly crc32: number;
  readonly deflated: boolean;
}

const storedMethod = 0;
const deflatedMethod = 8;
const localHeaderSignature = 0x04034b50;
const localHeaderSize = 30;
/** Room for the extra field of most local headers, so that one read fetches header and data. */
const usualExtraSize = 64;

const inflate = promisify(inflateRaw);

/**
 * Lists the entries of a zip.
 *
 * @throws UserError if the file is no zip, is damaged or encrypted, uses a compression other than
 * deflate, or has names that lead out of it.
 */
export async function listZip(source: DatasetSource): Promise<SourceListing> {
  const zip = await openCentralDirectory(source);
  const listing: SourceListing = { pictures: [], ignored: [] };
  try {
    await forEachEntry(zip, (entry) => {
      if (entry.fileName.endsWith("/")) return;
      const { fileName: name, compressionMethod: method } = entry;
      if (entry.isEncrypted()) throw new Error(`${name} is encrypted`);
      if (method !== storedMethod && method !== deflatedMethod) {
        throw new Error(`${name} is compressed by method ${method}; only deflate is supported`);
      }
      const zipEntry = {
        headerOffset: entry.relativeOffsetOfLocalHeader,
        compressedSize: entry.compressedSize,
        uncompressedSize: entry.uncompressedSize,
        crc32: entry.crc32,
        deflated: method === deflatedMethod,
      };
      addToListing(listing, { name, zipEntry });
    });
  } catch (error) {
    throw new UserError(
      "data-invalid",
      `${source.givenPath} cannot be used as a data set: ${(error as Error).message}. Pack it anew as an ordinary zip with relative names.`,
      { cause: error },
    );
  } finally {
    zip.close();
  }
  return listing;
}

function openCentralDirectory(source: DatasetSource): Promise<ZipFile> {
  return new Promise((resolve, reject) => {
    openZip(source.path, { lazyEntries: true, autoClose: false }, (error, zip) => {
      if (!error) return resolve(zip);
      reject(
        new UserError(
          "data-invalid",
          `${source.givenPath} is neither a folder nor a readable zip (${error.message}): expected a folder of pictures or a zip with a folder per class.`,
          { cause: error },
        ),
      );
    });
  });
}

function forEachEntry(zip: ZipFile, visit: (entry: Entry) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    zip.on("error", reject);
    zip.on("end", resolve);
    zip.on("entry", (entry: Entry) => {
      try {
        visit(entry);
        zip.readEntry();
      } catch (error) {
        reject(error);
      }
    });
    zip.readEntry();
  });
}

/** Reads single entries of a zip, any number at a time. */
export class ZipReader {
  private constructor(private readonly file: FileHandle) {}

  static async open(path: string): Promise<ZipReader> {
    return new ZipReader(await open(path, "r"));
  }

  /**
   * The unpacked bytes of an entry.
   *
   * @throws Error if the entry is damaged: wrong header, size or checksum.
   */
  async read(entry: ZipEntryLocation, nameLength: number): Promise<Uint8Array> {
    const packed = await this.readPacked(entry, nameLength);
    const bytes =
      entry.deflated && entry.uncompressedSize > 0
        ? await inflate(packed, { maxOutputLength: entry.uncompressedSize })
        : packed;
    if (bytes.length !== entry.uncompressedSize || crc32(bytes) !== entry.crc32) {
      throw new Error("damaged in the zip: its size or checksum does not match");
    }
    return bytes;
  }

  close(): Promise<void> {
    return this.file.close();
  }

  private async readPacked(entry: ZipEntryLocation, nameLength: number): Promise<Uint8Array> {
    const { headerOffset, compressedSize } = entry;
    const guess = localHeaderSize + nameLength + usualExtraSize + compressedSize;
    const bytes = await this.readRange(headerOffset, guess);
    if (bytes.length < localHeaderSize || bytes.readUInt32LE(0) !== localHeaderSignature) {
      throw new Error("damaged in the zip: no entry where the directory says");
    }
    const start = localHeaderSize + bytes.readUInt16LE(26) + bytes.readUInt16LE(28);
    const packed =
      start + compressedSize <= bytes.length
        ? bytes.subarray(start, start + compressedSize)
        : await this.readRange(headerOffset + start, compressedSize);
    if (packed.length < compressedSize) throw new Error("cut off: the zip ends within it");
    return packed;
  }

  private async readRange(position: number, length: number): Promise<Buffer> {
    const buffer = Buffer.allocUnsafe(length);
    const { bytesRead } = await this.file.read(buffer, 0, length, position);
    return buffer.subarray(0, bytesRead);
  }
}
