/** What a walk has left out, counted by kind. */
export class LeftOut {
  readonly #kinds = new Map<string, { count: number; readonly examples: string[] }>();
  /** Each of them, if they are kept. */
  readonly all: { readonly path: string; readonly kind: string }[] = [];
  readonly #keepsAll: boolean;

  /** @param keepsAll whether {@link all} is wanted; otherwise a few of each kind are remembered */
  constructor(keepsAll: boolean) {
    this.#keepsAll = keepsAll;
  }

  add(path: string, kind: string): void {
    const known = this.#kinds.get(kind) ?? { count: 0, examples: [] };
    this.#kinds.set(kind, known);
    known.count++;
    if (known.examples.length < EXAMPLES) known.examples.push(path);
    if (this.#keepsAll) this.all.push({ path, kind });
  }

  /** Of all kinds. */
  get count(): number {
    let sum = 0;
    for (const { count } of this.#kinds.values()) sum += count;
    return sum;
  }

  /** `3 .heic, 1 .pdf, 1 dangling link (a/b.jpg)`: what has a picture's name is shown. */
  inWords(): string {
    return [...this.#kinds]
      .sort(([a, { count }], [b, other]) => other.count - count || (a < b ? -1 : 1))
      .map(([kind, { count, examples }]) => {
        const shown = kind.startsWith(".") || kind === "without an extension" ? [] : examples;
        const more = count > examples.length ? [".."] : [];
        return `${count} ${kind}${shown.length > 0 ? ` (${[...shown, ...more].join(", ")})` : ""}`;
      })
      .join(", ");
  }
}

/** Paths kept of each kind. */
const EXAMPLES = 3;
