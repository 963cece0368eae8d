import { dirname, join, parse, resolve } from "node:path";
import { identityOf, statOf } from "./walk.js";

/**
 * Whether a folder's file system takes `A.jpg` and `a.jpg` for one name, told without writing: by
 * whether the folder, or one above it, is there by its name in other letters, too.
 */
export async function ignoresCase(folder: string): Promise<boolean> {
  for (let path = resolve(folder); path !== dirname(path); path = dirname(path)) {
    const { dir, base } = parse(path);
    const swapped = join(dir, swapCase(base));
    if (swapped === path) continue;
    const here = await statOf(path).catch(() => undefined);
    if (!here) continue; // is yet to be made
    const there = await statOf(swapped).catch(() => undefined);
    return there !== undefined && identityOf(here) === identityOf(there);
  }
  return process.platform === "win32" || process.platform === "darwin";
}

function swapCase(text: string): string {
  return Array.from(text, (character) => {
    const lower = character.toLowerCase();
    return character === lower ? character.toUpperCase() : lower;
  }).join("");
}
