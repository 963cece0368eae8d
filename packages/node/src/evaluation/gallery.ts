// Which pictures a report shows.

import type { PictureRow } from "./evaluate.js";

/** Some pictures under a heading. */
export interface GallerySection {
  readonly id: string;
  readonly title: string;
  /** What the pictures have in common, and how many such there are. */
  readonly note: string;
  readonly rows: readonly PictureRow[];
}

/** A sepia index from which a picture counts as collapsed to brown. */
export const STRONG_SEPIA = 0.5;

/** Difference of a system from the truth. */
function error(row: PictureRow, system: number): number {
  return row.systems[system]!.ciede2000;
}

function sortedBy(rows: readonly PictureRow[], value: (row: PictureRow) => number): PictureRow[] {
  return [...rows].sort((a, b) => value(a) - value(b) || a.item - b.item);
}

/** Sections of a report on one system. */
export function gallerySections(rows: readonly PictureRow[]): GallerySection[] {
  const count = 8;
  const grey = 1; // the first baseline follows the only candidate
  const byError = sortedBy(rows, (row) => error(row, 0));
  const middle = Math.max(0, (byError.length - count) >> 1);
  const byGain = sortedBy(rows, (row) => error(row, 0) - error(row, grey));
  const better = rows.filter((row) => error(row, 0) < error(row, grey)).length;
  return [
    {
      id: "best",
      title: "Best",
      note: "Smallest CIEDE2000. Mostly scenes with little colour to get wrong.",
      rows: byError.slice(0, count),
    },
    {
      id: "median",
      title: "Median",
      note: "From the middle of the list: what to expect.",
      rows: byError.slice(middle, middle + count),
    },
    {
      id: "worst",
      title: "Worst",
      note: "Largest CIEDE2000.",
      rows: byError.slice(count + middle > byError.length ? 0 : -count).reverse(),
    },
    {
      id: "gain",
      title: "Most gained over grey",
      note: `Where colour brings the picture closest to its truth. ${share(better, rows.length)} are closer than grey.`,
      rows: byGain.slice(0, count),
    },
  ];
}

/** The failures that have names: the "sepia effect" and "wrong understanding". */
export function failureSections(rows: readonly PictureRow[]): GallerySection[] {
  const count = 8;
  const grey = 1;
  const brown = rows.filter(({ systems }) => systems[0]!.sepia >= STRONG_SEPIA);
  const sections: GallerySection[] = [
    {
      id: "sepia",
      title: "Sepia effect",
      note: `Everything in one brownish tone, though the truth has other hues. ${share(brown.length, rows.length)} have a sepia index of ${STRONG_SEPIA} or more.`,
      rows: sortedBy(brown, ({ systems }) => -systems[0]!.sepia).slice(0, count),
    },
  ];
  const classified = rows.filter(({ scenes }) => (scenes[0]?.rank ?? -1) >= 0);
  if (classified.length > 0) {
    const misunderstood = classified.filter(
      (row) => row.scenes[0]!.rank > 0 && error(row, 0) > error(row, grey),
    );
    sections.push({
      id: "misunderstood",
      title: "Wrong understanding",
      note: `The scene is taken for another, and the colour is further from the truth than grey is. ${share(misunderstood.length, classified.length)}.`,
      rows: sortedBy(misunderstood, (row) => error(row, grey) - error(row, 0)).slice(0, count),
    });
  }
  return sections;
}

/** Sections of a report on two systems. */
export function comparisonSections(
  rows: readonly PictureRow[],
  [first, second]: readonly [string, string],
): GallerySection[] {
  const count = 8;
  const lead = (row: PictureRow) => error(row, 1) - error(row, 0);
  const firstCloser = rows.filter((row) => lead(row) > 0);
  const secondCloser = rows.filter((row) => lead(row) < 0);
  return [
    {
      id: "differ",
      title: "Where they differ most",
      note: "Largest mean distance between the two systems' colours.",
      rows: sortedBy(rows, ({ disagreement }) => -disagreement).slice(0, count),
    },
    {
      id: "first",
      title: `${first} is closer`,
      note: `By CIEDE2000, on ${share(firstCloser.length, rows.length)}; the clearest.`,
      rows: sortedBy(firstCloser, (row) => -lead(row)).slice(0, count),
    },
    {
      id: "second",
      title: `${second} is closer`,
      note: `By CIEDE2000, on ${share(secondCloser.length, rows.length)}; the clearest.`,
      rows: sortedBy(secondCloser, lead).slice(0, count),
    },
  ];
}

function share(part: number, whole: number): string {
  return `${part} of ${whole} pictures (${((100 * part) / whole).toFixed(1)} %)`;
}
