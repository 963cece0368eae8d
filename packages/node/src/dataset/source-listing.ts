import { isPictureFileName } from "../image/format.js";
import type { ZipEntryLocation } from "./zip-source.js";

/** A picture file of a source. */
export interface ListedPicture {
  /** Path inside the source, parts separated by "/". */
  readonly name: string;
  readonly zipEntry?: ZipEntryLocation;
}

/** What a folder or zip holds. */
export interface SourceListing {
  readonly pictures: ListedPicture[];
  /** Other files, which are left out. */
  readonly ignored: string[];
}

/** Sorts a file of a source in as a picture, as something else, or as a hidden or macOS file. */
export function addToListing(listing: SourceListing, file: ListedPicture): void {
  if (file.name.split("/").some(isHidden)) return;
  if (isPictureFileName(file.name)) listing.pictures.push(file);
  else listing.ignored.push(file.name);
}

/** Whether a file or folder name is hidden, or one that macOS leaves in zips. */
export function isHidden(part: string): boolean {
  return part.startsWith(".") || part === "__MACOSX";
}

/** Orders by UTF-16 code units: the same on every machine, whatever its locale. */
export function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
