import { UserError } from "@let-there-be-color/core/user-error";

/**
 * What libvips says of a file it cannot decode, for the user.
 *
 * @param name what to call the file
 */
export function decodingError(error: unknown, name: string): UserError {
  if (error instanceof UserError) return error;
  const [first = ""] = reasons(error);
  const reason = first
    .replace(/^Input buffer has corrupt header: /, "")
    .replace("Input buffer contains unsupported image format", "its header cannot be read");
  if (/not implemented|not configured|no known route|not supported|unsupported/i.test(reason)) {
    return new UserError(
      "input-broken",
      `${name} is stored in a way that is not supported (${reason}); open it in a picture editor and save it as PNG or uncompressed TIFF.`,
      { cause: error },
    );
  }
  return new UserError(
    "input-broken",
    `${name} is broken or cut short (${reason}); copy or download it again, or open and save it in a picture editor.`,
    { cause: error },
  );
}

/** The lines of a message of libvips. */
export function reasons(error: unknown): string[] {
  const message = error instanceof Error ? error.message : String(error);
  return message
    .trim()
    .split("\n")
    .map((line) => line.trim());
}
