import { UserError } from "@let-there-be-color/core/user-error";

const setName =
  /^(train|training|val|valid|validation|test|testing|(data|val|test)_(256|large|challenge))$/i;

/**
 * The class of every picture, from the folders it lies in (see `openDataset` for the rules), or
 * null for a picture in no folder.
 *
 * @param names paths inside the source, parts separated by "/".
 * @throws UserError if the folders are sets (train, val), not classes.
 */
export function classesOfPaths(
  names: readonly string[],
  givenPath: string,
): readonly (string | null)[] {
  let paths = names.map((name) => name.split("/"));
  while (!isPlaces365(paths) && hasOuterFolder(paths)) paths = paths.map((parts) => parts.slice(1));
  if (isPlaces365(paths)) return paths.map((parts) => parts.slice(1, -1).join("/"));
  const classes = paths.map((parts) => (parts.length > 1 ? parts[0]! : null));
  const folders = [...new Set(classes)].filter((name) => name !== null);
  if (folders.length > 1 && folders.every((name) => setName.test(name))) {
    throw new UserError(
      "data-invalid",
      `${givenPath} is already split into sets (${folders.join(", ")}): expected a folder per class. Give the sets one by one, as in ${givenPath}/${folders[0]}.`,
    );
  }
  return classes;
}

/** Whether everything lies in one folder that itself holds folders only. */
function hasOuterFolder(paths: readonly (readonly string[])[]): boolean {
  const outer = paths[0]?.[0];
  return paths.every((parts) => parts.length > 2 && parts[0] === outer);
}

/** Places365 sorts its class folders into folders of their first letters. */
function isPlaces365(paths: readonly (readonly string[])[]): boolean {
  return paths.every(
    ([letter, folder, file]) =>
      file !== undefined && /^[a-z]$/.test(letter!) && folder!.startsWith(letter!),
  );
}
