import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { UserError } from "@let-there-be-color/core/user-error";
import { READ_IN_WORDS } from "../image/format.js";
import { classesOfPaths } from "./class-layout.js";
import type { Dataset, DatasetItem, DatasetSource } from "./dataset.js";
import { listFolder } from "./folder-source.js";
import {
  applyPictureList,
  findCategories,
  readClassList,
  readPictureList,
} from "./picture-list.js";
import { compareText, type SourceListing } from "./source-listing.js";
import { listZip } from "./zip-source.js";

/** A source with its options; a plain string is short for `{ path }`. */
export interface SourceOptions {
  /** A folder or a zip. */
  readonly path: string;
  /** `false` gives every picture label -1 and leaves its folder names out of the classes. */
  readonly labelled?: boolean | undefined;
  /**
   * A list file in the manner of Places365 (`places365_train_standard.txt`): a line "path label"
   * for each picture, relative to `path`; pictures that it does not name are left out. Lines
   * without a number are unlabelled pictures.
   */
  readonly list?: string | undefined;
  /**
   * The class names that the numbers of `list` stand for (`categories_places365.txt`). Default:
   * the file of that name beside `list`.
   */
  readonly categories?: string | undefined;
}

export interface DatasetOptions {
  /**
   * The classes and their order, such as those of a training set (for its validation set) or
   * {@link readClassList}. A labelled picture of any other class is an error. Default: the classes
   * of list files in their order, then all other folder names in code unit order.
   */
  readonly classes?: readonly string[] | undefined;
}

/**
 * Indexes the pictures of folders and zips as one data set; classes are merged by name.
 *
 * In a folder or zip every top folder is a class, and so are the pictures in folders below it;
 * pictures beside those folders are unlabelled. One outer folder around everything is looked
 * through. Places365's layout (`a/abbey/1.jpg`, `a/apartment_building/outdoor/1.jpg`) is
 * recognised and gives the classes `abbey` and `apartment_building/outdoor`.
 *
 * @throws UserError if a source is missing, unreadable, empty or no zip, or if a class is unknown.
 * @example
 * const training = await openDataset(["places.zip", { path: "holidays", labelled: false }]);
 * const validation = await openDataset(["places-val.zip"], { classes: training.classes });
 */
export async function openDataset(
  sources: readonly (string | SourceOptions)[],
  options: DatasetOptions = {},
): Promise<Dataset> {
  if (sources.length === 0) {
    throw new UserError(
      "option-invalid",
      "Expected at least one folder or zip of pictures, but none was given.",
    );
  }
  const opened: OpenedSource[] = [];
  for (const source of sources) {
    opened.push(await openSource(typeof source === "string" ? { path: source } : source));
  }
  const classes = options.classes ? [...options.classes] : mergeClasses(opened);
  const labels = new Map(classes.map((name, index) => [name, index]));
  if (labels.size < classes.length) {
    const twice = classes.find((name, index) => classes.indexOf(name) !== index);
    throw new UserError(
      "data-invalid",
      `The class list names "${twice}" twice: every class needs a name of its own.`,
    );
  }
  const items: DatasetItem[] = [];
  for (const [sourceIndex, { source, listing, classNames }] of opened.entries()) {
    for (const [index, file] of listing.pictures.entries()) {
      const className = classNames[index] ?? null;
      const label = className === null ? -1 : labels.get(className);
      if (label === undefined) {
        throw new UserError(
          "data-invalid",
          `${source.givenPath} has the class "${className}", which is not among the ${classes.length} expected classes (${classes.slice(0, 3).join(", ")}, ...). Rename or remove it, or use this source without labels.`,
        );
      }
      items.push({ source: sourceIndex, ...file, label });
    }
  }
  return {
    sources: opened.map(({ source }) => source),
    classes,
    items,
    ignored: opened.flatMap(({ source, listing }) =>
      listing.ignored.map((name) => `${source.givenPath}/${name}`),
    ),
  };
}

interface OpenedSource {
  readonly source: DatasetSource;
  readonly listing: SourceListing;
  /** Class of every picture of the listing, null where it has none. */
  readonly classNames: readonly (string | null)[];
  /** Classes whose order a list file dictates. */
  readonly orderedClasses: readonly string[];
}

async function openSource(options: SourceOptions): Promise<OpenedSource> {
  const path = resolve(options.path);
  const kind = await kindOf(path, options.path);
  const source: DatasetSource = { kind, path, givenPath: options.path };
  if (options.list !== undefined) return openListedSource(source, options, options.list);
  const listing = kind === "zip" ? await listZip(source) : await listFolder(source);
  requirePictures(source, listing);
  listing.pictures.sort((a, b) => compareText(a.name, b.name));
  const names = listing.pictures.map(({ name }) => name);
  const labelled = options.labelled ?? true;
  const classNames = labelled ? classesOfPaths(names, source.givenPath) : names.map(() => null);
  return { source, listing, classNames, orderedClasses: [] };
}

async function openListedSource(
  source: DatasetSource,
  options: SourceOptions,
  list: string,
): Promise<OpenedSource> {
  const entries = await readPictureList(list);
  entries.sort((a, b) => compareText(a.name, b.name));
  const pictures = await applyPictureList(source, entries, list);
  const labelled = (options.labelled ?? true) && entries.some(({ label }) => label !== null);
  if (!labelled) {
    const classNames = entries.map(() => null);
    return { source, listing: { pictures, ignored: [] }, classNames, orderedClasses: [] };
  }
  const categoriesFile = options.categories ?? (await findCategories(list));
  const categories = await readClassList(categoriesFile);
  const classNames = entries.map(({ label, line }) => {
    if (label === null) return null;
    const name = categories[label];
    if (name === undefined) {
      throw new UserError(
        "data-invalid",
        `${list}, line ${line}: expected a label from 0 to ${categories.length - 1} (the lines of ${categoriesFile}) but found ${label}.`,
      );
    }
    return name;
  });
  return { source, listing: { pictures, ignored: [] }, classNames, orderedClasses: categories };
}

async function kindOf(path: string, givenPath: string): Promise<"folder" | "zip"> {
  let found: Awaited<ReturnType<typeof stat>>;
  try {
    found = await stat(path);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") {
      throw new UserError(
        "input-missing",
        `There is no file or folder ${givenPath}: expected a folder of pictures, a folder with a folder per class, or a zip of either.`,
        { cause: error },
      );
    }
    throw new UserError("input-missing", `${givenPath} cannot be opened: ${message}.`, {
      cause: error,
    });
  }
  return found.isDirectory() ? "folder" : "zip";
}

function requirePictures(source: DatasetSource, listing: SourceListing): void {
  if (listing.pictures.length > 0) return;
  const others = listing.ignored.length;
  throw new UserError(
    "data-invalid",
    `There is no picture in ${source.givenPath}${others > 0 ? ` (${others} other files, such as ${listing.ignored[0]})` : ""}: expected ${READ_IN_WORDS} files, best in a folder per class.`,
  );
}

function mergeClasses(opened: readonly OpenedSource[]): string[] {
  const ordered = new Set(opened.flatMap(({ orderedClasses }) => orderedClasses));
  const others = new Set<string>();
  for (const { classNames } of opened) {
    for (const name of classNames) if (name !== null && !ordered.has(name)) others.add(name);
  }
  return [...ordered, ...[...others].sort(compareText)];
}
