import { pathOfFile } from "./file-path.js";
import { ownBytes } from "./own-bytes.js";

/** Options as another thread takes them: URLs of files as paths. */
export type ThreadOptions<Options> = {
  readonly [Name in keyof Options]: Exclude<Options[Name], URL>;
};

/**
 * Makes options ready for another thread: files that they name by URL or hold as bytes go as paths and
 * as copies; everything else goes as it is.
 *
 * @returns the options, and the buffers in them that are to be moved
 * @throws UserError if a URL is not that of a file
 */
export async function threadOptions<Options extends object>(
  options: Options,
): Promise<{ options: ThreadOptions<Options>; moved: readonly ArrayBuffer[] }> {
  const moved: ArrayBuffer[] = [];
  const own: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(options)) {
    if (value instanceof URL) own[name] = pathOfFile(value);
    else if (value instanceof Uint8Array) {
      const bytes = await ownBytes([value]);
      moved.push(bytes.buffer);
      own[name] = bytes;
    } else own[name] = value;
  }
  return { options: own as ThreadOptions<Options>, moved };
}
