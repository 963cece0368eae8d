import { homedir } from "node:os";
import { fileURLToPath } from "node:url";

/** What was found out, or in one line why it could not be. */
export type Finding<T> = T | { readonly error: string };

/** Tries to find something out. Never fails. */
export async function finding<T extends object>(probe: () => T | Promise<T>): Promise<Finding<T>> {
  try {
    return await probe();
  } catch (error) {
    return { error: reasonOf(error) };
  }
}

/** Whether it was found out. */
export function isFound<T extends object>(found: Finding<T>): found is T {
  return !("error" in found);
}

/** An error in one line, without the folders of whoever reports it. */
export function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return withoutFolders(message.trim().split("\n")[0]!);
}

const packageFolder = fileURLToPath(new URL("../..", import.meta.url));

/** Leaves of absolute paths the last name only. */
function withoutFolders(text: string): string {
  // These may have blanks in them, where the end of other paths cannot be told.
  const own = [packageFolder, process.cwd(), homedir()].filter((folder) => folder.length > 1);
  const shortened = own.reduce((rest, folder) => rest.replaceAll(folder, "…"), text);
  return shortened.replace(/(?:[A-Za-z]:\\|file:\/\/\/?|…?\/)(?:[^\s"'`:()]*[/\\])+/g, "…/");
}
