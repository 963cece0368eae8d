import { readFile } from "node:fs/promises";
import { isOwnOutput, readMetadata } from "@let-there-be-color/core/metadata";
import { nativePath } from "../files/byte-path.js";

/** Whether a picture file says that its colours were made by this software. */
export function carriesOwnMark(file: Uint8Array): boolean {
  return isOwnOutput(readMetadata(file).metadata);
}

/** {@link carriesOwnMark} of a file; false if it cannot be read. */
export async function fileCarriesOwnMark(path: string): Promise<boolean> {
  const file = await readFile(nativePath(path)).catch(() => undefined);
  return file !== undefined && carriesOwnMark(file);
}
