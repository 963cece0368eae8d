import { fileURLToPath } from "node:url";
import { UserError } from "@let-there-be-color/core/user-error";

/** What begins like an address, and not like a drive of Windows. */
const ADDRESS = /^([a-z][a-z0-9+.-]+):\/\//i;

/**
 * The path of a file that is named by a path or by a URL.
 *
 * @throws UserError if it is the address of something else
 */
export function pathOfFile(name: string | URL): string {
  const protocol = typeof name === "string" ? ADDRESS.exec(name)?.[1]?.toLowerCase() : undefined;
  if (typeof name === "string" && protocol === undefined) return name;
  const url = typeof name === "string" ? new URL(name) : name;
  if (url.protocol === "file:") return fileURLToPath(url);
  throw new UserError(
    "input-missing",
    `Expected a file but received the address ${url.href.slice(0, 80)}; nothing is fetched here: pass on what (await fetch(address)).body gives you.`,
  );
}
