import { sharedCopy } from "./copied-bytes.js";
import { pathOfFile } from "./file-path.js";

/** Options as another thread takes them: URLs of files as paths. */
export type ThreadOptions<Options> = {
  readonly [Name in keyof Options]: Exclude<Options[Name], URL>;
};

/**
 * Makes options ready for another thread: files that they name by URL or hold as bytes go as paths and
 * as copies in shared memory; everything else goes as it is.
 *
 * @throws UserError if a URL is not that of a file
 */
export async function threadOptions<Options extends object>(
  options: Options,
): Promise<ThreadOptions<Options>> {
  const own: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(options)) {
    if (value instanceof URL) own[name] = pathOfFile(value);
    else own[name] = value instanceof Uint8Array ? await sharedCopy([value]) : value;
  }
  return own as ThreadOptions<Options>;
}
