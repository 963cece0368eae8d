// `ltbc colorize` on folders of small pictures.

import { mkdir, mkdtemp, readdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import sharp from "sharp";
import { JOURNAL_FILE } from "../archive/journal.js";
import { runCommand } from "./run-command.js";
import { folderForTests } from "./temporary-folder.js";
import { tinyColorModel } from "./tiny-color-model.js";

/** A folder with a tiny model, and folders of pictures below it, deleted after the tests of the file. */
export class ArchiveBench {
  /** Paths of two models. */
  readonly model: string;
  readonly otherModel: string;
  readonly #root: string;

  private constructor(root: string) {
    this.#root = root;
    this.model = join(root, "tiny.onnx");
    this.otherModel = join(root, "other.onnx");
  }

  static async make(): Promise<ArchiveBench> {
    const bench = new ArchiveBench(await folderForTests());
    await writeFile(bench.model, tinyColorModel());
    await writeFile(bench.otherModel, tinyColorModel({ bPerLightness: 0.2 }));
    return bench;
  }

  /** A new folder with the given files, by relative path. */
  readonly folderWith = async (files: Record<string, Uint8Array | string>): Promise<string> => {
    const folder = await mkdtemp(join(this.#root, "case-"));
    for (const [name, content] of Object.entries(files)) {
      await mkdir(dirname(join(folder, name)), { recursive: true });
      await writeFile(join(folder, name), content);
    }
    return folder;
  };

  /** Runs the command with the first model. */
  readonly colorize = (...words: string[]) =>
    runCommand(["colorize", "--model", this.model, "--threads", "1", ...words]);
}

/** A flat picture of 24 x 16 pixels. */
export function flatGray(
  code: number,
  format: "png" | "jpeg" | "gif" | "tiff" = "png",
): Promise<Buffer> {
  return sharp(new Uint8Array(24 * 16).fill(code), { raw: { width: 24, height: 16, channels: 1 } })
    .toFormat(format)
    .toBuffer();
}

/** Files below a folder, without journals. */
export async function filesIn(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && entry.name !== JOURNAL_FILE)
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
}

/** Lines of JSON, parsed. */
export function jsonLines(text: Buffer) {
  return String(text)
    .split("\n")
    .filter(Boolean)
    .map((line) => JSON.parse(line));
}
