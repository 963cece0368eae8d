/** A value that JSON can hold. */
type Json = string | number | boolean | null | undefined | readonly Json[] | { readonly [name: string]: Json };

/**
 * Options as one line of JSON, the same whatever their order; those that are undefined are left out. Two
 * pictures with the same settings and the same model have been made in the same way.
 */
export function settingsOf(options: { readonly [name: string]: Json }): string {
  return JSON.stringify(sorted(options));
}

function sorted(value: Json): Json {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([, each]) => each !== undefined);
  entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([name, each]) => [name, sorted(each)]));
}
