import { access, readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { UserError } from "@let-there-be-color/core/user-error";
import type { DatasetSource } from "./dataset.js";
import type { ListedPicture } from "./source-listing.js";
import { listZip } from "./zip-source.js";

/** A line of a list file. */
export interface PictureListEntry {
  /** Path inside the source, parts separated by "/". */
  readonly name: string;
  /** The number behind the path, or null if there is none. */
  readonly label: number | null;
  /** Line number in the file, from 1. */
  readonly line: number;
}

const categoriesName = "categories_places365.txt";

/**
 * Reads class names in order, one on each line. Lines of Places365's `categories_places365.txt`
 * ("/a/apartment_building/outdoor 8") give the name alone ("apartment_building/outdoor") and must
 * be numbered from 0 in order.
 *
 * @throws UserError if the file cannot be read, is empty or is numbered otherwise.
 */
export async function readClassList(path: string): Promise<string[]> {
  const lines = await readLines(path, "a class list, one name on each line");
  return lines.map(({ text, line }, index) => {
    const places = /^\/[a-z]\/(\S+)\s+(\d+)$/.exec(text);
    if (!places) return text;
    if (Number(places[2]) !== index) {
      throw new UserError(
        "data-invalid",
        `${path}, line ${line}: expected the number ${index} but found "${text}".`,
      );
    }
    return places[1]!;
  });
}

/**
 * Reads a list file: "path label" on each line, or "path" alone.
 *
 * @throws UserError if the file cannot be read or is empty, or if a path leads out of the source.
 */
export async function readPictureList(path: string): Promise<PictureListEntry[]> {
  const lines = await readLines(path, 'a list of pictures, "path label" on each line');
  return lines.map(({ text, line }) => {
    const [, name = text, label] = /^(.*\S)\s+(\d+)$/.exec(text) ?? [];
    const parts = name
      .replaceAll("\\", "/")
      .split("/")
      .filter((part) => part !== "" && part !== ".");
    if (parts.length === 0 || parts.includes("..") || /^[A-Za-z]:$/.test(parts[0]!)) {
      throw new UserError(
        "data-invalid",
        `${path}, line ${line}: expected a path inside the folder of pictures but found "${name}".`,
      );
    }
    return { name: parts.join("/"), label: label === undefined ? null : Number(label), line };
  });
}

/** The categories file beside a list file. Throws a UserError if there is none. */
export async function findCategories(list: string): Promise<string> {
  const path = join(dirname(list), categoriesName);
  try {
    await access(path);
  } catch {
    throw new UserError(
      "data-invalid",
      `${list} has labels but there is no ${categoriesName} beside it: name the file with the class names, or use this source without labels.`,
    );
  }
  return path;
}

/**
 * Finds the listed pictures in their source. In a folder only the first one is looked up (there
 * may be millions); others that are missing count as broken when their turn comes.
 *
 * @throws UserError if a picture is missing.
 */
export async function applyPictureList(
  source: DatasetSource,
  entries: readonly PictureListEntry[],
  list: string,
): Promise<ListedPicture[]> {
  const missing = ({ name, line }: PictureListEntry): UserError =>
    new UserError(
      "data-invalid",
      `${list}, line ${line}: there is no ${name} in ${source.givenPath}. Give the folder or zip that the list's paths start from.`,
    );
  if (source.kind === "folder") {
    const first = entries[0]!;
    await access(join(source.path, first.name)).catch(() => {
      throw missing(first);
    });
    return entries.map(({ name }) => ({ name }));
  }
  const { pictures } = await listZip(source);
  const byName = new Map(pictures.map((picture) => [picture.name, picture]));
  return entries.map((entry) => {
    const picture = byName.get(entry.name);
    if (!picture) throw missing(entry);
    return picture;
  });
}

async function readLines(path: string, content: string): Promise<{ text: string; line: number }[]> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    throw new UserError(
      "input-missing",
      `${path} cannot be read (${(error as Error).message}): expected ${content}.`,
      { cause: error },
    );
  }
  const lines = text
    .replace(/^\uFEFF/, "")
    .split("\n")
    .map((line, index) => ({ text: line.trim(), line: index + 1 }))
    .filter((line) => line.text !== "");
  if (lines.length === 0)
    throw new UserError("data-invalid", `${path} is empty: expected ${content}.`);
  return lines;
}
