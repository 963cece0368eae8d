import { createHash } from "node:crypto";
import type { ZipEntryLocation } from "./zip-source.js";

/** A folder or a zip that pictures come from. */
export interface DatasetSource {
  readonly kind: "folder" | "zip";
  /** Absolute path of the folder or zip. */
  readonly path: string;
  /** The path as the user wrote it, for messages. */
  readonly givenPath: string;
}

/** One picture of a data set. */
export interface DatasetItem {
  /** Index into {@link Dataset.sources}. */
  readonly source: number;
  /** Path inside the source, parts separated by "/". */
  readonly name: string;
  /** Index into {@link Dataset.classes}, or -1 where the picture has no label. */
  readonly label: number;
  /** Where the bytes lie, for pictures in a zip. */
  readonly zipEntry?: ZipEntryLocation;
}

/**
 * An index of pictures: nothing is decoded or unpacked yet. Items are ordered by source, then by
 * name in UTF-16 code units, so that an item has the same index on every machine.
 */
export interface Dataset {
  readonly sources: readonly DatasetSource[];
  /** Class names in label order; empty if nothing is labelled. */
  readonly classes: readonly string[];
  readonly items: readonly DatasetItem[];
  /** Files that were left out because their names are not those of pictures. */
  readonly ignored: readonly string[];
}

/** The name of a picture as messages and reports show it: the source as given, then its path. */
export function itemPath(dataset: Dataset, item: DatasetItem): string {
  return `${dataset.sources[item.source]!.givenPath.replace(/[\\/]+$/, "")}/${item.name}`;
}

/**
 * SHA-256 (hex) over the classes and the names and labels of all pictures, in order: two data sets
 * with the same fingerprint give the same batches for the same seed, wherever they are stored, as
 * long as the files' contents are the same (which are not read).
 */
export function fingerprintDataset(dataset: Dataset): string {
  const hash = createHash("sha256").update(JSON.stringify(dataset.classes));
  for (const { source, name, label } of dataset.items) {
    hash.update(`\n${source} ${label} ${name}`);
  }
  return hash.digest("hex");
}
