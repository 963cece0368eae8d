import { joinTiffPages } from "@let-there-be-color/core/metadata";
import type { Notice } from "@let-there-be-color/core/notice";

/** Pages of a file in colour: each is encoded when it is done, so that no two are in memory as pixels. */
export class PageFiles {
  readonly #pages: (readonly Uint8Array[])[] = [];
  readonly #notices = new Map<string, Notice>();

  /** @param colorings TIFF files of one page, one for each of its colourings; they may be fewer elsewhere */
  add(colorings: readonly Uint8Array[], notices: readonly Notice[]): void {
    this.#pages.push(colorings);
    const page = this.#pages.length;
    for (const notice of notices) {
      if (this.#notices.has(notice.message)) continue;
      const message = `page ${page}: ${notice.message}`;
      this.#notices.set(notice.message, { ...notice, message });
    }
  }

  /** What is said of several pages is said of the first of them. */
  get notices(): readonly Notice[] {
    return [...this.#notices.values()];
  }

  /**
   * One file of all pages for each colouring; pages that have fewer of them have their first one.
   *
   * @throws UserError if a file would exceed what TIFF can address
   */
  *joined(): Generator<Uint8Array, void, void> {
    const count = Math.max(...this.#pages.map(({ length }) => length));
    for (let i = 0; i < count; i++)
      yield joinTiffPages(this.#pages.map((page) => page[i] ?? page[0]!));
  }
}
