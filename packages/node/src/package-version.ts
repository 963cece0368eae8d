import { readFile } from "node:fs/promises";

let version: Promise<string> | undefined;

/** The version of this package. */
export function packageVersion(): Promise<string> {
  version ??= readFile(new URL("../package.json", import.meta.url), "utf8").then(
    (manifest) => (JSON.parse(manifest) as { version: string }).version,
  );
  return version;
}
