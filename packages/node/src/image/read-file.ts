import { readFile } from "node:fs/promises";
import { UserError } from "@let-there-be-color/core/user-error";
import { nativePath } from "../files/byte-path.js";

/** Reads an input file. Throws a UserError that names it if it cannot be read. */
export async function readInputFile(path: string): Promise<Buffer> {
  try {
    return await readFile(nativePath(path));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ENOENT")
      throw new UserError("input-missing", `${path} does not exist; check the name.`, {
        cause: error,
      });
    if (code === "EISDIR")
      throw new UserError("input-missing", `Expected a picture but ${path} is a folder.`, {
        cause: error,
      });
    throw new UserError("input-missing", `${path} cannot be read (${code ?? message}).`, {
      cause: error,
    });
  }
}
