/**
 * Options as one line of JSON, the same whatever their order; those that are undefined are left out. Two
 * pictures with the same settings and the same model have been made in the same way.
 */
export function settingsOf(options: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(sorted(options));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).filter(([, each]) => each !== undefined);
  entries.sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([name, each]) => [name, sorted(each)]));
}
