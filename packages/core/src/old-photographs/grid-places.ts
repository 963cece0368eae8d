/**
 * Which pixels stand for each of `count` equal stretches of a side.
 *
 * @param most how many of a stretch, at most; spread evenly
 */
export function placesOfStretches(length: number, count: number, most: number): number[][] {
  return Array.from({ length: count }, (_, i) => {
    const start = Math.floor((i * length) / count);
    const stretch = Math.max(1, Math.floor(((i + 1) * length) / count) - start);
    const taken = Math.min(stretch, most);
    return Array.from(
      { length: taken },
      (_, k) => start + Math.floor(((k + 0.5) * stretch) / taken),
    );
  });
}
